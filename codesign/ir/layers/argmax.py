"""The index of the largest element, as a classifier's last step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Array, Tensor, Values


@dataclass(frozen=True)
class ArgMax(Layer):
    """The first index of the largest element of the last axis; `keep` leaves that axis with length 1.

    The result has codes unless the input's channels are read with different scales or offsets.
    """

    keep: bool = True

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        shape = (*x.shape[:-1], 1) if self.keep else x.shape[:-1]
        if not x.real and not (x.step.uniform and x.offset.uniform and x.step[0] > 0):
            return Tensor(shape)  # codes of different scales cannot be compared; their values can
        return Tensor.of_codes(shape, 0, x.channels - 1)

    def evaluate(self, *inputs: Array) -> Array:
        index: Array = np.argmax(inputs[0], axis=-1, keepdims=self.keep)
        return index

    def real(self, *inputs: Values) -> Values:
        index: Values = np.argmax(inputs[0], axis=-1, keepdims=self.keep).astype(object)
        return index
