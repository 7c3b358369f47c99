"""An exported model tried: random inputs through onnxruntime, beside what the network means in float64."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export.model import feeds
from codesign.gpu.networks.spvcnn import prepare
from codesign.gpu.reference import run
from codesign.gpu.spvcnn.settings import Settings
from codesign.ir.graph import Graph
from codesign.ir.layers import Input

ROWS = 60
"""Rows of the first set of a trial; each further one has 40 more, so that no two sizes are equal by chance."""
POINTS = 300
"""Of a trial's cloud."""
BOUNDS: Mapping[str, float] = {"fp32": 1e-5, "fp16": 2e-2}
"""Of the largest value of an output, how far a model may be off: 80 roundings of float32, 20 of float16 (2^-11)."""
ROUNDINGS: Mapping[str, float] = {"fp32": 2.0**-24, "fp16": 2.0**-11}
"""Of a number, how far the nearest of the type is away at most."""
SHARE = 2.0**-30
"""By which inputs are moved to see what the network makes of it: little enough to stay in its linear range."""
STEPS = 100
"""Roundings on the way through a network that grow as much as those of its inputs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far an output is from what it means."""

    output: str
    largest: float
    """Of its values, in what it means."""
    difference: float
    """The largest of any value."""
    sensitivity: float = 0.0
    """How far the largest moves in float64, by what its inputs are off by, where they are off by a share of 2^-24."""


def trial_inputs(
    graph: Graph, sizes: Mapping[str, int] | None = None, checkpoint: Checkpoint | None = None
) -> dict[str, np.ndarray]:
    """Inputs that the network takes, by the user's names: standard normal numbers, and row numbers of rows that there
    are; for a network of point clouds, whose checkpoint is needed then, those of a random cloud. The same network
    gives the same ones."""
    seed = int.from_bytes(hashlib.sha256(graph.name.encode()).digest()[:4], "big")
    rng = np.random.default_rng(seed)
    if checkpoint is not None and checkpoint.kind == "spvcnn":
        return prepare(checkpoint, *_cloud(checkpoint, (sizes or {}).get("points", POINTS), rng))
    sets = list(dict.fromkeys(node.type.rows for node in graph.inputs))
    found = {rows: (sizes or {}).get(rows or "batch", ROWS + 40 * number) for number, rows in enumerate(sets)}
    arrays = {}
    for node in graph.inputs:
        assert isinstance(node.layer, Input)
        shape = (found[node.type.rows], *node.layer.shape)
        if node.type.index:
            array = rng.integers(0, found[node.type.index] + int(node.type.missing), shape)
        else:
            array = rng.standard_normal(shape).astype(np.float32)
        arrays[node.origin] = np.ascontiguousarray(np.moveaxis(array, 0, -1)) if node.layer.rows_last else array
    return arrays


def trial_cloud(checkpoint: Checkpoint) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A random cloud's points (n, 3) and features (n, inputs), both float32, and one of two events (n,) for each."""
    rng = np.random.default_rng(0)
    points, features = _cloud(checkpoint, POINTS, rng)
    return points.astype(np.float32), features, rng.integers(0, 2, POINTS)


def _cloud(checkpoint: Checkpoint, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points around ten places in the grid, two cells wide, so that most voxels have neighbours, and features."""
    settings = Settings.read(checkpoint.settings)
    size = np.array(settings.grid.size)
    cells = rng.uniform(0, size, (10, 3))[rng.integers(0, 10, count)] + 2 * rng.standard_normal((count, 3))
    inside = np.clip(cells, 0.01, size - 0.01)
    points = np.array(settings.grid.low) + inside * np.array(settings.grid.resolution)
    return points, rng.standard_normal((count, settings.inputs)).astype(np.float32)


def differences(
    graph: Graph,
    model: onnx.ModelProto,
    inputs: Mapping[str, np.ndarray],
    lowering: str,
    edges: str,
    arrays: Mapping[str, np.ndarray] | None = None,
) -> list[Difference]:
    """The model in onnxruntime on the CPU beside the network in numpy's float64, for each output; `arrays` are what the
    model takes where that is not what `feeds` makes of the network's inputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    arrays = feeds(graph, inputs, lowering, edges) if arrays is None else arrays
    found = dict(zip([o.name for o in session.get_outputs()], session.run(None, dict(arrays))))
    expected = run(graph, inputs)
    moved = run(graph, _moved(inputs))
    return [
        Difference(name, _largest(y), _largest(found[name] - y), _largest(moved[name] - y) / SHARE * ROUNDINGS["fp32"])
        for name, y in expected.items()
    ]


def _moved(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inputs, each number off by SHARE, up or down."""
    rng = np.random.default_rng(len(inputs))
    return {
        name: array * (1 + SHARE * rng.choice((-1, 1), array.shape)) if array.dtype.kind == "f" else array
        for name, array in inputs.items()
    }


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0))


def check(differences: list[Difference], precision: str, what: str) -> None:
    """ModelError where an output is no number, or further off than the precision explains: by its size, or where the
    network makes much of little, by what it makes of rounded inputs. Of int8 no bound is known."""
    for found in differences:
        if not math.isfinite(found.difference):
            away = f"output {found.output} is off by {found.difference:g} in onnxruntime"
            raise ModelError(f"{what}: {away}: {precision} overflows; nothing was written")
        if precision not in BOUNDS:
            continue
        rounded = STEPS * found.sensitivity * ROUNDINGS[precision] / ROUNDINGS["fp32"]
        limit = max(BOUNDS[precision] * max(1.0, found.largest), rounded)
        if found.difference > limit:
            raise ModelError(
                f"{what}: output {found.output} is off by {found.difference:g} in onnxruntime, where {precision} "
                f"explains {limit:g} (values up to {found.largest:g}); nothing was written"
            )
