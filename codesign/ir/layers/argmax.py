"""The index of the largest element, as a classifier's last step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Array, Tensor


@dataclass(frozen=True)
class ArgMax(Layer):
    """The first index of the largest element of the last axis; `keep` leaves that axis with length 1."""

    keep: bool = True

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        shape = (*x.shape[:-1], 1) if self.keep else x.shape[:-1]
        if not x.real and not (x.step.uniform and x.offset.uniform and x.step[0] > 0):
            raise LayerError("argmax compares channels of different scales; quantize its input to one scale")
        return Tensor.of_codes(shape, 0, x.channels - 1)

    def evaluate(self, *inputs: Array) -> Array:
        return self.real(*inputs)

    def real(self, *inputs: np.ndarray) -> np.ndarray:
        index = np.argmax(inputs[0], axis=-1, keepdims=self.keep)
        return index if inputs[0].dtype != object else index.astype(object)
