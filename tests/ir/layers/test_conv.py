"""Convolutions: exact beside a plain loop over windows, bounded, and padded by the value zero."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Conv, FloatConv
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import Vector


def loops(layer: Conv, x: np.ndarray, zero: int = 0) -> np.ndarray:
    """The definition, one product at a time."""
    top, bottom, left, right = layer.padding
    x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=zero)
    rows, columns, inputs, outputs = layer.weights.shape
    tall, wide = layer.dilation[0] * (rows - 1) + 1, layer.dilation[1] * (columns - 1) + 1
    height, width = (x.shape[1] - tall) // layer.stride[0] + 1, (x.shape[2] - wide) // layer.stride[1] + 1
    y = np.zeros((len(x), height, width, outputs), dtype=x.dtype)
    for n, i, j, o, r, c, k in np.ndindex(len(x), height, width, outputs, rows, columns, inputs):
        row, column = i * layer.stride[0] + r * layer.dilation[0], j * layer.stride[1] + c * layer.dilation[1]
        channel = o // (outputs // layer.groups) * inputs + k
        y[n, i, j, o] += x[n, row, column, channel] * int(layer.weights[r, c, k, o])
    return y


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv, Tensor, Array]:
    """A convolution, its input's type and codes at both extremes and between."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups, inputs, each = draw(st.sampled_from([(1, 3, 2), (2, 2, 3), (3, 1, 2), (4, 1, 1), (1, 1, 5)]))
    size, stride, dilation = (tuple(rng.integers(1, 4, 2).tolist()) for _ in range(3))
    padding = tuple(rng.integers(0, 3, 4).tolist())
    shape = tuple(int(d * (k - 1) + 1 + rng.integers(0, 4)) for d, k in zip(dilation, size))
    layer = Conv(
        rng.integers(-8, 8, (*size, inputs, each * groups)), Fixed(4), stride, dilation, padding, groups,
        Vector.of(rng.integers(1, 9, each * groups) / 8),
    )  # fmt: skip
    step = Fraction(1, 3)
    x = Tensor.of_codes((*shape, inputs * groups), -5, 9, Vector.of(step), Vector.of(draw(st.integers(-9, 5)) * step))
    codes = rng.integers(-5, 10, (3, *x.shape))
    codes[0], codes[1] = -5, 9
    return layer, x, codes


@given(convolutions())
def test_codes_and_values_are_those_of_the_definition(case: tuple[Conv, Tensor, Array]) -> None:
    layer, x, codes = case
    y = layer.result(x)
    found = layer.run([x], y, [codes])
    assert found.tolist() == loops(layer, codes, int(-x.offset[0] / x.step[0])).tolist()
    assert y.low <= found.min() and found.max() <= y.high
    assert y.decode(found).tolist() == layer.real(x.decode(codes)).tolist()
    floats = FloatConv(layer.weights.astype(float), layer.stride, layer.dilation, layer.padding, layer.groups)
    assert (floats.real(x.decode(codes)) * layer.step.array()).tolist() == y.decode(found).tolist()


def test_the_accumulator_covers_each_group_with_its_own_inputs() -> None:
    layer = Conv(np.array([2, -3]).reshape(1, 1, 1, 2), Fixed(4), groups=2, bias=np.array([1, -1]))
    assert layer.accumulator([0, -5], [4, 7]) == (-3 * 7 - 1, -3 * -5)
    assert Conv(np.full((2, 2, 1, 1), 3), Fixed(4)).accumulator(-1, 2) == (-12, 24)


def test_padding_without_a_code_of_zero_gives_no_codes_but_the_right_values() -> None:
    layer = Conv(np.ones((3, 3, 1, 1), dtype=np.int64), Fixed(2), padding=(1, 1, 1, 1))
    assert layer.result(Tensor.of_codes((4, 5, 1), 1, 3)).low == 0
    for offset in (Fraction(1, 2), Fraction(-4)):
        x = Tensor.of_codes((4, 5, 1), 0, 3, offset=Vector.of(offset))
        assert layer.result(x).real
        with pytest.raises(LayerError, match="padding is by zeros, and 0 is not a code of 4x5x1"):
            layer.sees(x, 0, 3)
        codes = np.arange(20).reshape(1, 4, 5, 1) % 4
        assert layer.run([x], layer.result(x), [codes]).tolist() == layer.real(x.decode(codes)).tolist()


@pytest.mark.parametrize(
    ("weights", "shape", "groups", "message"),
    [
        ((3, 3, 2, 4), (2, 5, 2), 1, "a window of 3 x 3 does not fit the image of 2 x 5"),
        ((3, 3, 2, 4), (5, 5, 3), 1, "weights for 1 groups of 2 channels, the image has 3 channels"),
        ((3, 3, 2, 5), (5, 5, 4), 2, "5 output channels cannot be split into 2 groups"),
        ((3, 3, 2, 4), (5, 2), 1, r"expects an image of shape \(height, width, channels\), not \(5, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused(
    weights: tuple[int, ...], shape: tuple[int, ...], groups: int, message: str
) -> None:
    with pytest.raises(LayerError, match=message):
        Conv(np.ones(weights, dtype=np.int64), Fixed(2), groups=groups).result(Tensor.of_codes(shape, 0, 3))


@pytest.mark.parametrize("bits", [20, 27, 31])
def test_products_beyond_2_to_53_are_exact(bits: int) -> None:
    high = 2**bits - 1
    x = np.full((1, 2, 3, 1), high)
    layer = Conv(np.full((1, 2, 1, 1), high), Fixed(bits + 1), bounds=(0, 2 * high * high))
    assert layer.evaluate(x).ravel().tolist() == [2 * high * high] * 4
