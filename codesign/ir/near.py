"""Float64 numbers near exact ones, with a proved bound of the distance: the fast half of exact evaluation.

The bounds are the textbook ones (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3), generously
rounded up. Most numbers that occur are multiples of a power of two and small enough for float64 to compute them without
any rounding: those have the bound 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.ir.fixed import Rounding
from codesign.ir.vector import ZERO, Vector, common_step

Floats = NDArray[np.float64]

UNIT = 2.0**-53
"""The relative error of one rounding."""
EXACT = 2.0**53
"""Integers up to this are float64 numbers."""
TINY = 2.0**-1000
"""More than what results below the normal numbers lose."""
_SMALLEST, _LARGEST = Fraction(1, 1 << 400), Fraction(1 << 400)
"""Parameters beyond these have no bound."""


@dataclass(frozen=True, eq=False)
class Near:
    """`value` (n, *shape), how far each may be from the exact number, and a power of two of which the exact ones are
    multiples (0 where none is known); `error` and `grain` for each channel (the last axis), or one for all.

    An error may be infinite, a value not a number: then nothing is known there.
    """

    value: Floats
    error: Floats
    grain: Floats

    @classmethod
    def of(cls, value: Floats, error: Floats, grain: Floats, terms: Floats) -> Near:
        """The result of operations on multiples of `grain` none of which exceeds `terms`, else off by `error`."""
        exact = (grain > 0) & (terms <= EXACT * grain) & (grain > TINY)
        with np.errstate(invalid="ignore", over="ignore"):
            return cls(value, np.where(exact, 0.0, error), grain)

    @property
    def size(self) -> Floats:
        """The largest exact number of each channel."""
        if not self.value.size:
            return np.zeros(self.value.shape[-1])
        largest: Floats = np.abs(self.value).max(axis=tuple(range(self.value.ndim - 1))) + self.error
        return largest

    def one(self) -> Near:
        """The same with one bound for all channels."""
        return Near(self.value, self.error.max(keepdims=True), self.grain.min(keepdims=True))

    def ends(self) -> tuple[Floats, Floats]:
        """(low, high): the exact number lies between, both included; not a number where nothing is known."""
        with np.errstate(invalid="ignore", over="ignore"):
            inexact = ~(self.error == 0)
            margin = np.where(inexact, self.error * (1 + 64 * UNIT) + 4 * UNIT * np.abs(self.value), 0.0)
            return self.value - margin, self.value + margin

    def line(self, scale: Vector, offset: Vector) -> Near:
        """value * scale + offset."""
        s, o = floats(scale), floats(offset)
        with np.errstate(all="ignore"):
            value = self.value * s + o
            s, o = np.abs(s), np.abs(o)
            terms = self.size * s + o
            grain = self.grain * grains(scale)
            if offset != ZERO:
                shift = grains(offset)
                grain = np.where(o > 0, np.minimum(grain, shift), grain)
            error = _passed(self.error, s) + 8 * UNIT * terms + TINY
            clean = (self.error == 0) & (grain > TINY)
            return Near.of(value, error, np.where(clean, grain, 0.0), terms)

    def divided(self, step: Vector, offset: Vector) -> Near:
        """(value - offset) / step."""
        shifted = self.line(Vector((Fraction(1),)), -offset) if offset != ZERO else self
        s = floats(step)
        with np.errstate(all="ignore"):
            value = shifted.value / s
            s = np.abs(s)
            terms = shifted.size / s
            grain = np.where(powers_of_two(step), shifted.grain / s, 0.0)
            clean = shifted.error == 0
            error = _passed(shifted.error, 1 / s) + 8 * UNIT * terms + TINY
            return Near.of(value, error, np.where(clean, grain, 0.0), terms)


def _passed(error: Floats, factor: Floats) -> Floats:
    """An earlier error times a factor, rounded up; none stays none."""
    with np.errstate(invalid="ignore"):
        found: Floats = np.where(error == 0, 0.0, error * factor * (1 + 64 * UNIT) + TINY)
    return found


def rounded(mode: Rounding, z: Floats) -> Floats:
    """What the mode gives for each number; exact, since nothing is added that does not fit."""
    size = np.abs(z)
    whole = np.floor(size)
    with np.errstate(invalid="ignore"):
        down, part = np.floor(z), size - whole
        found: Floats
        match mode:
            case Rounding.ROUND:
                found = np.rint(z)
            case Rounding.CEIL:
                found = np.ceil(z)
            case Rounding.FLOOR:
                found = down
            case Rounding.UP:
                found = np.copysign(np.ceil(size), z)
            case Rounding.DOWN:
                found = np.trunc(z)
            case Rounding.HALF_UP:
                found = np.copysign(whole + (part >= 0.5), z)
            case Rounding.HALF_DOWN:
                found = np.copysign(whole + (part > 0.5), z)
            case Rounding.HALF_CEIL:
                found = down + (z - down >= 0.5)
    return found


def floats(v: Vector) -> Floats:
    """The nearest float64 to each number."""
    return np.array([_float(x) for x in v.values])


def _float(x: Fraction) -> float:
    """Not a number where x is beyond what the bounds are proved for."""
    return float(x) if not x or _SMALLEST < abs(x) < _LARGEST else float("nan")


def grains(v: Vector) -> Floats:
    """For each number the largest power of two of which it is a multiple; 0 where there is none, or for 0."""
    return np.array([_grain(x) for x in v.values])


def _grain(x: Fraction) -> float:
    step = common_step((x,))
    if not step or step.denominator.bit_count() != 1:
        return 0.0
    return _float(Fraction(step.numerator & -step.numerator, step.denominator))


def powers_of_two(v: Vector) -> np.ndarray:
    """Which numbers are powers of two, up to the sign."""
    return np.array([(abs(x.numerator) * x.denominator).bit_count() == 1 for x in v.values])
