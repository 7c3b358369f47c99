"""Half-lines of real numbers: what a threshold becomes when it is pulled back through a monotone function."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor


@dataclass(frozen=True, slots=True)
class HalfLine:
    """{x : x >= at} when `up`, {x : x <= at} when not; without the end point unless `closed`."""

    at: Fraction
    closed: bool
    up: bool

    def __contains__(self, x: Fraction) -> bool:
        if x == self.at:
            return self.closed
        return (x > self.at) == self.up

    def affine(self, scale: Fraction, offset: Fraction) -> HalfLine | bool:
        """The x for which `x * scale + offset` lies in this half-line."""
        if scale == 0:
            return offset in self
        return HalfLine((self.at - offset) / scale, self.closed, self.up == (scale > 0))

    def first_integer(self) -> int:
        """The smallest integer inside (of an upward half-line) or the smallest one above all inside (downward)."""
        if self.up:
            return ceil(self.at) if self.closed else floor(self.at) + 1
        return floor(self.at) + 1 if self.closed else ceil(self.at)


Region = HalfLine | bool
"""A half-line, everything (True) or nothing (False)."""
