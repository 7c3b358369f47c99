"""SPVCNN that makes its voxels and maps itself: the tables of numpy, the results of both, and what is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument

from codesign.errors import ModelError
from codesign.gpu.export.exported import Options
from codesign.gpu.export.maps import MOST_CELLS, cloud_feeds, with_maps
from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.export.onnx_target import write_onnx
from codesign.gpu.networks import network
from codesign.gpu.networks.spvcnn import prepare
from codesign.gpu.reference import run
from codesign.gpu.spvcnn.settings import Settings
from codesign.gpu.spvcnn.voxels import Grid
from tests.gpu.checkpoints import interaction, spvcnn
from tests.gpu.export.running import execute
from tests.gpu.spvcnn.clouds import SMALL, cloud

TINY = Settings(SMALL, inputs=4, classes=3, channels=(4, 4, 6, 8, 8, 8, 6, 6, 4))
WIDE = replace(TINY, grid=Grid((-3.0, 0.1, -1e3), (0.3, 0.7, 11.0), (70, 33, 50)))
CHECKPOINTS = {
    "small": spvcnn(TINY),
    "wide": spvcnn(WIDE),
    "nearest": spvcnn(replace(TINY, nearest=True)),
    "one cell": spvcnn(replace(TINY, grid=Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1, 1, 1)))),
}
GRAPHS = {name: network(checkpoint) for name, checkpoint in CHECKPOINTS.items()}
SETTINGS = {name: Settings.read(checkpoint.settings) for name, checkpoint in CHECKPOINTS.items()}
PLAIN = {name: to_onnx(graph) for name, graph in GRAPHS.items()}
MODELS = {name: with_maps(model, SETTINGS[name]) for name, model in PLAIN.items()}
SEVERAL = {name: with_maps(model, SETTINGS[name], events=True) for name, model in PLAIN.items()}
FAILURES = (Fail, InvalidArgument)


@cache
def session(name: str, what: str = "model", threads: int = 1) -> onnxruntime.InferenceSession:
    """What computes a checkpoint's results with maps in the model or as inputs, or its tables alone."""
    model = {
        "model": MODELS, "inputs": PLAIN, "tables": TABLES, "events": SEVERAL, "tables of events": TABLES_OF_EVENTS,
    }[what][name]  # fmt: skip
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def compute(arrays: dict[str, np.ndarray], *which: Any) -> dict[str, np.ndarray]:
    """The outputs of a `session` by name."""
    found = session(*which)
    return dict(zip([o.name for o in found.get_outputs()], found.run(None, arrays)))


def features(points: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(points, 4)).astype(np.float32)


def border(grid: Grid) -> np.ndarray:
    """The eight corners of the grid: the low ones in it, the high ones as near as float32 comes."""
    ends = []
    for low, step, size in zip(grid.low, grid.resolution, grid.size):
        first, last = np.float32(low), np.float32(low + step * size)
        while (np.float64(first) - low) / step < 0:
            first = np.nextafter(first, np.float32(np.inf))
        while (np.float64(last) - low) / step >= size:
            last = np.nextafter(last, np.float32(-np.inf))
        ends.append((first, last))
    return np.array(np.meshgrid(*ends)).reshape(3, 8).T.astype(np.float32)


def clouds(grid: Grid) -> dict[str, np.ndarray]:
    centre = np.array(grid.low) + np.array(grid.resolution) * (np.array(grid.size) / 2)
    few = centre + 2 * np.array(grid.resolution) * np.random.default_rng(2).uniform(-1, 1, (200, 3))
    faces = np.array(grid.low) + np.array(grid.resolution) * np.array([[1, 2, 3], [2, 2, 2], [2, 2, 3], [0, 4, 4]])
    low, high = border(grid).min(axis=0), border(grid).max(axis=0)
    return {
        "nothing": cloud(0, grid=grid),
        "one point": cloud(1, grid=grid),
        "one point many times": np.repeat(cloud(1, grid=grid), 300, axis=0),
        "the border": border(grid),
        "a crowd": cloud(400, grid=grid),
        "neighbours": np.clip(few, low, high).astype(np.float32),
        "on the faces of cells": np.clip(faces, low, high).astype(np.float32),
    }


