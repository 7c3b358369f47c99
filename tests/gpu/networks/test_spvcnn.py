"""SPVCNN from a checkpoint: what PyTorch computes, in every lowering, on any cloud; and what is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.networks import network
from codesign.gpu.networks.spvcnn import prepare
from codesign.gpu.reference import run
from codesign.gpu.rewrites import rewritten
from codesign.gpu.spvcnn.settings import Settings
from codesign.gpu.spvcnn.tables import tables
from codesign.ir.layers import BatchNorm
from tests.gpu import checkpoints
from tests.gpu.export.running import LOWERINGS, assert_equal_to_reference, execute
from tests.gpu.spvcnn.clouds import SMALL, cloud

TINY = Settings(SMALL, inputs=4, classes=3, channels=(4, 4, 6, 8, 8, 8, 6, 6, 4))
CHECKPOINT = checkpoints.spvcnn(TINY)
GRAPH = network(CHECKPOINT)


def features(points: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(points, 4)).astype(np.float32)


def inputs(points: np.ndarray, events: np.ndarray | None = None) -> dict[str, np.ndarray]:
    return prepare(CHECKPOINT, points, features(len(points)), events)


CLOUDS = {
    "nothing": inputs(cloud(0)),
    "one point": inputs(cloud(1)),
    "one point many times": inputs(np.repeat(cloud(1), 300, axis=0)),
    "a few points": inputs(cloud(5)),
    "a crowd": inputs(cloud(400)),
    "three events": inputs(cloud(60), np.sort(np.arange(60) % 3)),
}


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("lowering", "edges"), LOWERINGS)
def test_every_lowering_gives_what_the_network_means_on_every_cloud(lowering: str, edges: str, cloud: str) -> None:
    assert_equal_to_reference(GRAPH, CLOUDS[cloud], lowering=lowering, edges=edges)


def test_the_same_bits_in_every_run_and_for_every_number_of_threads() -> None:
    model, arrays = to_onnx(GRAPH), feeds(GRAPH, CLOUDS["a crowd"])
    first = execute(model, arrays)
    for threads in (1, 2, 3):
        for name, found in execute(model, arrays, threads).items():
            np.testing.assert_array_equal(found, first[name], strict=True)


def test_the_pull_lowering_multiplies_lines_of_taps_that_see_a_voxel_and_the_others_all_taps() -> None:
    products = {
        (how, edges): sum(n.op_type == "MatMul" and "product" in n.name for n in to_onnx(GRAPH, how, edges).graph.node)
        for how, edges in LOWERINGS
    }
    linear = products["padded", "any"] - 42  # 34 convolutions of 27 taps, 8 of 8
    assert products["pull", "any"] == linear + 34 * 9 + 8 * 4
    assert {products[key] for key in LOWERINGS if key != ("pull", "any")} == {linear + 42}


def test_no_export_needs_a_scatter_but_the_scatter_lowering() -> None:
    for how, edges in LOWERINGS:
        kinds = {n.op_type for n in to_onnx(GRAPH, how, edges).graph.node}
        assert {k for k in kinds if "Scatter" in k} == ({"ScatterElements"} if how == "scatter" else set())
        assert "NonZero" not in kinds or edges == "any"


def test_batch_norms_are_folded_and_nothing_changes() -> None:
    folded = rewritten(GRAPH)
    assert sum(isinstance(n.layer, BatchNorm) for n in GRAPH) == 48
    assert not any(isinstance(n.layer, BatchNorm) for n in folded)
    found, expected = run(folded, CLOUDS["a crowd"]), run(GRAPH, CLOUDS["a crowd"])
    for name, numbers in expected.items():
        # float64: weights rounded once more, through some fifty layers
        np.testing.assert_allclose(found[name], numbers, rtol=0, atol=1e-12 * max(1, np.abs(numbers).max()))


def test_results_are_those_of_the_points_in_their_order() -> None:
    points, x = cloud(50), features(50)
    order = np.random.default_rng(3).permutation(50)
    one, other = run(GRAPH, prepare(CHECKPOINT, points, x)), run(GRAPH, prepare(CHECKPOINT, points[order], x[order]))
    for name in one:
        np.testing.assert_allclose(one[name][order], other[name], rtol=0, atol=1e-5)  # tables have float32 weights


@pytest.mark.gpu
@pytest.mark.parametrize("channels", [TINY.channels, (5, 4, 6, 8, 4, 8, 6, 6, 9)], ids=["narrower", "wider"])
@pytest.mark.parametrize("nearest", [False, True])
def test_the_network_is_that_of_pytorch(nearest: bool, channels: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.cloud import Cloud
    from codesign.gpu.spvcnn.model import from_checkpoint, to_checkpoint

    settings = replace(TINY, nearest=nearest, channels=channels)
    checkpoint = checkpoints.spvcnn(settings)
    graph, module = network(checkpoint), from_checkpoint(checkpoint)
    torch.set_num_threads(1)
    again = to_checkpoint(module)
    assert set(again.weights) == set(checkpoint.weights) and again.settings == checkpoint.settings
    for points in (cloud(0), cloud(1), cloud(200)):
        with torch.no_grad():
            cloud_of = Cloud.of(tables(SMALL, points, nearest=nearest))
            expected = module(torch.from_numpy(features(len(points))), cloud_of)
        arrays = prepare(checkpoint, points, features(len(points)))
        for found in (run(graph, arrays), execute(to_onnx(graph), feeds(graph, arrays))):
            for name, numbers in expected._asdict().items():
                assert found[name].shape == tuple(numbers.shape)
                bound = 1e-5 * max(1.0, float(numbers.abs().max()) if numbers.numel() else 0.0)
                np.testing.assert_allclose(found[name], numbers.numpy(), rtol=0, atol=bound)


@pytest.mark.parametrize(
    ("points", "x", "message"),
    [
        (cloud(3), features(2), "features: found (2, 4), expected (3, 4)"),
        (cloud(3), features(3)[:, :2], "features: found (3, 2), expected (3, 4)"),
        (cloud(3), features(3) * np.array([[1], [np.inf], [1]]), "features: those of point 1 are not finite, and of 1"),
        (cloud(3) * np.nan, features(3), "points: point 0 is (nan, nan, nan)"),
        (cloud(3) + 100, features(3), "the grid reaches from -1 to 2.5; 3 points are outside"),
    ],
)
def test_clouds_that_do_not_fit_are_refused(points: np.ndarray, x: np.ndarray, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        prepare(CHECKPOINT, points, x)


@pytest.mark.parametrize(
    ("key", "shape", "message"),
    [
        ("stem.0.conv.weight", (27, 5, 4), "weights stem.0.conv.weight have the shape (27, 5, 4), expected (27, 4, "),
        ("up.1.norm.bias", (5,), "weights up.1.norm.bias have the shape (5,), expected (6,)"),
        ("more.bias", (5,), "the weights more.bias are none of a network with its settings"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(key: str, shape: tuple[int, ...], message: str) -> None:
    weights = {**CHECKPOINT.weights, key: np.zeros(shape, np.float32)}
    with pytest.raises(ModelError, match=re.escape(message)):
        network(replace(CHECKPOINT, weights=weights))


def test_a_negative_variance_is_refused() -> None:
    key = "down.0.norm.running_var"
    weights = {**CHECKPOINT.weights, key: -CHECKPOINT.weights[key]}
    with pytest.raises(ModelError, match=re.escape(f"weights {key} are variances, and some are negative")):
        network(replace(CHECKPOINT, weights=weights))


def test_settings_of_other_widths_are_refused() -> None:
    other = replace(CHECKPOINT, settings={**CHECKPOINT.settings, "classes": 9})
    with pytest.raises(ModelError, match="the semantic branch gives 3 numbers for a point, its settings say 9"):
        network(other)
