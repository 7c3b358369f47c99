"""Layers that move or relabel elements without computing."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Array, Floats, Tensor, Values
from codesign.ir.vector import Vector


@dataclass(frozen=True)
class Identity(Layer):
    """x."""

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        return inputs[0]

    def evaluate(self, *inputs: Array) -> Array:
        return inputs[0]

    def real(self, *inputs: Values) -> Values:
        return inputs[0]

    def floats(self, *inputs: Floats) -> Floats:
        return inputs[0]


@dataclass(frozen=True)
class Reshape(Layer):
    """The same elements, in row-major order, in another sample shape.

    The result has codes where its channels can say how they are read: where the channels stay, become several times as
    many (each then reads as the one it came from), or fewer that agree.
    """

    shape: tuple[int, ...]

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if prod(self.shape) != x.size:
            raise LayerError(f"shape {x.shape} cannot become {self.shape}")
        if self.shape[-1:] == x.shape[-1:] or x.real or (x.step.uniform and x.offset.uniform):
            return x.with_shape(self.shape)
        before, after = x.channels, Tensor(self.shape).channels
        step, offset = _regrouped(x.step, before, after), _regrouped(x.offset, before, after)
        if step is None or offset is None:
            return Tensor(self.shape)
        return Tensor.of_codes(self.shape, x.low, x.high, step, offset)

    def evaluate(self, *inputs: Array) -> Array:
        return inputs[0].reshape(len(inputs[0]), *self.shape)

    def real(self, *inputs: Values) -> Values:
        return inputs[0].reshape(len(inputs[0]), *self.shape)

    def floats(self, *inputs: Floats) -> Floats:
        return inputs[0].reshape(len(inputs[0]), *self.shape)


@dataclass(frozen=True)
class Transpose(Layer):
    """The axes of a sample in the order `axes` (the sample axis stays first)."""

    axes: tuple[int, ...]

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if sorted(self.axes) != list(range(len(x.shape))):
            raise LayerError(f"axes {self.axes} do not permute a shape {x.shape}")
        shape = tuple(x.shape[a] for a in self.axes)
        if x.real or (x.step.uniform and x.offset.uniform) or self.axes[-1] == len(self.axes) - 1:
            return x.with_shape(shape)
        return Tensor(shape)

    def evaluate(self, *inputs: Array) -> Array:
        return np.ascontiguousarray(inputs[0].transpose(0, *(a + 1 for a in self.axes)))

    def real(self, *inputs: Values) -> Values:
        return inputs[0].transpose(0, *(a + 1 for a in self.axes))


def _regrouped(v: Vector, before: int, after: int) -> Vector | None:
    """What element k of a row-major tensor has by its channel k mod `before`, by its channel k mod `after`."""
    if v.uniform:
        return v
    if after % before == 0:
        return Vector.of(v.values * (after // before))
    if before % after == 0 and v.values == v.values[:after] * (before // after):
        return Vector.of(v.values[:after])
    return None
