"""Pools: the largest or the sum of each window, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.errors import LayerError
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.layers.base import Layer
from codesign.ir.layers.window import Padding, Pair, padded, positions, taps
from codesign.ir.tensor import Array, Tensor


@dataclass(frozen=True)
class MaxPool(Layer):
    """The largest value of each window of an image (H, W, C); padding (top, bottom, left, right) never wins.

    The result has codes unless a channel is read with a step that is not positive.
    """

    size: Pair
    stride: Pair
    padding: Padding = (0, 0, 0, 0)

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        count = positions(x, self.size, self.stride, self.padding)
        for k, (first, name) in enumerate(((0, "rows"), (2, "columns"))):
            last = (count[k] - 1) * self.stride[k] - self.padding[first]  # where the last window starts
            if self.padding[first] >= self.size[k] or last >= x.shape[k]:
                raise LayerError(f"a window of {self.size} would lie wholly in the {name} of padding {self.padding}")
        shape = (*count, x.channels)
        return x.with_shape(shape) if not x.real and min(x.step.values) > 0 else Tensor(shape)

    def evaluate(self, *inputs: Array) -> Array:
        return self.real(*inputs)

    def real(self, *inputs: np.ndarray) -> np.ndarray:
        x = padded(inputs[0], self.padding, inputs[0].min() if inputs[0].size else 0)
        y: np.ndarray | None = None
        for _, _, seen in taps(x, self.size, self.stride, _count(x, self.size, self.stride)):
            y = seen if y is None else np.maximum(y, seen)
        assert y is not None
        return np.ascontiguousarray(y)


@dataclass(frozen=True)
class SumPool(Layer):
    """The sum of each window of an image (H, W, C); an average is this and an `Affine` that divides."""

    size: Pair
    stride: Pair

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        shape = (*positions(x, self.size, self.stride, (0, 0, 0, 0)), x.channels)
        if x.real:
            return Tensor(shape)
        n = self.size[0] * self.size[1]
        width = Fixed.covering(min(0, n * x.low), max(0, n * x.high)).width  # the running sum starts at 0
        if width > MAX_WIDTH:
            raise LayerError(f"the sum of {n} codes needs {width} bits, at most {MAX_WIDTH} are supported")
        return Tensor.of_codes(shape, n * x.low, n * x.high, x.step, x.offset * n)

    def evaluate(self, *inputs: Array) -> Array:
        return self.real(*inputs)

    def real(self, *inputs: np.ndarray) -> np.ndarray:
        (x,) = inputs
        count = _count(x, self.size, self.stride)
        y = np.zeros((len(x), *count, x.shape[-1]), dtype=x.dtype)
        for _, _, seen in taps(x, self.size, self.stride, count):
            y = y + seen
        return y


def _count(x: np.ndarray, size: Pair, stride: Pair) -> Pair:
    return (x.shape[1] - size[0]) // stride[0] + 1, (x.shape[2] - size[1]) // stride[1] + 1
