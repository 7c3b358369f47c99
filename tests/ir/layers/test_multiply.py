"""Products of two streams."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Multiply
from codesign.ir.layers.multiply import factor
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

NUMBERS = st.sampled_from([Fraction(1), Fraction(-1, 2), Fraction(3, 4), Fraction(0), Fraction(5), Fraction(1, 10)])
STEPS = NUMBERS.filter(bool)


def tensors(steps: st.SearchStrategy[Vector], offsets: st.SearchStrategy[Fraction]) -> st.SearchStrategy[Tensor]:
    def tensor(low: int, more: int, step: Vector, offset: Fraction) -> Tensor:
        return Tensor.of_codes((2,), low, low + more, step, Vector.of(offset))

    return st.builds(tensor, st.integers(-8, 8), st.integers(0, 9), steps, offsets)


ONE_STEP = tensors(STEPS.map(Vector.of), NUMBERS)
PER_CHANNEL = tensors(st.lists(NUMBERS, min_size=2, max_size=2).map(Vector.of), st.just(Fraction(0)))


@given(st.one_of(ONE_STEP, PER_CHANNEL), st.one_of(ONE_STEP, PER_CHANNEL))
def test_a_product_of_codes_is_the_product_of_their_values_at_every_extreme(x: Tensor, y: Tensor) -> None:
    layer = Multiply()
    z = layer.result(x, y)
    a = np.array([[x.low, x.high], [x.low, x.high]] * 2)
    b = np.array([[y.low, y.low], [y.high, y.high], [y.low, y.high], [y.high, y.low]])
    codes = layer.run([x, y], z, [a, b])
    assert z.decode(codes).tolist() == (x.decode(a) * y.decode(b)).tolist()
    corners = layer.run(
        [x, y], z, [np.array([[x.low] * 2, [x.high] * 2] * 2), np.array([[y.low] * 2] * 2 + [[y.high] * 2] * 2)]
    )
    assert (corners.min(), corners.max()) == (z.low, z.high)


def test_an_offset_is_a_whole_number_of_parts_of_the_step() -> None:
    def of(step: object, offset: object) -> Tensor:
        return Tensor.of_codes((2,), 0, 3, Vector.of(step), Vector.of(offset))

    assert factor(of(Fraction(1, 64), 1)) == (1, 64)
    assert factor(of(Fraction(3, 4), Fraction(1, 2))) == (3, 2)
    assert factor(of(Fraction(3, 4), 0)) == (1, 0)
    assert factor(of(-1, Fraction(1, 2))) == (2, -1)
    assert factor(of([1, 2], [3, 6])) == (1, 3)
    assert factor(of([1, 2], 1)) is None and factor(of(1, [1, 2])) is None and factor(of(0, 1)) is None


def test_offsets_that_differ_and_real_sides_give_exact_values_without_codes() -> None:
    x = Tensor.of_codes((2,), 0, 3, offset=Vector.of([Fraction(1), Fraction(2)]))
    y = Tensor.of_codes((2,), 0, 3)
    assert Multiply().result(x, y).real and Multiply().result(y, Tensor((2,))).real
    found = Multiply().run([x, y], Tensor((2,)), [np.array([[1, 3]]), np.array([[2, 2]])])
    assert found.tolist() == [[4, 10]]


def test_products_that_do_not_fit_are_refused() -> None:
    with pytest.raises(LayerError, match=r"shapes \(2,\) and \(3,\) cannot be multiplied"):
        Multiply().result(Tensor((2,)), Tensor((3,)))
    wide = Tensor.of_fixed((1,), Fixed(40))
    with pytest.raises(LayerError, match=r"int<40> with offset 0 and step 1 and .* needs 80 bits, at most 63"):
        Multiply().result(wide, wide)
    with pytest.raises(LayerError, match="use fewer bits"):
        Multiply().result(Tensor.of_codes((1,), 0, 7, Vector.of(2**-60), Vector.of(15)), wide)
