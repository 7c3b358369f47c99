"""Rows times a number for each."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Floats, Tensor


@dataclass(frozen=True)
class Weigh(Layer):
    """Weigh(x, weight): x * weight with one weight (n, 1) for all channels of a row."""

    def result(self, *inputs: Tensor) -> Tensor:
        x, weight = inputs
        if x.index or weight.index or not x.shape or weight.shape != (1,):
            raise LayerError(f"a weight of shape (1,) for each row is expected, found {weight} for {x}")
        return Tensor(x.shape)

    def floats(self, *inputs: Floats) -> Floats:
        x, weight = inputs
        return x * weight.reshape(len(weight), *(1,) * (x.ndim - 1))
