"""Two products in one slice: which types fit, and that both come out, for every code."""

import itertools

import numpy as np
import pytest

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Depthwise, MatVec, MemoryStyle, Multiplier
from codesign.ir.kernels.multiplier import DSP_A, DSP_B, one_slice, packed_shift

SMALL = [Fixed(width, 0, signed) for width in range(1, 6) for signed in (True, False)]


def codes(fixed: Fixed) -> np.ndarray:
    return np.arange(fixed.low, fixed.high + 1)


def unpacked(x: np.ndarray, first: np.ndarray, second: np.ndarray, shift: int) -> tuple[np.ndarray, np.ndarray]:
    """Both products as the slice and the adder behind it give them, from one multiplication."""
    a, b = (second << shift) + first, x
    assert a.min() >= -(1 << (DSP_A - 1)) and a.max() < 1 << (DSP_A - 1)
    assert b.min() >= -(1 << (DSP_B - 1)) and b.max() < 1 << (DSP_B - 1)
    p = a * b
    low = ((p & ((1 << shift) - 1)) ^ (1 << (shift - 1))) - (1 << (shift - 1))
    return low, (p >> shift) + (p >> (shift - 1) & 1)


@pytest.mark.parametrize("x", SMALL, ids=str)
def test_both_products_are_exact_for_every_code_of_small_types(x: Fixed) -> None:
    for w in SMALL:
        shift = packed_shift(x, w)
        assert shift is not None
        v, first, second = np.meshgrid(codes(x), codes(w), codes(w), indexing="ij")
        low, high = unpacked(v, first, second, shift)
        np.testing.assert_array_equal(low, v * first)
        np.testing.assert_array_equal(high, v * second)


@pytest.mark.parametrize("x", [Fixed(8), Fixed(8, 0, False), Fixed(17, 0, False), Fixed(18)], ids=str)
def test_both_products_are_exact_for_the_extremes_of_wide_types(x: Fixed) -> None:
    w = next(Fixed(width) for width in range(9, 0, -1) if packed_shift(x, Fixed(width)) is not None)
    ends = np.array([w.low, w.low + 1, -1, 0, 1, w.high - 1, w.high])
    shift = packed_shift(x, w)
    assert shift is not None
    for all_first in (True, False):
        every = codes(w)
        first, second = (every, ends) if all_first else (ends, every)
        near = np.unique(np.concatenate([codes(x)[:300], codes(x)[-300:], [0]]))
        v, first, second = np.meshgrid(near, first, second, indexing="ij")
        low, high = unpacked(v, first, second, shift)
        np.testing.assert_array_equal(low, v * first)
        np.testing.assert_array_equal(high, v * second)


def test_no_narrower_shift_would_do() -> None:
    for x, w in itertools.product(SMALL, SMALL):
        shift = packed_shift(x, w)
        assert shift is not None
        v, first = np.meshgrid(codes(x), codes(w))
        products = v * first
        narrower = Fixed(shift - 1) if shift > 1 else None
        assert products.min() >= -(1 << (shift - 1)) and products.max() < 1 << (shift - 1)
        assert narrower is None or min(products.min(), -1) < narrower.low or products.max() > narrower.high


@pytest.mark.parametrize(
    ("x", "w", "shift"),
    [
        (Fixed(8), Fixed(8), 16),
        (Fixed(8, 0, False), Fixed(8), 16),
        (Fixed(8), Fixed(9), 17),
        (Fixed(8), Fixed(10), None),  # 10 + 18 + 1 bits
        (Fixed(12), Fixed(12), None),
        (Fixed(18), Fixed(4), 22),
        (Fixed(18, 0, False), Fixed(1), None),  # 19 bits with a sign
        (Fixed(2), Fixed(13), None),
    ],
)
def test_the_ports_of_a_slice_decide_what_is_packed(x: Fixed, w: Fixed, shift: int | None) -> None:
    assert packed_shift(x, w) == shift


def test_one_slice_takes_27_by_18_signed_bits() -> None:
    assert one_slice(Fixed(27), Fixed(18)) and one_slice(Fixed(18), Fixed(27))
    assert one_slice(Fixed(26, 0, False), Fixed(17, 0, False))
    assert not one_slice(Fixed(27, 0, False), Fixed(8))
    assert not one_slice(Fixed(19), Fixed(19))


def test_a_kernel_is_not_packed_where_the_types_do_not_allow_it() -> None:
    matrix, style = np.ones((2, 2), dtype=np.int64), MemoryStyle.REGISTERS
    with pytest.raises(IRError, match=r"products of int<12> and int<12> cannot share a DSP slice"):
        MatVec.fold("m", matrix, None, Fixed(12), Fixed(12), Fixed(25), 1, 1, 1, style, Multiplier.PACKED)
    with pytest.raises(IRError, match=r"no two products share an input, so they cannot be packed"):
        Depthwise.fold("m", matrix, None, Fixed(2), Fixed(2), Fixed(6), 1, 2, 1, style, Multiplier.PACKED)
