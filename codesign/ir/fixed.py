"""Fixed-point types, and how a real number is rounded to an integer code."""

import re
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import ceil, floor

from codesign.errors import IRError

MAX_WIDTH = 63
"""Codes live in int64 arrays; a product or sum that needs more bits than this is refused."""

LEAST_ACCUMULATOR = 2
"""Bits of the narrowest accumulator whose sums may wrap: a sign and a digit."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Integers of `width` bits read as value = code * 2^-frac; two's complement when `signed`."""

    width: int
    frac: int = 0
    signed: bool = True

    def __post_init__(self) -> None:
        if self.width < 1:
            raise IRError(f"fixed: a width of {self.width} bits holds nothing")

    @property
    def low(self) -> int:
        """The smallest code."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """The largest code."""
        return (1 << (self.width - int(self.signed))) - 1

    @property
    def step(self) -> Fraction:
        """The value of one code."""
        return power_of_two(-self.frac)

    @classmethod
    def covering(cls, low: int, high: int, frac: int = 0) -> "Fixed":
        """The narrowest type that holds every code from `low` to `high`."""
        if low > high:
            raise IRError(f"fixed: an empty range {low}..{high}")
        if low >= 0:
            return cls(max(1, high.bit_length()), frac, False)
        return cls(max((-low - 1).bit_length(), high.bit_length() if high > 0 else 0) + 1, frac, True)

    @classmethod
    def parse(cls, text: str) -> "Fixed":
        """`fixed<16,6>`, `ufixed<8,0>`, `int<8>`, `uint<4>`, with or without `ap_`: width, integer bits.

        Raises ValueError for anything else.
        """
        match = re.fullmatch(r"\s*(?:ap_)?(u?)(fixed|int)\s*<\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?>\s*", text)
        if match is None or (match[2] == "int") != (match[4] is None):
            raise ValueError(f"{text!r} is not a type; write e.g. fixed<16,6> (width, integer bits), uint<8>")
        width = int(match[3])
        integer = width if match[4] is None else int(match[4])
        if not 1 <= width <= MAX_WIDTH or abs(integer) > 1024:
            raise ValueError(f"{text!r}: the width must be 1..{MAX_WIDTH} bits")
        return cls(width, width - integer, not match[1])

    def __str__(self) -> str:
        sign = "" if self.signed else "u"
        if self.frac == 0:
            return f"{sign}int<{self.width}>"
        return f"{sign}fixed<{self.width},{self.width - self.frac}>"


def power_of_two(exponent: int) -> Fraction:
    """2^exponent, exactly."""
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


class Rounding(Enum):
    """How a real number becomes an integer; the names are those of the QONNX standard.

    HALF_UP and HALF_DOWN break ties away from and towards zero, as QONNX does; HALF_CEIL breaks them
    towards plus infinity (a bipolar quantizer is one: it sends exactly 0 to +1).
    """

    ROUND = "ROUND"  # half to even
    CEIL = "CEIL"
    FLOOR = "FLOOR"
    UP = "UP"  # away from zero
    DOWN = "DOWN"  # towards zero
    HALF_UP = "HALF_UP"
    HALF_DOWN = "HALF_DOWN"
    HALF_CEIL = "HALF_CEIL"

    def apply(self, x: Fraction) -> int:
        """The integer this mode gives for `x`."""
        half = Fraction(1, 2)
        match self:
            case Rounding.ROUND:
                return round(x)
            case Rounding.CEIL:
                return ceil(x)
            case Rounding.FLOOR:
                return floor(x)
            case Rounding.UP:
                return ceil(x) if x > 0 else floor(x)
            case Rounding.DOWN:
                return floor(x) if x > 0 else ceil(x)
            case Rounding.HALF_UP:
                return floor(x + half) if x > 0 else ceil(x - half)
            case Rounding.HALF_DOWN:
                return ceil(x - half) if x > 0 else floor(x + half)
            case Rounding.HALF_CEIL:
                return floor(x + half)

    def reaches(self, code: int) -> tuple[Fraction, bool]:
        """(t, closed): `apply(x) >= code` exactly when x > t, or x >= t where `closed`."""
        half = Fraction(1, 2)
        match self:
            case Rounding.ROUND:
                return code - half, code % 2 == 0
            case Rounding.CEIL:
                return Fraction(code - 1), False
            case Rounding.FLOOR:
                return Fraction(code), True
            case Rounding.UP:
                return (Fraction(code - 1), False) if code > 0 else (Fraction(code), True)
            case Rounding.DOWN:
                return (Fraction(code), True) if code > 0 else (Fraction(code - 1), False)
            case Rounding.HALF_UP:
                return (code - half, code > 0)
            case Rounding.HALF_DOWN:
                return (code - half, code <= 0)
            case Rounding.HALF_CEIL:
                return code - half, True
