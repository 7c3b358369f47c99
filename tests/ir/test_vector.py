"""Exact rational numbers per channel."""

from fractions import Fraction
from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import IRError
from codesign.ir.vector import Vector, as_fraction, common_step

RATIONALS = st.fractions(-100, 100, max_denominator=60)


def test_floats_are_taken_exactly() -> None:
    assert Vector.of(0.1).values == (Fraction(3602879701896397, 36028797018963968),)
    assert Vector.of(np.float32(0.1)).values == (Fraction(13421773, 134217728),)
    assert Vector.of(np.array([[0.5], [0.25]])).values == (Fraction(1, 2), Fraction(1, 4))
    assert Vector.of([np.int64(3), True, Fraction(1, 3)]).values == (3, 1, Fraction(1, 3))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("-inf"), [1.0, float("nan")]])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(IRError, match="is not a number"):
        Vector.of(value)


def test_an_object_that_holds_no_numbers_is_refused() -> None:
    with pytest.raises(IRError, match="is not a number or a list of numbers"):
        Vector.of(None)


def test_equal_values_collapse_to_one() -> None:
    assert Vector.of([2, 2.0, Fraction(4, 2)]) == Vector.of(2)
    assert Vector.of([2, 2]).uniform and not Vector.of([2, 3]).uniform
    assert (Vector.of([1, 2]) + Vector.of([2, 1])).values == (3,)


@given(st.lists(RATIONALS, min_size=1, max_size=4), st.lists(RATIONALS, min_size=1, max_size=4))
def test_arithmetic_is_that_of_each_channel(a: list[Fraction], b: list[Fraction]) -> None:
    n = max(len(a), len(b))
    if len(a) not in (1, n) or len(b) not in (1, n):
        a, b = a[:1], b
        n = len(b)
    x, y = Vector(tuple(a)), Vector(tuple(b))
    wide = list(zip(a * n if len(a) == 1 else a, b * n if len(b) == 1 else b))
    assert [(x + y)[c] for c in range(n)] == [p + q for p, q in wide]
    assert [(x - y)[c] for c in range(n)] == [p - q for p, q in wide]
    assert [(x * y)[c] for c in range(n)] == [p * q for p, q in wide]
    assert [(-x)[c] for c in range(n)] == [-p for p, _ in wide]
    if 0 not in b:
        assert [(x / y)[c] for c in range(n)] == [p / q for p, q in wide]


def test_channels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(IRError, match="2 and 3 channels do not broadcast"):
        Vector.of([1, 2]) + Vector.of([1, 2, 3])
    with pytest.raises(IRError, match="2 values for 3 channels"):
        Vector.of([1, 2]).expand(3)


def test_a_vector_expands_to_its_channels_and_broadcasts_as_an_array() -> None:
    assert Vector.of(2).expand(3) == (2, 2, 2)
    assert Vector.of([1, 2]).expand(2) == (1, 2)
    assert (np.array([[1, 1], [2, 2]]) * Vector.of([3, 5]).array()).tolist() == [[3, 5], [6, 10]]


@given(st.lists(RATIONALS, min_size=1, max_size=6))
def test_the_common_step_is_the_largest_that_divides_every_value(values: list[Fraction]) -> None:
    step = common_step(values)
    if not any(values):
        assert step == 0
        return
    multiples = [v / step for v in values]
    assert step > 0 and all(m.denominator == 1 for m in multiples)
    assert gcd(*(m.numerator for m in multiples)) == 1


def test_as_fraction_keeps_fractions_and_integers() -> None:
    assert as_fraction(Fraction(1, 3)) == Fraction(1, 3)
    assert as_fraction(np.int64(-(2**62))) == -(2**62)
