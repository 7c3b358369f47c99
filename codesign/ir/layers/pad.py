"""Larger images by zeros around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.layers.window import has_zero, image, padded, zero_codes
from codesign.ir.tensor import Array, Tensor, Values


@dataclass(frozen=True)
class Pad(Layer):
    """An image (H, W, C) with rows and columns of the value zero around it; real where that has no code."""

    top: int
    bottom: int
    left: int
    right: int

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        height, width, channels = image(x)
        sides = (self.top, self.bottom, self.left, self.right)
        if min(sides) < 0:
            raise LayerError(f"a padding of {sides} would cut the image off")
        shape = (self.top + height + self.bottom, self.left + width + self.right, channels)
        if x.real or not any(sides):
            return x.with_shape(shape)
        if not has_zero(x):
            return Tensor(shape)
        zeros = zero_codes(x)
        return replace(x, shape=shape, low=min(x.low, int(zeros.min())), high=max(x.high, int(zeros.max())))

    def run(self, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Array | Values]) -> Array | Values:
        sides = (self.top, self.bottom, self.left, self.right)
        if result.real:
            return self.real(types[0].decode(np.asarray(inputs[0])) if not types[0].real else inputs[0])
        return padded(inputs[0], sides, zero_codes(types[0]) if any(sides) else 0)

    def real(self, *inputs: np.ndarray) -> np.ndarray:
        return padded(inputs[0], (self.top, self.bottom, self.left, self.right), Fraction(0))
