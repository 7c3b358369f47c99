"""Each kind of integer step function against its definition in exact arithmetic."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.layers import MultiplyShift, Requantize, Shift, Table, Thresholds
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

CODES = np.arange(-70, 71)


@given(st.integers(-9, 9), st.integers(-3, 6), st.booleans(), st.integers(-20, 0), st.integers(0, 20))
def test_a_shift_divides_by_a_power_of_two_and_rounds(bias: int, shift: int, even: bool, low: int, high: int) -> None:
    found = Shift(bias, shift, even, low, high)(CODES)
    for x, y in zip(CODES.tolist(), found.tolist()):
        exact = (x + bias) / Fraction(2) ** shift
        assert y == min(max(round(exact) if even else floor(exact), low), high)


def test_a_shift_is_exact_at_the_widest_codes() -> None:
    x = np.array([2**62 - 1, -(2**62), 2**61, 3 * 2**60])
    exact = [Fraction(v, 2**61) for v in x.tolist()]
    assert Shift(0, 61, True, -9, 9)(x).tolist() == [round(v) for v in exact] == [2, -2, 1, 2]
    assert Shift(0, 61, False, -9, 9)(x).tolist() == [floor(v) for v in exact] == [1, -2, 1, 1]


@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=2),
    st.lists(st.integers(-900, 900), min_size=2, max_size=2),
    st.integers(0, 9),
)
def test_a_multiply_shift_is_the_floor_of_a_line_per_channel(m: list[int], a: list[int], shift: int) -> None:
    x = np.stack([CODES, CODES], axis=-1)
    found = MultiplyShift(np.array(m), np.array(a), shift, -15, 12)(x)
    for c in range(2):
        expected = [min(max(floor(Fraction(v * m[c] + a[c], 2**shift)), -15), 12) for v in CODES.tolist()]
        assert found[:, c].tolist() == expected


@given(
    st.lists(st.integers(-80, 80), min_size=6, max_size=6),
    st.lists(st.integers(-5, 5), min_size=2, max_size=2),
    st.lists(st.sampled_from([1, -1]), min_size=2, max_size=2),
)
def test_thresholds_count_those_that_are_reached(levels: list[int], base: list[int], direction: list[int]) -> None:
    rows = np.sort(np.array(levels).reshape(2, 3), axis=1)
    function = Thresholds(np.array(base), np.array(direction), rows)
    x = np.stack([CODES, CODES], axis=-1)
    for c in range(2):
        expected = [base[c] + direction[c] * sum(v >= t for t in rows[c]) for v in CODES.tolist()]
        assert function(x)[:, c].tolist() == expected
    shared = Thresholds(np.array(base[:1]), np.array(direction[:1]), rows[:1])
    assert shared(x)[:, 0].tolist() == shared(x)[:, 1].tolist() == function(x)[:, 0].tolist()


def test_a_table_gives_the_entry_of_each_code_and_channel() -> None:
    x = np.array([[-2, 1], [0, -2], [1, 0]])
    assert Table(-2, np.array([[5, 6, 7, 8]]))(x).tolist() == [[5, 8], [7, 5], [8, 7]]
    assert Table(-2, np.array([[5, 6, 7, 8], [1, 2, 3, 4]]))(x).tolist() == [[5, 4], [7, 1], [8, 3]]


def test_positions_before_the_channel_are_kept() -> None:
    x = np.arange(24).reshape(2, 3, 4)
    functions = [
        Shift(1, 1, True, 0, 9),
        MultiplyShift(np.arange(4), np.arange(4), 2, 0, 9),
        Thresholds(np.zeros(4, dtype=np.int64), np.ones(4, dtype=np.int64), np.arange(8).reshape(4, 2)),
        Table(0, np.arange(96).reshape(4, 24)),
    ]
    for function in functions:
        found = function(x)
        flat = function(x.reshape(-1, 4))
        assert found.shape == x.shape and (found.reshape(-1, 4) == flat).all() and found.dtype == np.int64


def test_the_result_is_read_with_the_step_and_offset_given() -> None:
    layer = Requantize(Shift(0, 2, True, -4, 3), (-16, 15), -4, 3, Vector.of(Fraction(1, 2)), Vector.of(1))
    y = layer.result(Tensor.of_codes((2,), -16, 15))
    assert (y.low, y.high, y.step, y.offset) == (-4, 3, Vector.of(Fraction(1, 2)), Vector.of(1))
    assert layer.evaluate(np.array([[-16, 15]])).tolist() == [[-4, 3]]


def test_inputs_for_which_nothing_is_proved_are_refused() -> None:
    layer = Requantize(MultiplyShift(np.ones(3, dtype=np.int64), np.zeros(3, dtype=np.int64), 0, 0, 3), (0, 7), 0, 3)
    with pytest.raises(LayerError, match="the input has no codes"):
        layer.result(Tensor((3,)))
    with pytest.raises(LayerError, match=r"codes 0\.\.8 exceed the proved domain \(0, 7\)"):
        layer.result(Tensor.of_codes((3,), 0, 8))
    with pytest.raises(LayerError, match=r"codes -1\.\.7 exceed"):
        layer.result(Tensor.of_codes((3,), -1, 7))
    with pytest.raises(LayerError, match="3 functions for 4 channels"):
        layer.result(Tensor.of_codes((4,), 0, 7))
