"""Smooth activations: exact to 2^-160, which decides every rounding of a table."""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from codesign.ir.halfline import HalfLine, Region
from codesign.ir.layers.base import Elementwise
from codesign.ir.tensor import Floats, Tensor, Values

_DIGITS = 60
_SATURATED = 1000
_TINY = Fraction(1, 1 << 1442)
"""What stands for e^x below -1000: positive, as e^x is, and smaller than any threshold that a float64 can be."""


@dataclass(frozen=True)
class Sigmoid(Elementwise):
    """1 / (1 + exp(-x))."""

    def result(self, *inputs: Tensor) -> Tensor:
        return Tensor(inputs[0].shape)

    def real(self, *inputs: Values) -> Values:
        values: Values = np.asarray(np.frompyfunc(sigmoid, 1, 1)(inputs[0]), dtype=object)
        return values

    def preimage(self, region: Region, channel: int) -> Region:
        if isinstance(region, bool):
            return region
        if region.at <= 0:
            return region.up
        if region.at >= 1:
            return not region.up
        return HalfLine(logit(region.at), region.closed, region.up)

    def floats(self, *inputs: Floats) -> Floats:
        e = np.exp(-np.abs(inputs[0]))
        return np.where(inputs[0] >= 0, 1 / (1 + e), e / (1 + e))


@dataclass(frozen=True)
class Tanh(Elementwise):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), which is 2 sigmoid(2x) - 1."""

    def result(self, *inputs: Tensor) -> Tensor:
        return Tensor(inputs[0].shape)

    def real(self, *inputs: Values) -> Values:
        values: Values = np.asarray(np.frompyfunc(tanh, 1, 1)(inputs[0]), dtype=object)
        return values

    def preimage(self, region: Region, channel: int) -> Region:
        if isinstance(region, bool):
            return region
        if region.at <= -1:
            return region.up
        if region.at >= 1:
            return not region.up
        return HalfLine(atanh(region.at), region.closed, region.up)

    def floats(self, *inputs: Floats) -> Floats:
        return np.tanh(inputs[0])


def sigmoid(x: Fraction) -> Fraction:
    """1 / (1 + e^-x) to 60 digits; exactly 1/2 at 0."""
    if x == 0:
        return Fraction(1, 2)
    e = exponential(-abs(x))
    return 1 / (1 + e) if x > 0 else e / (1 + e)


_SMALL = Fraction(1, 1 << 40)
"""Below this the first two terms of a series are good to 2^-160 relative, where differences would cancel."""


def tanh(x: Fraction) -> Fraction:
    """2 sigmoid(2x) - 1 to 2^-160; exactly 0 at 0."""
    return x - x**3 / 3 if abs(x) < _SMALL else 2 * sigmoid(2 * x) - 1


def atanh(y: Fraction) -> Fraction:
    """The x with tanh(x) = y, for -1 < y < 1, to 2^-160; exactly 0 at 0."""
    return y + y**3 / 3 if abs(y) < _SMALL else logit((y + 1) / 2) / 2


def exponential(x: Fraction) -> Fraction:
    """e^x for x <= 0 to 60 digits; exactly 1 at 0, and 2^-1442 for all x below -1000."""
    if x == 0:
        return Fraction(1)
    if x < -_SATURATED:
        return _TINY
    with decimal.localcontext() as context:
        context.prec = _DIGITS
        return Fraction((Decimal(x.numerator) / Decimal(x.denominator)).exp())


def logit(y: Fraction) -> Fraction:
    """The x with sigmoid(x) = y, for 0 < y < 1, to 60 digits; exactly 0 at 1/2."""
    if y == Fraction(1, 2):
        return Fraction(0)
    odds = y / (1 - y)
    with decimal.localcontext() as context:
        context.prec = _DIGITS
        return Fraction((Decimal(odds.numerator) / Decimal(odds.denominator)).ln())
