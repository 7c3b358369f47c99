"""Larger images by repetition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.layers.window import Pair, image
from codesign.ir.tensor import Array, Tensor


@dataclass(frozen=True)
class Upsample(Layer):
    """Every pixel of an image (H, W, C) `factors[0]` times below and `factors[1]` times beside itself."""

    factors: Pair

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        height, width, channels = image(x)
        if min(self.factors) < 1:
            raise LayerError(f"an image cannot be repeated {self.factors} times")
        return x.with_shape((height * self.factors[0], width * self.factors[1], channels))

    def evaluate(self, *inputs: Array) -> Array:
        return inputs[0].repeat(self.factors[0], axis=1).repeat(self.factors[1], axis=2)

    def real(self, *inputs: np.ndarray) -> np.ndarray:
        values: np.ndarray = np.repeat(np.repeat(inputs[0], self.factors[0], axis=1), self.factors[1], axis=2)
        return values
