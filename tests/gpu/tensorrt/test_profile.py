"""Optimization profiles: sizes by name, the tables' sizes that follow, and events that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError, ModelError
from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.export.trial import trial_inputs
from codesign.gpu.networks import network
from codesign.gpu.spvcnn.settings import Settings
from codesign.gpu.tensorrt.profile import Profile, dynamic_axes, profile, sizes_of
from codesign.gpu.tensorrt.profile_file import profile_text, read_profile
from codesign.gpu.tensorrt.sizes import all_sizes
from tests.gpu.checkpoints import embedding, interaction, spvcnn
from tests.gpu.spvcnn.clouds import SMALL


def made(lowering: str = "pull", **most: int) -> Profile:
    graph = network(interaction())
    model = to_onnx(graph, lowering, "sorted")
    return profile(model, all_sizes(graph, dynamic_axes(model), lowering, {}, {}, most))


def test_sizes_are_read_by_name() -> None:
    assert sizes_of("--max", "nodes=10, edges=20") == {"nodes": 10, "edges": 20}
    assert sizes_of("--max", None) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nodes", r"--max: 'nodes' is no size; write it like --max nodes=20000,edges=200000"),
        ("nodes=", "no size"),
        ("nodes=-1", "no size"),
        ("nodes=1.5", "no size"),
        ("nodes=9999999999", "no size"),
        ("no des=1", "no size"),
        ("nodes=1,,", "no size"),
        ("nodes=1,nodes=2", "nodes is given twice"),
    ],
)
def test_sizes_that_are_none_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        sizes_of("--max", text)


def test_the_profile_names_every_input_and_its_axes() -> None:
    found = made(nodes=1000, edges=8000)
    assert [one.name for one in found.inputs][:2] == ["x", "edge_index"]
    assert found.inputs[0].axes == ("nodes", 3)
    assert (found.inputs[0].least, found.inputs[0].most) == ((1, 3), (1000, 3))
    assert found.sizes["nodes"] == (1, 1000, 1000)
    assert found.sizes["target_first_rows"] == (1, 1000, 1000 + 8000 // 16)


def test_what_is_not_given_has_a_default_and_what_has_none_must_be_given() -> None:
    assert made().sizes["nodes"] == (1, 20_000, 100_000)
    graph = network(embedding())
    axes = dynamic_axes(to_onnx(graph))
    assert all_sizes(graph, axes, "pull", {"nodes": 2}, {"nodes": 5}, {}) == {"nodes": (2, 5, 100_000)}
    with pytest.raises(ConfigError, match="how many clusters are there at most"):
        all_sizes(graph, ["clusters"], "pull", {}, {}, {})


def test_there_are_no_more_voxels_than_points_and_none_where_there_may_be_no_points() -> None:
    checkpoint = spvcnn(Settings(SMALL, inputs=4, classes=3, channels=(4, 4, 6, 8, 8, 8, 6, 6, 4)))
    graph = network(checkpoint)
    model = to_onnx(graph, edges="sorted")
    for least in (0, 1, 5):
        sizes = all_sizes(graph, dynamic_axes(model), "pull", {"points": least}, {}, {"points": 100})
        assert sizes["points"] == (least, 100, 100)
        assert {sizes[f"voxels_{k}"] for k in range(5)} == {(min(1, least), 100, 100)}
    nothing = feeds(graph, trial_inputs(graph, {"points": 0}, checkpoint), "pull", "sorted")
    sizes = all_sizes(graph, dynamic_axes(model), "pull", {"points": 0}, {}, {"points": 100})
    profile(model, sizes).check({name: array.shape for name, array in nothing.items()})


def test_a_profile_is_read_back_from_its_file(tmp_path: Path) -> None:
    found = made(nodes=100, edges=1000)
    path = tmp_path / "profile.json"
    path.write_text(profile_text(found))
    assert read_profile(path) == found


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("{", "[", "this is no profile of ours"),
        ('"sizes"', '"size"', "the profile: the key 'size' is not known; did you mean sizes"),
        ('"min": 1,', '"min": -1,', r"sizes: nodes: min is -1, expected an integer in 0..2147483647"),
        ('"name": "x"', '"name": 7', "inputs: name is 7, expected a name"),
        ('"type": "float"', '"type": "real"', "inputs: x: type is 'real', expected one of float"),
        ('"nodes",\n        3', '"nodes"', r"inputs: x: min is \[1, 3\], expected 1 sizes"),
    ],
)
def test_a_damaged_profile_is_refused(before: str, after: str, message: str, tmp_path: Path) -> None:
    text = profile_text(made(nodes=100, edges=1000))
    assert before in text
    (tmp_path / "profile.json").write_text(text.replace(before, after, 1))
    with pytest.raises(ModelError, match=message):
        read_profile(tmp_path / "profile.json")
    with pytest.raises(ModelError, match="cannot be read"):
        read_profile(tmp_path / "none.json")


def test_names_and_sizes_that_cannot_be_are_refused() -> None:
    graph = network(interaction())
    axes = dynamic_axes(to_onnx(graph, "pull", "sorted"))
    with pytest.raises(ConfigError, match="--max: node is no dynamic axis of the model; did you mean nodes"):
        all_sizes(graph, axes, "pull", {}, {}, {"node": 5})
    with pytest.raises(ConfigError, match=r"nodes: --min 9, --opt 5 and --max 5 do not rise"):
        all_sizes(graph, axes, "pull", {"nodes": 9}, {}, {"nodes": 5})
    with pytest.raises(ConfigError, match=r"nodes: .* do not rise"):
        all_sizes(graph, axes, "pull", {}, {}, {"nodes": 0})
    with pytest.raises(ConfigError, match="--opt: degree is what a sum has at most; give it with --max"):
        all_sizes(graph, axes, "pull", {}, {"degree": 5}, {})
    with pytest.raises(ConfigError, match="degree is 0, expected 1 to 65,536"):
        all_sizes(graph, axes, "pull", {}, {}, {"degree": 0})


@pytest.mark.parametrize("lowering", ["pull", "padded"])
@pytest.mark.parametrize("shape", ["even", "star", "stars", "none"])
@pytest.mark.parametrize("count", [1, 16, 17, 256, 257, 2000])
def test_the_tables_of_any_event_within_the_sizes_fit_the_profile(lowering: str, shape: str, count: int) -> None:
    graph = network(interaction())
    nodes, edges = 300, count
    targets = {
        "even": np.arange(edges) % nodes,
        "star": np.zeros(edges, np.int64),
        "stars": np.arange(edges) // 17 % nodes,
        "none": np.arange(edges) % 2,
    }[shape]
    inputs = trial_inputs(graph, {"nodes": nodes, "edges": edges})
    inputs["edge_index"] = np.stack([targets, targets[::-1]])
    arrays = feeds(graph, inputs, lowering, "sorted")
    made(lowering, nodes=nodes, edges=edges).check({name: array.shape for name, array in arrays.items()})


def test_an_event_over_the_profiles_limit_is_refused_by_name() -> None:
    found = made(nodes=100, edges=1000, degree=64)
    graph = network(interaction())
    shapes = {one.name: one.usual for one in found.inputs}
    found.check(shapes)
    with pytest.raises(
        ModelError, match=r"input x: 101 nodes, the engine's profile is for 1 to 100; build one for more"
    ):
        found.check({**shapes, "x": (101, 3)})
    with pytest.raises(ModelError, match=r"input edge_index: 0 edges, the engine's profile is for 1 to 1,000"):
        found.check({**shapes, "edge_index": (2, 0)})
    with pytest.raises(ModelError, match="input x: 4 where the model has 3"):
        found.check({**shapes, "x": (10, 4)})
    with pytest.raises(ModelError, match=r"input x: the shape is \(10,\), expected nodes x 3"):
        found.check({**shapes, "x": (10,)})
    with pytest.raises(ModelError, match="there is no array for the input x"):
        found.check({})
    busy = trial_inputs(graph, {"nodes": 100, "edges": 400})
    busy["edge_index"][:] = 0  # a node of 400 edges, where the profile has 64
    arrays = feeds(graph, busy, "pull", "sorted")
    with pytest.raises(ModelError, match=r"input target_third: 2 target_third_columns, .* is for 1 to 1"):
        found.check({name: array.shape for name, array in arrays.items()})
