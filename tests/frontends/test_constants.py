"""Constants stay exact through moves, products and quantizers."""

from fractions import Fraction
from math import ldexp
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.frontends.constants import Constant, checked_shape, grid, of_fractions, quantized, rounded
from codesign.ir.fixed import Fixed, Rounding


def array(values: Any) -> Any:
    return np.vectorize(Fraction, otypes=[object])(np.asarray(values))


CODES = Constant("w", np.arange(6).reshape(2, 3), array([[0.5], [0.25]]), Fixed(4))
THIRD = Constant("t", np.array([1.0, 2.0, 3.0], np.float32)).times(Constant("3", np.array(3.0)), invert=True)


def test_values_are_base_times_scale() -> None:
    assert CODES.fractions().tolist() == [[0, 0.5, 1], [0.75, 1, 1.25]]
    assert THIRD.fractions().tolist() == [Fraction(1, 3), Fraction(2, 3), 1]


def test_moves_carry_scales_and_types_along() -> None:
    turned = CODES.moved(lambda a: a.T)
    assert turned.fractions().tolist() == CODES.fractions().T.tolist()
    assert turned.scale is not None and turned.scale.shape == (1, 2)
    assert turned.bits == Fixed(4)
    flat = CODES.moved(lambda a: a.reshape(-1))
    assert flat.fractions().tolist() == CODES.fractions().ravel().tolist()


def test_products_and_sums_are_exact() -> None:
    product = CODES.times(THIRD)
    assert product.bits == Fixed(4)
    assert product.fractions().tolist() == (CODES.fractions() * THIRD.fractions()).tolist()
    assert THIRD.times(CODES).fractions().tolist() == product.fractions().tolist()
    total = CODES.plus(THIRD)
    assert total.fractions().tolist() == (CODES.fractions() + THIRD.fractions()).tolist()
    difference = CODES.plus(THIRD, negate=True)
    assert difference.fractions().tolist() == (CODES.fractions() - THIRD.fractions()).tolist()


def test_what_a_runtime_holds_is_the_nearest_float32() -> None:
    assert THIRD.runtime().dtype == np.float32
    assert THIRD.runtime()[0] == np.float32(1) / np.float32(3)


def test_exact_floats_or_none() -> None:
    assert CODES.floats().tolist() == [[0, 0.5, 1], [0.75, 1, 1.25]]
    with pytest.raises(LayerError, match="tensor t: its values are not exact in double precision; quantize it"):
        THIRD.floats()
    with pytest.raises(LayerError, match="tensor i holds integers of more than 53 bits"):
        Constant("i", np.array([(1 << 60) + 1])).floats()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: Constant("c", np.array([1.0, np.inf])).fractions(), "tensor c holds inf; train or export it again"),
        (lambda: Constant("c", np.array([1]), twin=np.array([2])).fractions(), "tensor c depends on the batch size"),
        (
            lambda: Constant("c", np.array([1.0, 2.0])).number(),
            r"tensor c of shape \(2,\) must hold one number, it holds 2",
        ),
        (lambda: Constant("c", np.array([1.5])).integers(), "tensor c must hold integers"),
        (lambda: CODES.times(Constant("c", np.ones(4))), r"constants of shapes \(2, 3\) and \(4,\) do not broadcast"),
        (lambda: CODES.times(Constant("c", np.zeros(3)), invert=True), "tensor c holds a zero"),
        (lambda: of_fractions("c", array([1e300, 1e-300])), "tensor c: its values have no common step within 63 bits"),
        (lambda: checked_shape((1 << 20, 1 << 20)), "is beyond 268435456 elements"),
    ],
)
def test_what_cannot_be_is_refused(action: Any, message: str) -> None:
    with pytest.raises(LayerError, match=message):
        action()


@given(
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=20),
    st.floats(min_value=2**-20, max_value=2**20, width=32),
    st.sampled_from([0, 3, -1, 0.5, 0.1]),
    st.sampled_from(list(Rounding)),
    st.integers(1, 20),
)
def test_rounding_is_that_of_the_rationals(
    values: list[float], step: float, zero: float, rounding: Rounding, bits: int
) -> None:
    # Some of the values exactly on the thresholds, and as near to them as floats can be.
    values += [
        v
        for k in (-1.5, 0.5, 1, 2.5)
        for t in [step * (k - zero)]
        for v in (t, np.nextafter(t, 9e9), np.nextafter(t, -9e9))
    ]
    low, high = -(1 << bits), (1 << bits) - 1
    found = rounded(Constant("x", np.array(values)), array(step), array(zero), rounding, low, high)
    exact = [Fraction(float(v)) / Fraction(step) + Fraction(zero) for v in values]
    assert found.tolist() == [min(max(rounding.apply(e), low), high) for e in exact]


@given(st.integers(-(2**53), 2**53), st.integers(-60, 60))
def test_rounding_of_large_and_small_quotients(n: int, exponent: int) -> None:
    value, step = ldexp(n, exponent), Fraction(3, 7)
    found = rounded(Constant("x", np.array(value)), array(step), array(0), Rounding.ROUND, -(1 << 62), 1 << 62)
    assert int(found) == min(max(round(Fraction(value) / step), -(1 << 62)), 1 << 62)


def test_a_quantized_constant_reads_back_its_value() -> None:
    x = Constant("x", np.array([[0.3, -0.9], [2.0, -7.0]]))
    q = quantized("q", x, -4, 3, array([[0.5], [0.25]]), array(0.5), Rounding.ROUND, Fixed(3))
    codes = np.array([[1, -1], [3, -4]])
    assert q.fractions().tolist() == ((array(codes) - Fraction(1, 2)) * array([[0.5], [0.25]])).tolist()
    assert q.bits is not None and q.bits.low <= q.base.min() and q.base.max() <= q.bits.high


def test_zero_points_beyond_all_bounds_are_refused() -> None:
    with pytest.raises(LayerError, match="the zero point of x has too many digits"):
        quantized("q", Constant("x", np.ones(2)), -4, 3, array(1.0), array(1e-30), Rounding.ROUND, Fixed(3))


@given(st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1), st.integers(-40, 40))
def test_the_grid_of_integers_times_a_power_of_two(codes: list[int], exponent: int) -> None:
    found = grid(np.array([ldexp(c, exponent) for c in codes]), 16)
    assert found is not None
    digits, k, bits = found
    assert [ldexp(int(d), k) for d in digits] == [ldexp(c, exponent) for c in codes]
    assert bits.low <= digits.min() and digits.max() <= bits.high
    assert not digits.any() or (digits % 2).any()


@pytest.mark.parametrize("weights", [[0.1, 1000.0], [1.0, 2.0**-16], [0.3], [2.0**15, -1.0]])
def test_floats_off_any_small_grid(weights: list[float]) -> None:
    assert grid(np.array(weights), 16) is None
