"""Piecewise linear activations."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.ir.halfline import HalfLine, Region
from codesign.ir.layers.base import Elementwise
from codesign.ir.tensor import Array, Floats, Tensor, Values
from codesign.ir.vector import ZERO, Vector


@dataclass(frozen=True)
class Relu(Elementwise):
    """max(x, 0)."""

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if x.real or x.offset != ZERO or min(x.step.values) <= 0:
            return Tensor(x.shape)
        return Tensor.of_codes(x.shape, max(x.low, 0), max(x.high, 0), x.step)

    def evaluate(self, *inputs: Array) -> Array:
        return np.maximum(inputs[0], 0)

    def real(self, *inputs: Values) -> Values:
        y: Values = np.maximum(inputs[0], ZERO.array())
        return y

    def preimage(self, region: Region, channel: int) -> Region:
        return _clip_preimage(region, Fraction(0), None)

    def floats(self, *inputs: Floats) -> Floats:
        return np.maximum(inputs[0], 0.0)


@dataclass(frozen=True)
class Clip(Elementwise):
    """min(max(x, low), high); None stands for no bound, and bounds that cross give `high`."""

    low: Fraction | None
    high: Fraction | None

    def result(self, *inputs: Tensor) -> Tensor:
        return Tensor(inputs[0].shape)

    def real(self, *inputs: Values) -> Values:
        (x,) = inputs
        x = x if self.low is None else np.maximum(x, Vector.of(self.low).array())
        return x if self.high is None else np.minimum(x, Vector.of(self.high).array())

    def preimage(self, region: Region, channel: int) -> Region:
        return _clip_preimage(region, self.low, self.high)


@dataclass(frozen=True)
class LeakyRelu(Elementwise):
    """x for x >= 0, else alpha * x."""

    alpha: Fraction

    @property
    def monotone(self) -> bool:
        return self.alpha >= 0

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        always_positive = not x.real and x.offset == ZERO and min(x.step.values) > 0 and x.low >= 0
        return x if always_positive else Tensor(x.shape)

    def real(self, *inputs: Values) -> Values:
        (x,) = inputs
        return np.where(x >= 0, x, x * self.alpha)

    def preimage(self, region: Region, channel: int) -> Region:
        if isinstance(region, bool):
            return region
        if not self.monotone:
            return super().preimage(region, channel)
        if self.alpha == 0:
            return _clip_preimage(region, Fraction(0), None)
        return region if region.at >= 0 else HalfLine(region.at / self.alpha, region.closed, region.up)

    def floats(self, *inputs: Floats) -> Floats:
        (x,) = inputs
        return np.where(x >= 0, x, x * float(self.alpha))


@dataclass(frozen=True)
class Sign(Elementwise):
    """-1, 0 or 1."""

    def result(self, *inputs: Tensor) -> Tensor:
        return Tensor.of_codes(inputs[0].shape, -1, 1)

    def real(self, *inputs: Values) -> Values:
        values: Values = np.frompyfunc(lambda x: Fraction((x > 0) - (x < 0)), 1, 1)(inputs[0])
        return values

    def preimage(self, region: Region, channel: int) -> Region:
        if isinstance(region, bool):
            return region
        first = region.first_integer()  # the first sign in (or above) the region
        if not -1 < first <= 1:
            return (first <= -1) == region.up
        return HalfLine(Fraction(0), (first == 0) == region.up, region.up)


def _clip_preimage(region: Region, low: Fraction | None, high: Fraction | None) -> Region:
    if isinstance(region, bool):
        return region
    if high is not None and (region.at > high or (region.at == high and region.closed != region.up)):
        return not region.up  # before `low`: where the bounds cross, `high` wins
    if low is not None and (region.at < low or (region.at == low and region.closed == region.up)):
        return region.up
    return region
