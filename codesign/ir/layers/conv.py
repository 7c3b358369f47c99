"""Convolutions with constant weights over images (H, W, C)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed
from codesign.ir.layers.base import Layer
from codesign.ir.layers.product import Product
from codesign.ir.layers.window import Padding, Pair, has_zero, padded, positions, taps, zero_codes
from codesign.ir.tensor import Array, Tensor, Values
from codesign.ir.vector import ONE, Vector


@dataclass(frozen=True, eq=False)
class Conv(Product):
    """Every window times weights (kh, kw, channels_in / groups, channels_out), plus the bias, in integers.

    The weights' values are weights * step, `step` per output channel; a bias (channels_out,) counts in codes of the
    result; `bounds` are narrower bounds of the accumulator, proved by range analysis. Output channel j reads the
    input channels of group j // (channels_out / groups). `padding` is top, bottom, left, right, by the value zero:
    where that has no code in the input's type, the result is real. With `wrap` sums are modulo 2^wrap, in two's
    complement.
    """

    weights: Array
    bits: Fixed
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    groups: int = 1
    step: Vector = ONE
    bias: Array | None = None
    bounds: tuple[int, int] | None = None
    wrap: int | None = None

    integer = True

    @property
    def size(self) -> Pair:
        """The window."""
        return self.weights.shape[0], self.weights.shape[1]

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        shape = conv_shape(x, self.weights.shape, self.stride, self.dilation, self.padding, self.groups)
        if x.real or not x.step.uniform or (any(self.padding) and not has_zero(x)):
            return Tensor(shape)
        return self.typed(shape, x)

    def sees(self, x: Tensor, low: object, high: object) -> tuple[object, object]:
        """The same with the padding's codes."""
        if not any(self.padding):
            return low, high
        zeros = zero_codes(x)
        return np.minimum(np.asarray(low, dtype=object), zeros), np.maximum(np.asarray(high, dtype=object), zeros)

    def per_input(self, values: np.ndarray) -> np.ndarray:
        inputs, outputs = self.weights.shape[2:]
        group = np.arange(outputs) // (outputs // self.groups)
        found: np.ndarray = values[group * inputs + np.arange(inputs)[:, None]]
        return found

    def _channels(self) -> int:
        return int(self.weights.shape[2]) * self.groups

    def run(self, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Array | Values]) -> Array | Values:
        if result.real or types[0].real or not any(self.padding):
            return super().run(types, result, inputs)
        return self.convolve(np.asarray(inputs[0], dtype=np.int64), zero_codes(types[0]))

    def evaluate(self, *inputs: Array) -> Array:
        """The codes where the code of zero is 0 (`run` knows the type and so every other padding)."""
        return self.convolve(inputs[0], 0)

    def convolve(self, x: Array, zero: Array | int) -> Array:
        """The codes of the result, padded with the codes `zero` (one, or one per channel)."""
        x = padded(x, self.padding, zero)
        sums = np.abs(self.weights).sum(axis=(0, 1, 2), dtype=np.float64)  # exact below 2^53, and it does not wrap
        largest = int(np.abs(x).max(initial=0)) * int(sums.max(initial=0))
        if largest < 1 << 53:  # float64 BLAS, every partial sum exact
            y = self._sum(x.astype(np.float64), self.weights.astype(np.float64)).astype(np.int64)
        elif largest < 1 << 63:
            y = self._sum(x, self.weights)
        else:
            y = self._sum(x.astype(object), self.weights.astype(object)).astype(np.int64)
        return self.added(y)

    def real(self, *inputs: Values) -> Values:
        if self.bias is not None or self.wrap is not None:
            raise LayerError("a bias in codes, or sums that wrap, need an input in codes")
        x = padded(inputs[0], self.padding, Fraction(0))
        y: Values = self._sum(x, self.weights.astype(object)) * self.step.array()
        return y

    def _sum(self, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return correlate(x, weights, self.stride, self.dilation, self.groups)


@dataclass(frozen=True, eq=False)
class FloatConv(Layer):
    """A convolution with float weights as the file has them: no hardware until they are typed."""

    weights: NDArray[np.float64]
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    groups: int = 1

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        return Tensor(conv_shape(x, self.weights.shape, self.stride, self.dilation, self.padding, self.groups))

    def real(self, *inputs: Values) -> Values:
        weights = np.array([Fraction(v) for v in self.weights.ravel().tolist()], dtype=object)
        x = padded(inputs[0], self.padding, Fraction(0))
        return correlate(x, weights.reshape(self.weights.shape), self.stride, self.dilation, self.groups)


def conv_shape(
    x: Tensor, weights: tuple[int, ...], stride: Pair, dilation: Pair, padding: Padding, groups: int
) -> tuple[int, ...]:
    """(H, W, channels_out) of a convolution; LayerError where weights, groups and image do not fit each other."""
    if len(weights) != 4 or not prod(weights):
        raise LayerError(f"weights of shape {weights}, expected (rows, columns, channels in / groups, channels out)")
    rows, columns = positions(x, (weights[0], weights[1]), stride, padding, dilation)
    if groups < 1 or x.shape[-1] != weights[2] * groups:
        raise LayerError(f"weights for {groups} groups of {weights[2]} channels, the image has {x.shape[-1]} channels")
    if weights[3] % groups:
        raise LayerError(f"{weights[3]} output channels cannot be split into {groups} groups")
    return rows, columns, weights[3]


def correlate(x: np.ndarray, weights: np.ndarray, stride: Pair, dilation: Pair, groups: int) -> np.ndarray:
    """(n, h, w, outputs): the windows of padded images (n, H, W, C) times the weights, for any kind of number."""
    rows, columns, inputs, outputs = weights.shape
    count = (
        (x.shape[1] - dilation[0] * (rows - 1) - 1) // stride[0] + 1,
        (x.shape[2] - dilation[1] * (columns - 1) - 1) // stride[1] + 1,
    )
    y = np.zeros((len(x), *count, outputs), dtype=x.dtype)
    for row, column, seen in taps(x, (rows, columns), stride, count, dilation):
        w = weights[row, column]
        if inputs == 1 and groups > 1:  # depthwise
            y += np.repeat(seen, outputs // groups, axis=-1) * w[0]
        else:
            each = outputs // groups
            for g in range(groups):
                y[..., g * each : (g + 1) * each] += (
                    seen[..., g * inputs : (g + 1) * inputs] @ w[:, g * each : (g + 1) * each]
                )
    return y
