"""Integer step functions: everything that stands between two matrix products, per channel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import ONE, ZERO, Vector


@dataclass(frozen=True, eq=False)
class StepFunction(ABC):
    """How a step function is computed: codes (n, ..., channels) in, codes out."""

    kind: ClassVar[str]

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """The codes of the result."""

    @property
    @abstractmethod
    def channels(self) -> int:
        """How many channels have parameters of their own (1: all share them)."""


@dataclass(frozen=True, eq=False)
class Shift(StepFunction):
    """clip(round((x + bias) / 2^shift), low, high): half to even, or towards minus infinity when not `even`.

    A negative shift multiplies; then nothing is rounded.
    """

    bias: int
    shift: int
    even: bool
    low: int
    high: int

    kind = "shift"

    def __call__(self, x: Array) -> Array:
        x = x + self.bias
        if self.shift > 0:
            odd = (x >> self.shift) & 1
            half = (1 << (self.shift - 1)) - 1
            x = (x + half + odd) >> self.shift if self.even else x >> self.shift
        elif self.shift < 0:
            x = x << -self.shift
        return np.clip(x, self.low, self.high)

    @property
    def channels(self) -> int:
        return 1


@dataclass(frozen=True, eq=False)
class MultiplyShift(StepFunction):
    """clip((x * multiplier[c] + addend[c]) >> shift, low, high)."""

    multiplier: Array
    addend: Array
    shift: int
    low: int
    high: int

    kind = "multiply-shift"

    def __call__(self, x: Array) -> Array:
        y: Array = np.clip((x * self.multiplier + self.addend) >> self.shift, self.low, self.high)
        return y

    @property
    def channels(self) -> int:
        return len(self.multiplier)


@dataclass(frozen=True, eq=False)
class Thresholds(StepFunction):
    """base[c] + direction[c] * count(x >= levels[c]); `levels` is (channels, steps), ascending."""

    base: Array
    direction: Array
    levels: Array

    kind = "thresholds"

    def __call__(self, x: Array) -> Array:
        if len(self.levels) == 1:
            count: Array = np.searchsorted(self.levels[0], x, side="right").astype(np.int64)
        else:
            count = np.empty(x.shape, dtype=np.int64)
            for c, row in enumerate(self.levels):
                count[..., c] = np.searchsorted(row, x[..., c], side="right")
        return self.base + self.direction * count

    @property
    def channels(self) -> int:
        return len(self.levels)


@dataclass(frozen=True, eq=False)
class Table(StepFunction):
    """entries[c][x - first], for every x that can occur; `entries` is (channels, codes)."""

    first: int
    entries: Array

    kind = "table"

    def __call__(self, x: Array) -> Array:
        channel = np.arange(x.shape[-1]) if len(self.entries) > 1 else 0
        found: Array = self.entries[channel, x - self.first]
        return found

    @property
    def channels(self) -> int:
        return len(self.entries)


@dataclass(frozen=True, eq=False)
class Requantize(Layer):
    """`function` of the codes; the result's codes lie in low..high and are read as code * step + offset.

    `domain` is the range of input codes for which the function was proved to be the model's.
    """

    function: StepFunction
    domain: tuple[int, int]
    low: int
    high: int
    step: Vector = ONE
    offset: Vector = ZERO

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if x.real:
            raise LayerError("requantize: the input has no codes")
        if x.low < self.domain[0] or x.high > self.domain[1]:
            raise LayerError(f"requantize: codes {x.low}..{x.high} exceed the proved domain {self.domain}")
        if self.function.channels not in (1, x.channels):
            raise LayerError(f"requantize: {self.function.channels} functions for {x.channels} channels")
        return Tensor.of_codes(x.shape, self.low, self.high, self.step, self.offset)

    def evaluate(self, *inputs: Array) -> Array:
        return self.function(inputs[0])
