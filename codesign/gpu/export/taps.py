"""Sparse convolutions whose taps are mostly empty: only those taps that see a voxel are multiplied.

The taps of a kernel are taken line by line (3 of 27, 2 of 8, along the last axis): a line is left out for a voxel none
of whose taps in it sees another. For each line

    gather (its voxels, taps, n) -> (its voxels, taps * n) @ (taps * n, m) -> each voxel takes its row, or one of zeros

and the lines are added in their order: deterministic, and without a scatter. Which voxels a line has is found in the
model, once for all convolutions that read the map. Single taps would multiply less and move more: on a CPU lines are
the faster, and both beat one product with all taps (docs/spvcnn.md has the measurements).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from codesign.gpu.export.writer import Writer
from codesign.ir.layers.rows import KernelMapConv


@dataclass(frozen=True)
class Lines:
    """Names of tensors, for each line of taps: `taken` (R, taps), rows of the input (the number of them where there is
    none), the last of them a row of none; `place` (N,): the row of `taken` of each voxel, the last where it has none.
    """

    taken: list[str]
    place: list[str]


def line_of(taps: int) -> int:
    """How many taps a line of a cubic kernel has; 1 where the kernel is no cube."""
    side = round(taps ** (1 / 3))
    return side if side**3 == taps else 1


def lines(w: Writer, map: str, x: str, taps: int) -> Lines:
    """The lines of a map (N, taps), found in the graph; `x` are the rows that it names."""
    line = line_of(taps)
    count = taps // line
    none = w.count(x, part="none")
    last = w.op("Expand", none, w.whole(1, taps), part="row_of_none")
    rows = w.op("Concat", map, last, part="with_none", axis=0)
    shape = w.whole(-1, count, line)
    by_line = w.op("Transpose", w.op("Reshape", rows, shape, part="lines"), part="by_line", perm=[1, 0, 2])
    sees = w.op("Cast", w.op("Less", by_line, none, part="sees"), part="seen", to=TensorProto.INT64)
    some = w.op("ReduceMax", sees, w.whole(2), part="some", keepdims=0)  # (lines, N + 1); the last is none's
    have = w.op("Slice", some, w.whole(0), w.whole(-1), w.whole(1), part="have")
    kept = w.op("Concat", have, w.constant(np.ones((count, 1), dtype=np.int64), "one_each"), part="kept", axis=1)
    where = w.op("Transpose", w.op("NonZero", kept, part="kept_at"), part="kept_pairs", perm=[1, 0])
    sizes = w.op("ReduceSum", kept, w.whole(1), part="sizes", keepdims=0)
    taken = w.op("GatherND", by_line, where, part="taken")
    names = [f"taken_{k}" for k in range(count)]
    pieces = w.ops("Split", taken, sizes, parts=names, axis=0) if count > 1 else [taken]
    passed = w.op("CumSum", have, w.scalar(1), part="passed")
    behind = w.op("Unsqueeze", sizes, w.whole(1), part="ends")
    number = w.op("Where", w.op("Cast", have, part="has", to=TensorProto.BOOL), passed, behind, part="counted")
    place = w.op("Sub", number, w.scalar(1), part="place")
    places = [w.op("Gather", place, w.scalar(k), part=f"place_{k}", axis=0) for k in range(count)]
    return Lines(pieces, places)


def convolution(w: Writer, layer: KernelMapConv, padded: str, found: Lines) -> str:
    """The sums of all lines, and the bias, as the result of the node at hand; `padded` are the rows of x, and one of
    zeros."""
    taps, n, m = layer.weights.shape
    line = line_of(taps)
    total = ""
    for k, (taken, place) in enumerate(zip(found.taken, found.place, strict=True)):
        key = ("line", str(id(layer.weights)), str(k))
        matrix = w.built.setdefault(key, layer.weights[k * line : (k + 1) * line].reshape(line * n, m))
        rows = w.op("Gather", padded, taken, part=f"rows_{k}", axis=0)
        flat = w.op("Reshape", rows, w.whole(-1, line * n), part=f"side_by_side_{k}")
        product = w.op("MatMul", flat, w.weights(matrix, f"weights_{k}"), part=f"product_{k}")
        term = w.op("Gather", product, place, part=f"line_{k}", axis=0)
        total = w.op("Add", total, term, part=f"sum_{k}") if total else term
    return w.op("Add", total, w.weights(layer.bias, "bias")) if layer.bias is not None else w.op("Identity", total)
