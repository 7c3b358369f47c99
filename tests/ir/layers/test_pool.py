"""Pools beside a plain loop over windows."""

from fractions import Fraction

import numpy as np
import pytest

from codesign.errors import LayerError
from codesign.ir.layers import MaxPool, SumPool
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

X = Tensor.of_codes((5, 7, 2), -6, 4, Vector.of([Fraction(1, 3), 2]), Vector.of([Fraction(0), Fraction(1, 7)]))
CODES = np.random.default_rng(1).integers(-6, 5, (4, 5, 7, 2))


@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (1, 0, 2, 1), (0, 1, 0, 2)])
def test_the_largest_value_of_each_window_and_never_the_padding(padding: tuple[int, int, int, int]) -> None:
    layer = MaxPool((2, 3), (2, 1), padding)
    y = layer.result(X)
    found = layer.evaluate(CODES)
    assert found.shape[1:] == y.shape and (y.step, y.offset) == (X.step, X.offset)
    top, _, left, _ = padding
    for i, j in np.ndindex(*y.shape[:2]):
        rows, columns = slice(max(2 * i - top, 0), 2 * i - top + 2), slice(max(j - left, 0), j - left + 3)
        assert (found[:, i, j] == CODES[:, rows, columns].max(axis=(1, 2))).all()
    assert y.decode(found).tolist() == layer.real(X.decode(CODES)).tolist()


def test_the_sum_of_each_window() -> None:
    layer = SumPool((3, 2), (1, 3))
    y = layer.result(X)
    found = layer.evaluate(CODES)
    for i, j in np.ndindex(*y.shape[:2]):
        assert (found[:, i, j] == CODES[:, i : i + 3, 3 * j : 3 * j + 2].sum(axis=(1, 2))).all()
    assert y.decode(found).tolist() == layer.real(X.decode(CODES)).tolist()
    assert (y.shape, y.low, y.high) == ((3, 2, 2), -36, 24)


def test_a_channel_read_with_a_negative_step_has_no_codes_but_the_right_values() -> None:
    x = Tensor.of_codes((2, 2, 1), 0, 3, Vector.of(-1))
    layer = MaxPool((2, 2), (2, 2))
    assert layer.result(x).real
    assert layer.run([x], layer.result(x), [np.array([[[[0], [1]], [[2], [3]]]])]).ravel().tolist() == [0]


def test_windows_that_do_not_fit_or_see_only_padding_are_refused() -> None:
    with pytest.raises(LayerError, match="a window of 6 x 2 does not fit the image of 5 x 7"):
        MaxPool((6, 2), (1, 1)).result(X)
    with pytest.raises(LayerError, match="a window of 2 x 8 does not fit the image of 5 x 7"):
        SumPool((2, 8), (1, 1)).result(X)
    with pytest.raises(LayerError, match=r"would lie wholly in the rows of padding \(2, 0, 0, 0\)"):
        MaxPool((2, 2), (1, 1), (2, 0, 0, 0)).result(X)
    with pytest.raises(LayerError, match=r"would lie wholly in the columns of padding \(0, 0, 0, 2\)"):
        MaxPool((2, 2), (1, 1), (0, 0, 0, 2)).result(X)


def test_a_sum_beyond_63_bits_is_refused() -> None:
    with pytest.raises(LayerError, match="the sum of 4 codes needs 64 bits, at most 63 are supported"):
        SumPool((2, 2), (1, 1)).result(Tensor.of_codes((2, 2, 1), 0, 2**61))
