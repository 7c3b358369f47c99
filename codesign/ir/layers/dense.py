"""Matrix products with constant weights, along the last axis."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed
from codesign.ir.layers.base import Layer
from codesign.ir.layers.product import Product
from codesign.ir.matmul import matmul
from codesign.ir.tensor import Array, Tensor, Values
from codesign.ir.vector import ONE, Vector


@dataclass(frozen=True, eq=False)
class MatMul(Layer):
    """x @ weights with float weights (n_in, n_out) as the file has them: no hardware until they are typed."""

    weights: NDArray[np.float64]

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        return Tensor(_product_shape(x, self.weights))

    def real(self, *inputs: Values) -> Values:
        weights = np.array([[Fraction(v) for v in row] for row in self.weights.tolist()], dtype=object)
        y: Values = inputs[0] @ weights
        return y


@dataclass(frozen=True, eq=False)
class Dense(Product):
    """x @ weights + bias in integers; the weights' values are weights * step, `step` per output channel.

    `weights` (n_in, n_out) and `bias` (n_out,) are int64 codes; a bias counts in codes of the result.
    `bounds` are narrower bounds of the accumulator, proved by range analysis; without them the bounds follow
    from the input type alone. `bits` is the weights' type. With `wrap` sums are modulo 2^wrap, in two's complement.
    """

    weights: Array
    bits: Fixed
    step: Vector = ONE
    bias: Array | None = None
    bounds: tuple[int, int] | None = None
    wrap: int | None = None

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        shape = _product_shape(x, self.weights)
        if x.real or not x.step.uniform:
            return Tensor(shape)
        return self.typed(shape, x)

    def per_input(self, values: np.ndarray) -> np.ndarray:
        return values[:, None]

    def evaluate(self, *inputs: Array) -> Array:
        (x,) = inputs
        return self.added(matmul(x, self.weights))

    def real(self, *inputs: Values) -> Values:
        if self.bias is not None or self.wrap is not None:
            raise LayerError("a bias in codes, or sums that wrap, need an input in codes")
        y: Values = (inputs[0] @ self.weights.astype(object)) * self.step.array()
        return y


def _product_shape(x: Tensor, weights: np.ndarray) -> tuple[int, ...]:
    if not x.shape or x.shape[-1] != len(weights):
        n, m = weights.shape
        raise LayerError(f"a matrix of {n} x {m} cannot multiply an input of shape {x.shape}")
    return (*x.shape[:-1], weights.shape[1])
