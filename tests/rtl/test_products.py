"""Matrix products as SystemVerilog, whatever they are made of: the design's integers, in the model's cycles."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.primitives import packable
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
    Window,
)
from codesign.verification.vectors import random_codes
from tests.backends import designs
from tests.backends.designs import Builder, Wire
from tests.backends.designs.products import accumulator as any_width
from tests.rtl.cosimulated import assert_cosimulated
from tests.rtl.test_windows import alone, builder

U7, U8, S8 = Fixed(7, 0, False), Fixed(8, 0, False), Fixed(8, 0, True)
STYLES = (MemoryStyle.REGISTERS, MemoryStyle.LUTRAM, MemoryStyle.BRAM)
LUT, DSP, PACKED = Multiplier.LUT, Multiplier.DSP, Multiplier.PACKED


def summed(terms: int, x: Fixed, w: Fixed, bias: np.ndarray | None) -> Fixed:
    """The narrowest type for any sum of so many products and a bias."""
    ends = [a * b * terms for a in (x.low, x.high) for b in (w.low, w.high)]
    low, high = (0, 0) if bias is None else (int(bias.min()), int(bias.max()))
    return Fixed.covering(min(0, *ends) + min(0, low), max(0, *ends) + max(0, high))


def biases(b: Builder, n: int) -> np.ndarray | None:
    return b.codes(b.fixed(1, 10), n) if b.choice([True, False]) else None


def made_of(b: Builder, x: Fixed, w: Fixed) -> Multiplier:
    return b.choice([LUT, DSP, PACKED, PACKED] if packable(x, w) else [LUT, DSP])


def matvec(
    b: Builder, inputs: int, outputs: int, pe: int, simd: int, x: Fixed, w: Fixed, multiplier: Multiplier,
    style: MemoryStyle = MemoryStyle.LUTRAM, positions: int = 2,
) -> MatVec:  # fmt: skip
    bias = biases(b, outputs)
    matrix = b.codes(w, (inputs, outputs))
    return MatVec.fold(
        b.name("m"), matrix, bias, w, x, summed(inputs, x, w, bias), positions, pe, simd, style, multiplier
    )


def any_matvec(b: Builder, x: Fixed) -> Kernel:
    inputs, outputs, w = b.integer(1, 12), b.integer(1, 6), b.fixed(1, min(20, 56 - x.width))
    folding = b.divisor(outputs), b.divisor(inputs)
    made = matvec(b, inputs, outputs, *folding, x, w, made_of(b, x, w), b.choice(STYLES), b.integer(1, 3))
    return replace(made, accumulator=any_width(b, made.accumulator))


def any_grouped(b: Builder, x: Fixed) -> Kernel:
    groups, inputs, outputs, w = b.integer(1, 3), b.integer(1, 6), b.integer(1, 4), b.fixed(1, min(12, 56 - x.width))
    matrices, bias = b.codes(w, (groups, inputs, outputs)), biases(b, groups * outputs)
    return Grouped.fold(
        b.name("m"), matrices, bias, w, x, any_width(b, summed(inputs, x, w, bias)), b.integer(1, 2),
        b.divisor(outputs), b.divisor(inputs), b.choice(STYLES), made_of(b, x, w),
    )  # fmt: skip


def any_depthwise(b: Builder, x: Fixed) -> Kernel:
    taps, channels, each, w = b.integer(1, 9), b.integer(1, 4), b.integer(1, 2), b.fixed(1, min(12, 56 - x.width))
    bias = biases(b, channels * each)
    lanes = b.divisor(channels)
    return Depthwise.fold(
        b.name("m"), b.codes(w, (taps, channels * each)), bias, w, x, any_width(b, summed(taps, x, w, bias)),
        b.integer(1, 3), channels, lanes, b.choice(STYLES), b.choice([LUT, DSP]), b.divisor(taps),
    )  # fmt: skip


def any_inside(b: Builder, x: Fixed) -> Kernel:
    channels = b.choice([1, 2, 3])
    shape, size, stride, dilation, padding = designs.sliding(
        b, Wire("", x, b.integer(1, 4) * b.integer(2, 4), channels, 1)
    )
    lanes = b.divisor(channels)
    whole = Window(*shape, channels, lanes, size, x, stride, dilation, padding)
    if not all(inside.any(axis=1).all() for inside in whole.inside()):
        size, dilation, padding = (1, 1), (1, 1), (0, 0, 0, 0)
    window = InsideWindow(*shape, channels, lanes, size, x, stride, dilation, padding)
    outputs, w = b.integer(1, 4), b.fixed(1, min(8, 52 - x.width))
    product = matvec(
        b, window.taps * channels, outputs, b.divisor(outputs), lanes, x, w, made_of(b, x, w), b.choice(STYLES),
        window.count[0] * window.count[1],
    )  # fmt: skip
    return InsideMatVec.of(product, window)


KINDS = (any_matvec, any_matvec, any_grouped, any_depthwise, any_inside)


@settings(max_examples=1)
@given(st.integers(0, 2**32 - 1), st.sampled_from([100, 200, 250, 400]))
def test_random_products_give_the_designs_integers_in_the_models_cycles(
    tmp_path_factory: pytest.TempPathFactory, seed: int, clock_mhz: float
) -> None:
    b = builder(seed)
    for kind in KINDS:
        for most in (8, 8, 40):
            alone(b, kind(b, b.fixed(1, most)))
    assert {type(p.kernel) for p in b.design} == {MatVec, Grouped, Depthwise, InsideMatVec}
    assert_cosimulated(b.design, random_codes(b.design, 5), tmp_path_factory.mktemp("products"), clock_mhz, seed)


@pytest.mark.parametrize("clock_mhz", [100, 200, 450])
def test_the_smallest_and_the_oddest_products(tmp_path: Path, clock_mhz: float) -> None:
    b = builder(11)
    u1, s1 = Fixed(1, 0, False), Fixed(1, 0, True)
    for kernel in (
        matvec(b, 1, 1, 1, 1, U8, S8, LUT, MemoryStyle.REGISTERS, 1),
        matvec(b, 1, 1, 1, 1, U8, S8, DSP, MemoryStyle.BRAM),
        matvec(b, 1, 2, 2, 1, S8, S8, PACKED),
        matvec(b, 7, 3, 3, 7, U7, S8, PACKED, MemoryStyle.BRAM),  # constant weights; an odd output without a partner
        matvec(b, 7, 3, 3, 1, U8, U8, PACKED),
        matvec(b, 5, 5, 1, 5, S8, U8, PACKED),  # no pairs at all; a vector of one beat, seen again
        matvec(b, 5, 4, 2, 5, s1, s1, PACKED),
        matvec(b, 11, 2, 2, 11, u1, u1, PACKED),
        matvec(b, 3, 2, 1, 3, s1, u1, LUT),
        matvec(b, 6, 2, 2, 3, Fixed(20, 0, False), Fixed(24, 0, True), DSP),  # several slices
        matvec(b, 6, 2, 1, 2, Fixed(20, 0, True), Fixed(24, 0, False), LUT),  # digits at a fast clock
        matvec(b, 4, 2, 1, 2, Fixed(17, 0, True), Fixed(16, 0, True), LUT, MemoryStyle.BRAM),
    ):
        alone(b, kernel)
    assert_cosimulated(b.design, random_codes(b.design, 8), tmp_path, clock_mhz)


@pytest.mark.parametrize("x", [U7, S8], ids=str)
def test_packed_products_are_exact_at_every_extreme_of_codes_and_weights(tmp_path: Path, x: Fixed) -> None:
    """Sums of the largest products of either sign in both halves of the slices."""
    b = builder(5)
    ends = np.array([S8.low, -1, 0, 1, S8.high])
    matrix = np.stack(np.meshgrid(ends, ends), axis=-1).reshape(1, -1).repeat(9, axis=0)  # both weights of each pair
    spread = summed(9, x, S8, None)
    kernel = MatVec.fold("m", matrix, None, S8, x, spread, 1, 10, 9, MemoryStyle.LUTRAM, PACKED)
    alone(b, kernel)
    inputs = np.array([[e] * 9 for e in (x.low, x.high, 0, 1)])
    assert_cosimulated(b.design, [inputs.reshape(4, *b.design.inputs[0].tensor.shape)], tmp_path)
