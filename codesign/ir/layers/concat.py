"""Streams side by side, and parts of one: both along the channels, the last axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Array, Floats, Tensor, Values
from codesign.ir.vector import Vector


@dataclass(frozen=True)
class Concat(Layer):
    """The channels of all inputs, one input behind the other; each keeps its codes, its step and its offset."""

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        first = inputs[0].shape
        if not first or any(x.shape[:-1] != first[:-1] or not x.shape for x in inputs):
            shapes = ", ".join(str(x.shape) for x in inputs)
            raise LayerError(
                f"shapes {shapes} cannot be joined: they differ in more than their channels (the last axis)"
            )
        shape = (*first[:-1], sum(x.channels for x in inputs))
        if any(x.real for x in inputs):
            return Tensor(shape)
        step = Vector.of([v for x in inputs for v in x.step.expand(x.channels)])
        offset = Vector.of([v for x in inputs for v in x.offset.expand(x.channels)])
        return Tensor.of_codes(shape, min(x.low for x in inputs), max(x.high for x in inputs), step, offset)

    def evaluate(self, *inputs: Array) -> Array:
        return np.concatenate(inputs, axis=-1)

    def real(self, *inputs: Values) -> Values:
        values: Values = np.concatenate(inputs, axis=-1)
        return values

    def floats(self, *inputs: Floats) -> Floats:
        return np.concatenate(inputs, axis=-1)


@dataclass(frozen=True)
class Slice(Layer):
    """The channels from `start` to before `stop`."""

    start: int
    stop: int

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if not x.shape or not 0 <= self.start < self.stop <= x.channels:
            raise LayerError(f"channels {self.start} to before {self.stop} are none of the shape {x.shape}")
        shape = (*x.shape[:-1], self.stop - self.start)
        if x.real:
            return Tensor(shape)
        step, offset = (v if v.uniform else Vector.of(v.values[self.start : self.stop]) for v in (x.step, x.offset))
        return Tensor.of_codes(shape, x.low, x.high, step, offset)

    def evaluate(self, *inputs: Array) -> Array:
        return inputs[0][..., self.start : self.stop]

    def real(self, *inputs: np.ndarray) -> np.ndarray:
        return inputs[0][..., self.start : self.stop]

    def floats(self, *inputs: Floats) -> Floats:
        return inputs[0][..., self.start : self.stop]
