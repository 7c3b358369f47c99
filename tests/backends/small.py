"""Small designs written by hand: a two-layer classifier, folded, and two convolutions with a pool."""

from __future__ import annotations

import numpy as np

from codesign.ir.design import Design, Port, Process, Stream, StreamKind
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import (
    Apply,
    IndexOfMax,
    InsideMatVec,
    InsideWindow,
    MatVec,
    MemoryStyle,
    PoolUnit,
    Repack,
    WideWindow,
)
from codesign.ir.layers.requantize import Shift, Thresholds
from codesign.ir.tensor import Tensor


def classifier(origin: str = "small.onnx", layer: str = "/dense/MatMul") -> Design:
    """x (4) -> dense -> relu -> repack -> dense -> thresholds -> argmax; results in y."""
    x, w = Fixed(4, 2), Fixed(3)
    first = np.array([[1, -2, 3, 0], [-4, 3, 1, 2], [2, 2, -1, -3], [0, 1, -2, 3]])
    second = np.array([[1, -1], [2, 0], [-3, 2], [3, -4]])
    hidden, small, scores = Fixed(7), Fixed(3, 0, False), Fixed(7)
    level = Fixed(3)
    d = Design("small", origin)
    for name, element, lanes, size in (
        ("x", x, 4, 4), ("dense_1_out", hidden, 2, 4), ("relu_out", small, 2, 4), ("packed", small, 4, 4),
        ("dense_2_out", scores, 1, 2), ("scores", level, 1, 2), ("y", Fixed(1, 0, False), 1, 1),
    ):  # fmt: skip
        kind = StreamKind.ARRAY if name == "relu_out" else StreamKind.SINGLE if lanes == 1 else StreamKind.STRUCT
        d.add_stream(Stream(name, element, lanes, size // lanes, kind))
    bias = np.array([1, -2, 3, -4])
    style = MemoryStyle.LUTRAM
    dense_1 = MatVec.fold("dense_1", first, bias, w, x, hidden, 1, 2, 4, style)
    dense_2 = MatVec.fold("dense_2", second, None, w, small, scores, 1, 1, 4, MemoryStyle.REGISTERS)
    relu = Apply(Shift(0, 3, True, 0, 7), 1, 4, 2, hidden, small)
    levels = Thresholds(np.array([-2]), np.array([1]), np.array([[-9, -2, 4, 11]]))
    d.add(Process("dense_1", dense_1, ("x",), ("dense_1_out",), layer))
    d.add(Process("relu", relu, ("dense_1_out",), ("relu_out",), "/act/Relu"))
    d.add(Process("pack", Repack(4, 2, 4, small), ("relu_out",), ("packed",), "/dense_2/MatMul"))
    d.add(Process("dense_2", dense_2, ("packed",), ("dense_2_out",), "/dense_2/MatMul"))
    d.add(Process("quant", Apply(levels, 1, 2, 1, scores, level), ("dense_2_out",), ("scores",), "/out/Quant"))
    d.add(Process("best", IndexOfMax(1, 2, 1, level, Fixed(1, 0, False)), ("scores",), ("y",), "/ArgMax"))
    d.inputs.append(Port("x", "x", Tensor.of_fixed((4,), x), "global_in"))
    d.outputs.append(Port("y", "y", Tensor.of_fixed((1,), Fixed(1, 0, False)), "global_out"))
    return d


def convolutions() -> Design:
    """x (4, 9, 2) -> whole 3 x 3 windows -> product -> relu -> windows without their padding -> product -> largest of
    2 x 2, side by side -> y (2, 4, 2)."""
    x, w, sums, small = Fixed(4, 2), Fixed(3), Fixed(10), Fixed(3, 0, False)
    rng = np.random.default_rng(3)
    first, second = (rng.integers(-4, 4, (n, m)) for n, m in ((18, 4), (36, 2)))
    image, padding = (4, 9), (1, 1, 1, 1)
    wide = WideWindow(*image, 2, 18, (3, 3), x, padding=padding)
    inside = InsideWindow(*image, 4, 2, (3, 3), small, padding=padding)
    pairs = WideWindow(*image, 2, 8, (2, 2), sums, (2, 2))
    style = MemoryStyle.LUTRAM
    dense_1 = MatVec.fold("conv_1", first, np.array([1, -2, 3, -4]), w, x, sums, 36, 2, 18, style)
    dense_2 = MatVec.fold("conv_2", second, None, w, small, sums, 36, 2, 2, style)
    d = Design("convolutions", "convolutions.onnx")
    steps = [
        ("conv_1_window", wide), ("conv_1", dense_1), ("relu", Apply(Shift(0, 5, True, 0, 7), 36, 4, 2, sums, small)),
        ("conv_2_window", inside), ("conv_2", InsideMatVec.of(dense_2, inside)), ("pool_window", pairs),
        ("pool", PoolUnit(8, 4, 1, 2, True, sums, sums, 4)),
    ]  # fmt: skip
    last = d.add_stream(Stream("x", x, 2, 36))
    for name, kernel in steps:
        (y,) = kernel.writes
        out = "y" if name == "pool" else f"{name}_out"
        d.add_stream(Stream(out, y.element, y.lanes, y.beats))
        d.add(Process(name, kernel, (last,), (out,), f"/{name}"))
        last = out
    d.inputs.append(Port("x", "x", Tensor.of_fixed((*image, 2), x), "global_in"))
    d.outputs.append(Port("y", "y", Tensor.of_fixed((2, 4, 2), sums), "global_out"))
    return d
