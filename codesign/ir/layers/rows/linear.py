"""A matrix product with float weights and a bias, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Floats, Tensor


@dataclass(frozen=True, eq=False)
class Linear(Layer):
    """x @ weights + bias with weights (n_in, n_out) and a bias (n_out,), or none."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64] | None = None

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if self.weights.ndim != 2 or (self.bias is not None and self.bias.shape != self.weights.shape[1:]):
            bias = "" if self.bias is None else f" and a bias of shape {self.bias.shape}"
            raise LayerError(f"weights of shape {self.weights.shape}{bias} are no matrix with a bias for each column")
        n, m = self.weights.shape
        if x.index or x.shape[-1:] != (n,):
            raise LayerError(f"a matrix of {n} x {m} cannot multiply an input of shape {x.shape}")
        return Tensor((*x.shape[:-1], m))

    def floats(self, *inputs: Floats) -> Floats:
        y = inputs[0] @ self.weights
        return y if self.bias is None else y + self.bias
