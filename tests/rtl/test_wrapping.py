"""Sums that do wrap, in every kernel that adds products: the same in numpy, in the C++ twice, and in SystemVerilog."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from codesign.backends.project import write_project
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import (
    Depthwise,
    Grouped,
    InsideMatVec,
    InsideWindow,
    Kernel,
    MatVec,
    MemoryStyle,
    Multiplier,
)
from codesign.ir.kernels.adder_graph import AdderGraph, Addition, Result
from codesign.passes.strategy import made_of
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.vectors import random_codes
from tests.rtl.cosimulated import assert_cosimulated
from tests.rtl.test_windows import alone, builder

S4, S5, U5 = Fixed(4), Fixed(5), Fixed(5, 0, False)
SAFE = Fixed(40)
LUTRAM = MemoryStyle.LUTRAM
RNG = np.random.default_rng(0)
BIAS = np.array([90, -70, 8, 0, 33, -1])


def drawn(*shape: int, w: Fixed = S4) -> np.ndarray:
    return RNG.integers(w.low, w.high, shape, endpoint=True)


def matvec(multiplier: Multiplier, pe: int, simd: int, width: int, bias: np.ndarray | None = None) -> MatVec:
    x = U5 if bias is None else S5
    return made_of(MatVec.fold("m", drawn(8, 6), bias, S4, x, Fixed(width), 2, pe, simd, LUTRAM), multiplier)


def inside(width: int) -> InsideMatVec:
    window = InsideWindow(4, 3, 2, 1, (3, 3), S5, (1, 1), (1, 1), (1, 1, 1, 1))
    product = MatVec.fold("m", drawn(18, 2), None, S4, S5, Fixed(width), 12, 1, 1, LUTRAM)
    return InsideMatVec.of(product, window)


def shifted(width: int) -> MatVec:
    """x + 16 y, -64 x and 32 (x - y): of what is shifted beyond the accumulator nothing is left."""
    graph = AdderGraph(
        2,
        S5,
        (Addition(0, 1, 0, 4, False), Addition(0, 1, 0, 0, True)),
        (Result(2, 0, False), Result(0, 6, True), Result(3, 5, False)),
    )
    matrix = MatVec.fold("m", graph.matrix(), np.array([1, 2, -3]), Fixed(8), S5, Fixed(width), 1, 3, 2, LUTRAM)
    return replace(matrix, multiplier=Multiplier.ADDERS, adders=graph)


def products() -> list[Kernel]:
    """All of them, in accumulators of 2 to 9 bits."""
    return [
        matvec(Multiplier.LUT, 3, 4, 6),
        matvec(Multiplier.LUT, 6, 8, 2, BIAS),
        matvec(Multiplier.DSP, 2, 8, 8, BIAS),
        matvec(Multiplier.PACKED, 3, 2, 7, BIAS),
        matvec(Multiplier.PACKED, 6, 8, 3),
        matvec(Multiplier.ADDERS, 6, 8, 5),
        matvec(Multiplier.ADDERS, 6, 8, 8, BIAS),
        shifted(2),
        shifted(5),
        inside(8),
        Grouped.fold("m", drawn(2, 6, 3), BIAS, S4, S5, Fixed(5), 1, 3, 2, LUTRAM, Multiplier.PACKED),
        Depthwise.fold("m", drawn(9, 6), BIAS, S4, S5, Fixed(7), 2, 3, 3, LUTRAM, Multiplier.DSP, 3),
        Depthwise.fold("m", drawn(4, 6), BIAS, S4, U5, Fixed(2), 2, 6, 2, LUTRAM, Multiplier.LUT, 1),
    ]


def exact(kernel: Kernel, x: np.ndarray) -> np.ndarray:
    """The results where accumulators hold all of them."""
    assert isinstance(kernel, (MatVec, Grouped, Depthwise))
    return replace(kernel, accumulator=SAFE).evaluate(x)[0]


def test_sums_wrap_alike_in_numpy_both_arithmetics_of_the_cpp_and_systemverilog(tmp_path: Path) -> None:
    b, kernels = builder(0), products()
    for kernel in kernels:
        alone(b, kernel)
    codes = random_codes(b.design, 12)
    expected = b.design.evaluate(codes)

    for kernel, x, found in zip(kernels, codes, expected, strict=True):
        read, width = kernel.reads[0], kernel.writes[0].element.width
        sums = exact(kernel, x.reshape(len(x), read.beats, read.lanes)).reshape(found.shape)
        assert (sums != found).any(), "no sum wraps"
        assert not ((sums - found) % (1 << width)).any()
        assert -(1 << width - 1) <= found.min() and found.max() < 1 << width - 1
    hls = tmp_path / "hls"
    hls.mkdir()
    write_project(b.design, hls, part="xcu50-fsvh2104-2-e", clock_ns=5, vectors=None, version="0", digest="0")
    for arithmetic in Arithmetic:
        for found, wanted in zip(Csim(hls, arithmetic)(codes), expected, strict=True):
            np.testing.assert_array_equal(found, wanted, arithmetic.value)
    assert_cosimulated(b.design, codes, tmp_path / "rtl")
