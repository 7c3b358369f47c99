"""Fixed-point types and roundings against qonnx, numpy and their own definitions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qonnx.custom_op.general.quant import resolve_rounding_mode

from codesign.errors import IRError
from codesign.ir.fixed import MAX_WIDTH, Fixed, Rounding, power_of_two

EIGHTHS = [Fraction(n, 8) for n in range(-41, 42)]


@pytest.mark.parametrize("mode", [m for m in Rounding if m is not Rounding.HALF_CEIL])
def test_each_rounding_is_the_one_of_qonnx(mode: Rounding) -> None:
    expected = resolve_rounding_mode(mode.value)(np.array([float(x) for x in EIGHTHS]))
    assert [mode.apply(x) for x in EIGHTHS] == expected.tolist()


def test_half_ceil_breaks_ties_upward() -> None:
    assert [Rounding.HALF_CEIL.apply(Fraction(n, 2)) for n in range(-3, 4)] == [-1, -1, 0, 0, 1, 1, 2]
    assert [Rounding.HALF_CEIL.apply(x) for x in EIGHTHS] == [int(np.floor(float(x) + 0.5)) for x in EIGHTHS]


@pytest.mark.parametrize("mode", list(Rounding))
def test_a_rounding_reaches_a_code_exactly_at_its_threshold(mode: Rounding) -> None:
    for code in range(-6, 7):
        at, closed = mode.reaches(code)
        for x in {*EIGHTHS, at, at + Fraction(1, 10**30), at - Fraction(1, 10**30)}:
            assert (mode.apply(x) >= code) == (x >= at if closed else x > at), (mode, code, x)


@given(st.builds(Fixed, st.integers(1, MAX_WIDTH), st.integers(-80, 80), st.booleans()))
def test_a_type_reads_back_from_its_text(fixed: Fixed) -> None:
    assert Fixed.parse(str(fixed)) == fixed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fixed<16,6>", Fixed(16, 10, True)),
        ("ap_ufixed< 8 , 0 >", Fixed(8, 8, False)),
        ("fixed<4,-2>", Fixed(4, 6, True)),
        ("ufixed<4,9>", Fixed(4, -5, False)),
        (" int<8>", Fixed(8, 0, True)),
        ("ap_uint<1>", Fixed(1, 0, False)),
        ("fixed<8,8>", Fixed(8, 0, True)),
    ],
)
def test_types_are_read_as_hls_users_write_them(text: str, expected: Fixed) -> None:
    assert Fixed.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "float", "fixed<16>", "int<8,3>", "fixed<0,0>", "int<64>", "fixed<16,6>;", "fixed<16,2000>", "fixed<-3,1>"],
)  # fmt: skip
def test_anything_else_is_not_a_type(text: str) -> None:
    with pytest.raises(ValueError, match=r"write e\.g\. fixed|the width must be"):
        Fixed.parse(text)


def test_the_covering_type_is_the_narrowest_that_holds_both_ends() -> None:
    for low in range(-18, 18):
        for high in range(low, 18):
            found = Fixed.covering(low, high, 3)
            assert found.low <= low and high <= found.high and found.frac == 3
            assert found.signed == (low < 0)
            if found.width > 1:
                narrower = Fixed(found.width - 1, 3, found.signed)
                assert low < narrower.low or high > narrower.high


def test_the_covering_type_is_right_at_the_widest_codes() -> None:
    assert Fixed.covering(-(2**62), 2**62 - 1) == Fixed(63)
    assert Fixed.covering(-(2**62) - 1, 0) == Fixed(64)
    assert Fixed.covering(0, 2**63 - 1) == Fixed(63, 0, False)


def test_an_empty_range_and_a_type_without_bits_are_refused() -> None:
    with pytest.raises(IRError, match=r"an empty range 3\.\.2"):
        Fixed.covering(3, 2)
    with pytest.raises(IRError, match="a width of 0 bits holds nothing"):
        Fixed(0)


def test_the_ends_and_the_step_of_a_type() -> None:
    assert (Fixed(4, 2).low, Fixed(4, 2).high, Fixed(4, 2).step) == (-8, 7, Fraction(1, 4))
    assert (Fixed(4, -2, False).low, Fixed(4, -2, False).high, Fixed(4, -2, False).step) == (0, 15, 4)
    assert (Fixed(1).low, Fixed(1).high) == (-1, 0)
    assert [power_of_two(k) for k in (-2, 0, 3)] == [Fraction(1, 4), 1, 8]
