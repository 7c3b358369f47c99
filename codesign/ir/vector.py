"""Exact rational numbers, one for a whole tensor or one per channel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, isfinite, lcm

import numpy as np

from codesign.errors import IRError


@dataclass(frozen=True, slots=True)
class Vector:
    """A tuple of rationals that broadcasts like numpy: length 1 stands for every channel."""

    values: tuple[Fraction, ...]

    @classmethod
    def of(cls, values: object) -> Vector:
        """From a number, or an iterable or array of numbers; floats are taken exactly, equal values collapse to one."""
        if isinstance(values, Vector):
            return values
        if isinstance(values, (int, float, Fraction, np.integer, np.floating)):
            return cls((as_fraction(values),))
        items = values.ravel().tolist() if isinstance(values, np.ndarray) else values
        if not isinstance(items, Iterable):
            raise IRError(f"vector: {values!r} is not a number or a list of numbers")
        return cls(tuple(as_fraction(v) for v in items)).collapsed()

    def collapsed(self) -> Vector:
        """The same numbers with length 1 where all channels agree."""
        return Vector(self.values[:1]) if len(set(self.values)) == 1 else self

    @property
    def uniform(self) -> bool:
        """Whether one number stands for every channel."""
        return len(self.values) == 1

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, channel: int) -> Fraction:
        return self.values[0] if len(self.values) == 1 else self.values[channel]

    def expand(self, channels: int) -> tuple[Fraction, ...]:
        """One number per channel."""
        if len(self.values) not in (1, channels):
            raise IRError(f"vector: {len(self.values)} values for {channels} channels")
        return self.values * channels if len(self.values) == 1 else self.values

    def _with(self, other: object, op: Callable[[Fraction, Fraction], Fraction]) -> Vector:
        right = Vector.of(other)
        if 1 not in (len(self), len(right)) and len(self) != len(right):
            raise IRError(f"vector: {len(self)} and {len(right)} channels do not broadcast")
        n = max(len(self), len(right))
        return Vector(tuple(op(self[i], right[i]) for i in range(n))).collapsed()

    def __add__(self, other: object) -> Vector:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: object) -> Vector:
        return self._with(other, lambda a, b: a - b)

    def __mul__(self, other: object) -> Vector:
        return self._with(other, lambda a, b: a * b)

    def __truediv__(self, other: object) -> Vector:
        return self._with(other, lambda a, b: a / b)

    def __neg__(self) -> Vector:
        return Vector(tuple(-v for v in self.values))

    def common_step(self) -> Fraction:
        """The largest positive rational of which every (non-zero) value is an integer multiple; 0 if all are 0."""
        return common_step(self.values)

    def array(self) -> np.ndarray:
        """An object array of the values, to broadcast against the last axis."""
        out = np.empty(len(self.values), dtype=object)
        out[:] = self.values
        return out

    def __str__(self) -> str:
        return ", ".join(str(v) for v in self.values)


def as_fraction(value: object) -> Fraction:
    """`value` exactly; raises IRError for anything else, NaN and infinities among it, which no model may contain."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, (int, np.integer)):
        return Fraction(int(value))
    if isinstance(value, (float, np.floating)) and isfinite(value):
        return Fraction(float(value))
    raise IRError(f"vector: {value} is not a number")


def common_step(values: Iterable[Fraction]) -> Fraction:
    """gcd of rationals: gcd of the numerators over the lcm of the denominators (in lowest terms)."""
    numerator, denominator = 0, 1
    for v in values:
        if v:
            numerator = gcd(numerator, v.numerator)
            denominator = lcm(denominator, v.denominator)
    return Fraction(numerator, denominator)


ONE = Vector((Fraction(1),))
ZERO = Vector((Fraction(0),))
