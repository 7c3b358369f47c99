"""Rows brought to mean 0 and variance 1."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Floats, Tensor

EPSILON = Fraction(1, 100_000)
"""What PyTorch adds to the variance unless told otherwise."""


@dataclass(frozen=True, eq=False)
class LayerNorm(Layer):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta; mean and variance over the channels of each row.

    The variance is the mean squared deviation (divided by n, not n - 1), as in Ba, Kiros, Hinton, arXiv:1607.06450.
    """

    gamma: NDArray[np.float64]
    beta: NDArray[np.float64]
    epsilon: Fraction = EPSILON

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if x.index or not x.shape or not self.gamma.shape == self.beta.shape == (x.channels,):
            scales = f"{self.gamma.shape} scales and {self.beta.shape} offsets"
            raise LayerError(f"{scales} cannot normalize an input of shape {x.shape}")
        if self.epsilon <= 0:
            raise LayerError(f"epsilon is {float(self.epsilon):g}, expected a positive number")
        return Tensor(x.shape)

    def floats(self, *inputs: Floats) -> Floats:
        (x,) = inputs
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        y: Floats = centred / np.sqrt(variance + float(self.epsilon)) * self.gamma + self.beta
        return y