def tables_of(name: str, model: onnx.ModelProto) -> onnx.ModelProto:
    """The model's tables as its outputs."""
    found = onnx.ModelProto()
    found.CopyFrom(model)
    del found.graph.output[:]
    for node in GRAPHS[name].inputs:
        if node.origin != "features":
            kind = TensorProto.INT64 if node.type.index else TensorProto.FLOAT
            found.graph.output.append(helper.make_tensor_value_info(node.origin, kind, [None, *node.type.shape]))
    return found


TABLES = {name: tables_of(name, model) for name, model in MODELS.items()}
TABLES_OF_EVENTS = {name: tables_of(name, model) for name, model in SEVERAL.items()}


def assert_tables(name: str, points: np.ndarray, events: np.ndarray | None = None) -> None:
    cloud_of = (CHECKPOINTS[name], points, features(len(points)), events)
    expected = prepare(*cloud_of)
    found = compute(cloud_feeds(*cloud_of), name, "tables" if events is None else "tables of events")
    for table, numbers in found.items():
        wanted = expected[table]
        assert (numbers.dtype, numbers.shape) == (wanted.dtype, wanted.shape), table
        if table.startswith("near_weights"):
            # means of weights from 0 to 1 in float32: sums of 16 at most, in two levels for 256, three for 4,096
            np.testing.assert_allclose(numbers, wanted, rtol=0, atol=48 * 2.0**-24, err_msg=table)
        elif table.startswith("weights"):
            # the sum of eight float64 may come in another order, so a rounding to float32 may fall the other way
            np.testing.assert_allclose(numbers, wanted, rtol=2.0**-23, atol=0, err_msg=table)
        else:
            np.testing.assert_array_equal(numbers, wanted, err_msg=table)


@pytest.mark.parametrize("name", MODELS)
def test_the_tables_are_those_that_numpy_makes(name: str) -> None:
    for points in clouds(SETTINGS[name].grid).values():
        assert_tables(name, points)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 60), st.integers(0, 10_000), st.sampled_from(["small", "wide", "nearest"]))
def test_the_tables_of_random_clouds_are_those_that_numpy_makes(count: int, seed: int, name: str) -> None:
    assert_tables(name, cloud(count, seed, SETTINGS[name].grid))


@pytest.mark.parametrize("name", MODELS)
def test_the_tables_of_several_events_are_those_that_numpy_makes(name: str) -> None:
    for points in clouds(SETTINGS[name].grid).values():
        for numbers in ([0, 1], [4, 2, 3, 2]):  # some events have no points
            assert_tables(name, points, np.resize(numbers, len(points)))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(0, 10_000), st.sampled_from(["small", "wide", "nearest"]))
def test_the_tables_of_random_events_are_those_that_numpy_makes(events: list[int], seed: int, name: str) -> None:
    assert_tables(name, cloud(len(events), seed, SETTINGS[name].grid), np.array(events, dtype=np.int64))


