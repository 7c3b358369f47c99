"""Codes and their values."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Relu
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, Vector
from tests.strategies import numbers, steps


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    """With codes of any range, a step and an offset for all channels or for each."""
    channels = draw(st.integers(1, 4))
    shape = (*draw(st.lists(st.integers(1, 3), max_size=2)), channels)
    low, high = sorted((draw(st.integers(-40, 40)), draw(st.integers(-40, 40))))
    step = Vector.of(draw(st.lists(steps(), min_size=channels, max_size=channels)))
    offset = Vector.of(draw(st.lists(numbers(), min_size=channels, max_size=channels)))
    step, offset = draw(st.sampled_from([(step, offset), (step, offset[0]), (step[0], offset), (-step[0], 0)]))
    return Tensor.of_codes(shape, low, high, Vector.of(step), Vector.of(offset))


@given(tensors(), st.integers(0, 2**32 - 1))
def test_codes_read_as_values_encode_to_the_same_codes(t: Tensor, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(t.low, t.high, size=(5, *t.shape), endpoint=True)
    codes[0], codes[1] = t.low, t.high
    values = t.decode(codes)
    assert values.shape == codes.shape and values.dtype == object
    np.testing.assert_array_equal(t.encode(values), codes)


@given(tensors())
def test_a_value_is_code_times_step_plus_offset(t: Tensor) -> None:
    values = t.decode(np.full((1, *t.shape), t.high)).reshape(-1, t.channels)
    for row in values:
        assert list(row) == [t.high * t.step[c] + t.offset[c] for c in range(t.channels)]
        assert all(isinstance(v, Fraction) for v in row)


@given(tensors())
def test_the_float_values_differ_by_roundings_of_float64_alone(t: Tensor) -> None:
    codes = np.arange(t.low, t.high + 1)[:, None] * np.ones(t.channels, dtype=np.int64)
    exact = t.with_shape((t.channels,)).decode(codes)
    found = t.decode_float(codes)
    largest = max(map(abs, t.offset.values))
    for x, f in zip(exact.ravel(), found.ravel()):
        assert abs(Fraction(float(f)) - x) <= (abs(x) + largest) * Fraction(1, 2**51)


def test_a_value_between_codes_or_beyond_them_is_an_error() -> None:
    t = Tensor.of_codes((1,), -2, 3, Vector.of(Fraction(1, 2)))
    with pytest.raises(IRError, match=r"tensor: 1/2 is not a code in -2..3 of fixed<3,2>"):
        t.encode(np.array([[Fraction(1, 4)]], dtype=object))
    with pytest.raises(IRError, match=r"tensor: 4 is not a code in -2..3"):
        t.encode(np.array([[Fraction(2)]], dtype=object))


def test_a_power_of_two_step_becomes_the_binary_point_and_any_other_a_scale() -> None:
    assert Tensor.of_codes((2,), 0, 5, Vector.of(Fraction(1, 8))).fixed == Fixed(3, 3, False)
    assert Tensor.of_codes((2,), 0, 5, Vector.of(8)).fixed == Fixed(3, -3, False)
    for step in (Fraction(3, 8), Fraction(-1, 2), Fraction(0), [Fraction(1, 2), Fraction(1, 4)]):
        t = Tensor.of_codes((2,), 0, 5, Vector.of(step))
        assert t.fixed == Fixed(3, 0, False)
        assert t.scale == t.step == Vector.of(step)


def test_a_tensor_describes_itself() -> None:
    assert str(Tensor((16,))) == "16 real"
    assert str(Tensor.of_fixed((2, 3), Fixed(8, 6))) == "2x3 fixed<8,2>"
    assert str(Tensor.of_codes((), 0, 4, Vector.of(0.1))) == "scalar uint<3> scale 0.1 in 0..4"
    assert str(Tensor.of_codes((2,), 0, 7, ONE, Vector.of([1, 2]))) == "2 uint<3> offset [1, ... 2]"


def test_a_real_tensor_has_no_type() -> None:
    assert Tensor((1,)).real
    with pytest.raises(IRError, match="a real tensor has no fixed-point type"):
        Tensor((1,)).step  # noqa: B018


def test_size_and_channels_follow_from_the_shape() -> None:
    assert (Tensor((2, 3, 5)).size, Tensor((2, 3, 5)).channels) == (30, 5)
    assert (Tensor(()).size, Tensor(()).channels) == (1, 1)


def test_codes_and_exact_values_are_not_taken_for_each_other() -> None:
    typed, real = Tensor.of_fixed((2,), Fixed(4, 1)), Tensor((2,))
    codes, values = np.array([[2, -8]]), np.array([[Fraction(1), Fraction(-4)]])
    assert typed.exact(codes).tolist() == real.exact(values).tolist() == values.tolist()
    with pytest.raises(IRError, match="exact values where codes are expected"):
        typed.exact(values)
    with pytest.raises(IRError, match="int64 where exact values are expected"):
        real.exact(codes)
    with pytest.raises(IRError, match="exact values where codes are expected"):
        Relu().run([typed], Tensor.of_codes((2,), 0, 7), [values])
