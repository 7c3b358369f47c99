"""A part of a tensor: some neighbouring elements along each axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import Vector


@dataclass(frozen=True)
class Crop(Layer):
    """Along each axis of a sample the elements from `start` to before `stop`."""

    start: tuple[int, ...]
    stop: tuple[int, ...]

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if not len(self.start) == len(self.stop) == len(x.shape) or not x.shape:
            raise LayerError(f"a part {self.start} to {self.stop} needs as many axes as the shape {x.shape}")
        if any(not 0 <= a < b <= n for a, b, n in zip(self.start, self.stop, x.shape, strict=True)):
            raise LayerError(f"elements {self.start} to before {self.stop} are none of the shape {x.shape}")
        shape = tuple(b - a for a, b in zip(self.start, self.stop, strict=True))
        if x.real:
            return Tensor(shape)
        step, offset = (
            v if v.uniform else Vector.of(v.values[self.start[-1] : self.stop[-1]]) for v in (x.step, x.offset)
        )
        return Tensor.of_codes(shape, x.low, x.high, step, offset)

    def evaluate(self, *inputs: Array) -> Array:
        return self.real(*inputs)

    def real(self, *inputs: np.ndarray) -> np.ndarray:
        parts = (slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        return np.ascontiguousarray(inputs[0][(slice(None), *parts)])
