"""Sums of two streams."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Add
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

SCALES = st.sampled_from([Fraction(1), Fraction(-1, 2), Fraction(3, 4), Fraction(0), Fraction(5)])
TENSORS = st.builds(
    lambda low, more, step, offset: Tensor.of_codes((2,), low, low + more, Vector.of(step), Vector.of(offset)),
    st.integers(-8, 8), st.integers(0, 9), SCALES, SCALES,
)  # fmt: skip


@given(TENSORS, TENSORS, st.booleans())
def test_a_sum_of_codes_is_the_sum_of_their_values_at_every_extreme(x: Tensor, y: Tensor, negate: bool) -> None:
    layer = Add(negate)
    z = layer.result(x, y)
    a = np.array([[x.low, x.high], [x.low, x.high]])
    b = np.array([[y.low, y.low], [y.high, y.high]])
    found = z.decode(layer.run([x, y], z, [a, b]))
    expected = x.decode(a) - y.decode(b) if negate else x.decode(a) + y.decode(b)
    assert found.tolist() == expected.tolist()
    codes = layer.run([x, y], z, [a, b])
    assert (codes.min(), codes.max()) == (z.low, z.high)


def test_a_scale_per_channel_or_a_real_side_gives_exact_values_without_codes() -> None:
    x, y = Tensor.of_codes((2,), 0, 3, Vector.of([1, 2])), Tensor.of_codes((2,), 0, 3)
    assert Add().result(x, y).real and Add().result(y, Tensor((2,))).real
    found = Add().run([x, y], Tensor((2,)), [np.array([[1, 3]]), np.array([[2, 2]])])
    assert found.tolist() == [[3, 8]]


def test_an_offset_per_channel_is_added() -> None:
    x = Tensor.of_codes((2,), 0, 3, offset=Vector.of([1, 2]))
    y = Tensor.of_codes((2,), 0, 3, offset=Vector.of(Fraction(1, 2)))
    assert Add().result(x, y).offset == Vector.of([Fraction(3, 2), Fraction(5, 2)])
    assert Add(negate=True).result(x, y).offset == Vector.of([Fraction(1, 2), Fraction(3, 2)])


def test_sums_that_do_not_fit_are_refused() -> None:
    with pytest.raises(LayerError, match=r"shapes \(2,\) and \(3,\) cannot be added"):
        Add().result(Tensor((2,)), Tensor((3,)))
    wide = Tensor.of_fixed((1,), Fixed(40))
    with pytest.raises(LayerError, match=r"needs more than 63 bits; give both one scale"):
        Add().result(wide, Tensor.of_fixed((1,), Fixed(40, 30)))
