"""Scales, offsets and batch norms."""

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Affine, BatchNorm
from codesign.ir.layers.affine import square_root
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, Vector


def test_an_affine_reads_the_same_codes_anew() -> None:
    x = Tensor.of_codes((2,), -8, 7, Vector.of(Fraction(1, 4)), Vector.of(1))
    layer = Affine(Vector.of([2, -3]), Vector.of([0, 5]))
    y = layer.result(x)
    codes = np.array([[-8, -8], [7, 7], [0, 3]])
    assert layer.run([x], y, [codes]) is codes
    expected = codes / 4 + 1
    assert y.decode(codes).astype(float).tolist() == (expected * [2, -3] + [0, 5]).tolist()
    assert (y.low, y.high) == (-8, 7)


def test_a_power_of_two_scale_moves_the_binary_point() -> None:
    x = Tensor.of_fixed((3,), Fixed(8, 2))
    assert Affine(Vector.of(Fraction(1, 8))).result(x).fixed == Fixed(8, 5)
    assert Affine(Vector.of(Fraction(-1, 8))).result(x).scale == Vector.of(Fraction(-1, 32))


@pytest.mark.parametrize("layer", [Affine(Vector.of([1, 2])), Affine(offset=Vector.of([1, 2]))])
def test_numbers_that_do_not_fit_the_channels_are_refused(layer: Affine) -> None:
    with pytest.raises(LayerError, match="2 scales or offsets for 3 channels"):
        layer.result(Tensor((3,)))


def test_a_batch_norm_is_that_of_its_formula_where_roots_are_rational() -> None:
    rng = np.random.default_rng(0)
    gamma, beta, mean = (rng.integers(-16, 16, 3) / 8 for _ in range(3))
    root = np.array([0.5, 2.0, 4.0])
    layer = BatchNorm(*map(Vector.of, (gamma, beta, mean, root**2 - 0.125)), Fraction(1, 8))
    x = rng.integers(-64, 64, (20, 3)) / 16
    found = layer.real(np.array([[Fraction(v) for v in row] for row in x.tolist()], dtype=object))
    assert (found.astype(np.float64) == (x - mean) / root * gamma + beta).all()
    t = Tensor.of_codes((3,), -64, 63, Vector.of(Fraction(1, 16)))
    codes = np.array([[-64, 0, 63], [63, -64, 1]])
    assert layer.result(t).decode(codes).tolist() == layer.real(t.decode(codes)).tolist()


@given(st.fractions(Fraction(1, 10**9), 10**9))
def test_a_square_root_is_exact_or_right_to_256_bits(x: Fraction) -> None:
    root = square_root(x)
    assert root <= 0 or root * root <= x
    above = root * (1 + Fraction(1, 2**250))
    assert root * root == x or above * above > x
    square = isqrt(x.numerator) ** 2 == x.numerator and isqrt(x.denominator) ** 2 == x.denominator
    assert (root * root == x) == square


@pytest.mark.parametrize(("variance", "epsilon"), [(0, 0), (-1, Fraction(1, 2))])
def test_a_batch_norm_without_a_positive_variance_is_refused(variance: int, epsilon: Fraction) -> None:
    layer = BatchNorm(ONE, ONE, ONE, Vector.of(variance), Fraction(epsilon))
    with pytest.raises(LayerError, match=r"the variance plus epsilon is (0|-1/2), not positive"):
        layer.result(Tensor((1,)))
