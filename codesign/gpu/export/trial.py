"""An exported model tried: random inputs through onnxruntime, beside what the network means in float64."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime

from codesign.errors import ModelError
from codesign.gpu.export.model import feeds
from codesign.gpu.reference import run
from codesign.ir.graph import Graph
from codesign.ir.layers import Input

ROWS = 60
"""Rows of the first set of a trial; each further one has 40 more, so that no two sizes are equal by chance."""
BOUNDS: Mapping[str, float] = {"fp32": 1e-5, "fp16": 2e-2}
"""Of the largest value of an output, how far a model may be off: 80 roundings of float32, 20 of float16 (2^-11)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far an output is from what it means."""

    output: str
    largest: float
    """Of its values, in what it means."""
    difference: float
    """The largest of any value."""


def trial_inputs(graph: Graph, sizes: Mapping[str, int] | None = None) -> dict[str, np.ndarray]:
    """Inputs that the network takes, by the user's names: standard normal numbers, and row numbers of rows that there
    are. The same network gives the same ones."""
    seed = int.from_bytes(hashlib.sha256(graph.name.encode()).digest()[:4], "big")
    rng = np.random.default_rng(seed)
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


def differences(
    graph: Graph, model: onnx.ModelProto, inputs: Mapping[str, np.ndarray], lowering: str, edges: str
) -> list[Difference]:
    """The model in onnxruntime on the CPU beside the network in numpy's float64, for each output."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    arrays = feeds(graph, inputs, lowering, edges)
    found = dict(zip([o.name for o in session.get_outputs()], session.run(None, arrays)))
    expected = run(graph, inputs)
    return [
        Difference(name, float(np.abs(y).max(initial=0)), float(np.abs(found[name] - y).max(initial=0)))
        for name, y in expected.items()
    ]


def check(differences: list[Difference], precision: str, what: str) -> None:
    """ModelError where an output is further off than the precision explains."""
    bound = BOUNDS.get(precision)
    for found in differences:
        limit = None if bound is None else bound * max(1.0, found.largest)
        if limit is not None and not found.difference <= limit:
            raise ModelError(
                f"{what}: output {found.output} is off by {found.difference:g} in onnxruntime, where {precision} "
                f"explains {limit:g} (values up to {found.largest:g}); nothing was written"
            )