def test_events_do_not_see_each_other() -> None:
    points, x, checkpoint = cloud(90), features(90), CHECKPOINTS["small"]
    events = np.random.default_rng(4).integers(0, 3, 90)
    together = compute(cloud_feeds(checkpoint, points, x, events), "small", "events")
    for event in range(3):
        mine = events == event
        for name, alone in compute(cloud_feeds(checkpoint, points[mine], x[mine]), "small").items():
            # the same voxels and sums; only rows of products lie elsewhere: some roundings of numbers below 8
            np.testing.assert_allclose(together[name][mine], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([0, 0, -1], "events: expected 3 whole numbers from 0, one for each point"),
        ([0, 1], "events: expected 3 whole numbers from 0, one for each point"),
        ([0.0, 1.0, 1.0], "events: expected 3 whole numbers from 0, one for each point"),
        ([0, 1 << 16, 0], "events: with event 65536 there are grids of 65537 x 504 cells, at most 16,777,216 are made"),
        ([0, 1 << 62, 0], "at most 16,777,216 are made in the model; number them from 0, and give fewer at a time"),
    ],
)  # fmt: skip
def test_events_that_are_none_or_too_many_are_refused_and_the_model_fails(events: list[float], message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        cloud_feeds(CHECKPOINTS["small"], cloud(3), features(3), np.array(events))
    if min(events) < 0 or len(events) < 3:
        arrays = cloud_feeds(CHECKPOINTS["small"], cloud(3), features(3))
        with pytest.raises(FAILURES, match=r"ScatterElements|Reshape"):
            compute({**arrays, "event": np.array(events)}, "small", "events")


@pytest.mark.parametrize("name", MODELS)
def test_results_are_those_of_the_export_with_tables_and_of_the_network(name: str) -> None:
    checkpoint, graph = CHECKPOINTS[name], GRAPHS[name]
    for points in clouds(SETTINGS[name].grid).values():
        x = features(len(points))
        inputs = prepare(checkpoint, points, x)
        found = compute(cloud_feeds(checkpoint, points, x), name)
        with_tables = compute(feeds(graph, inputs), name, "inputs")
        for output, numbers in run(graph, inputs).items():
            assert found[output].dtype == np.float32 and found[output].shape == numbers.shape
            bound = 1e-5 * max(1.0, np.abs(numbers).max(initial=0))  # 80 roundings of float32
            np.testing.assert_allclose(found[output], numbers, rtol=0, atol=bound)
            np.testing.assert_allclose(found[output], with_tables[output], rtol=0, atol=bound)


@pytest.mark.parametrize("lowering", ["padded", "scatter"])
def test_the_other_lowerings_take_the_maps_too(lowering: str) -> None:
    points, x = cloud(100), features(100)
    model = with_maps(to_onnx(GRAPHS["small"], lowering), TINY)
    found = execute(model, cloud_feeds(CHECKPOINTS["small"], points, x))
    for output, numbers in run(GRAPHS["small"], prepare(CHECKPOINTS["small"], points, x)).items():
        bound = 1e-5 * max(1.0, np.abs(numbers).max())
        np.testing.assert_allclose(found[output], numbers, rtol=0, atol=bound)


def test_the_model_takes_points_and_features_alone_and_scatters_without_reduction() -> None:
    model = MODELS["small"]
    assert [i.name for i in model.graph.input] == ["points", "features"]
    scatters = [n for n in model.graph.node if "Scatter" in n.op_type]
    assert [n.op_type for n in scatters] == ["ScatterElements"] * 5
    assert all(a.name == "axis" for n in scatters for a in n.attribute)
    assert {p.key: p.value for p in model.metadata_props}["codesign_maps"] == "model"


def test_the_same_bits_in_every_run_and_for_every_number_of_threads() -> None:
    arrays = cloud_feeds(CHECKPOINTS["small"], cloud(400), features(400))
    first = compute(arrays, "small")
    for threads in (2, 3):
        for name, found in compute(arrays, "small", "model", threads).items():
            np.testing.assert_array_equal(found, first[name], strict=True)


def test_the_order_of_the_points_does_not_matter() -> None:
    points, x = cloud(200), features(200)
    order = np.random.default_rng(3).permutation(200)
    one = compute(cloud_feeds(CHECKPOINTS["small"], points, x), "small")
    other = compute(cloud_feeds(CHECKPOINTS["small"], points[order], x[order]), "small")
    for name in one:  # sums over a voxel's points come in the order of the points
        np.testing.assert_allclose(one[name][order], other[name], rtol=0, atol=1e-5)


BAD = [
    (np.nan, "points: point 1 is (nan, "),
    (np.inf, "points: point 1 is (inf, "),
    (-np.inf, "points: point 1 is (-inf, "),
    (-1.01, "points: point 1 has x = -1.01, the grid reaches from -1 to 2.5"),
    (2.5, "points: point 1 has x = 2.5, the grid reaches from -1 to 2.5"),
    (3e38, "points: point 1 has x = 3e+38"),
]


@pytest.mark.parametrize(("x", "message"), BAD)
def test_a_point_outside_the_grid_is_refused_and_the_model_fails(x: float, message: str) -> None:
    points = cloud(5)
    points[1, 0] = x
    with pytest.raises(ModelError, match=re.escape(message)):
        cloud_feeds(CHECKPOINTS["small"], points, features(5))
    with pytest.raises(FAILURES, match="ScatterElements"):
        compute({"points": points, "features": features(5)}, "small")


def test_points_that_float32_moves_out_of_the_grid_are_refused() -> None:
    points = cloud(3).astype(np.float64)
    points[2, 0] = 2.5 - 1e-12
    prepare(CHECKPOINTS["small"], points, features(3))
    with pytest.raises(ModelError, match=re.escape("points: point 2 has x = 2.5, the grid reaches from -1 to 2.5")):
        cloud_feeds(CHECKPOINTS["small"], points, features(3))


@pytest.mark.parametrize("count", [2, 4])
def test_another_number_of_features_than_points_is_refused_and_the_model_fails(count: int) -> None:
    with pytest.raises(ModelError, match=re.escape(f"features: found ({count}, 4), expected (3, 4)")):
        cloud_feeds(CHECKPOINTS["small"], cloud(3), features(count))
    with pytest.raises(FAILURES, match="Reshape"):
        compute({"points": cloud(3), "features": features(count)}, "small")


def test_features_that_are_too_large_for_float32_are_refused() -> None:
    with pytest.raises(ModelError, match="features: those of point 0 are not finite, and of 3 points in all"):
        cloud_feeds(CHECKPOINTS["small"], cloud(3), np.full((3, 4), 1e39))


def test_a_grid_that_is_too_large_is_refused() -> None:
    large = replace(TINY, grid=Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (255, 255, 255)))
    assert MOST_CELLS < 257**3
    with pytest.raises(ModelError, match=r"at most 16,777,216 cells .* size \(255, 255, 255\) has 16,974,593"):
        with_maps(PLAIN["small"], large)
    half = replace(TINY, grid=Grid((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (255, 255, 127)))
    with_maps(PLAIN["small"], half)
    with pytest.raises(ModelError, match=r"at most 8,388,608 cells with its border for two events, .* has 8,520,321"):
        with_maps(PLAIN["small"], half, events=True)


@pytest.mark.parametrize(("precision", "maps"), [("fp32", "model"), ("fp16", "events")])
def test_the_folder_says_what_the_model_takes(precision: str, maps: str, tmp_path: Path) -> None:
    CHECKPOINTS["small"].save(tmp_path / "model")
    options = Options(precision=precision, maps=maps)
    found = write_onnx(tmp_path / "model", tmp_path / "out", options, version="1")[""]
    told = json.loads((tmp_path / "out" / "codesign.json").read_text())
    assert told["options"]["maps"] == maps
    assert [(i["name"], i["type"], i["shape"], i["table"]) for i in told["networks"]["spvcnn"]["inputs"]] == [
        ("points", "float", ["points", 3], False),
        ("features", "float", ["points", 4], False),
        ("event", "int64", ["points"], False),
    ][: 3 if maps == "events" else 2]
    readme = (tmp_path / "out" / "README.md").read_text()
    call = f"cloud_feeds(checkpoint, points, features{', events' if maps == 'events' else ''})"
    assert call in readme and "maps made in the model" in readme
    assert dict(found.verdicts())["onnxruntime-cpu"].startswith("taken")
    assert dict(found.verdicts())["tensorrt-rtx"].startswith("refused")


def test_options_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    CHECKPOINTS["small"].save(tmp_path / "cloud")
    interaction().save(tmp_path / "gnn")
    np.savez(tmp_path / "x.npz", **prepare(CHECKPOINTS["small"], cloud(20), features(20)))  # type: ignore[arg-type]
    int8 = Options(precision="int8", calibration=tmp_path / "x.npz", maps="model")
    for folder, options, message in (
        ("cloud", Options(maps="all"), "maps is 'all', expected one of inputs, model, events"),
        ("gnn", Options(maps="model"), "maps are made in the model for spvcnn, this is of the kind interaction"),
        ("cloud", Options(maps="model", edges="sorted"), "edges sorted takes tables as inputs"),
        ("cloud", int8, "precision fp32 and fp16; for int8 take them as inputs"),
    ):
        with pytest.raises(ModelError, match=message):
            write_onnx(tmp_path / folder, tmp_path / "out", options, version="1")
        assert not (tmp_path / "out").exists()
