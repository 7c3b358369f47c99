"""A line with exact coefficients as sums of doubles, with which C++ decides its rounding without rationals.

clip(round(x * slope + intercept)) is clip(round((x * p + q) / r)) with p, q and r scaled until p is an integer and q
and r are binary fractions. Each is the sum of a few doubles, so the sign of x * p + q - r * k / 2 is that of a sum of
products of doubles, which C++ computes without rounding (hls/host/exact.hpp).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from codesign.backends.encoding import Line
from codesign.errors import TargetError

MOST_TERMS = 16
"""Doubles that an exact number may be the sum of."""

_SMALLEST = 2.0**-1000
_ERROR = 2.0**-50
"""Relative error of the estimate x * slope + intercept in doubles, and more."""


@dataclass(frozen=True)
class Sums:
    """The line, once rounded to doubles and once exact: p, q and r, each as the doubles that add up to it."""

    slope: float
    intercept: float
    p: tuple[float, ...]
    q: tuple[float, ...]
    r: tuple[float, ...]


def sums(line: Line, name: str) -> Sums:
    """`line` for C++; TargetError, with the `name` of the input, where its numbers are too large, too small or too long
    for doubles."""
    odd = lcm(_odd(line.intercept.denominator), line.slope.denominator)
    p, q, r = line.slope * odd, line.intercept * odd, Fraction(odd)
    common = Fraction(1, p.numerator & -p.numerator)
    return _checked(line, p * common, q * common, r * common, name)


def _checked(line: Line, p: Fraction, q: Fraction, r: Fraction, name: str) -> Sums:
    # Nothing overflows: |x * p| is at most |q| and r times the codes where x is between the ends.
    codes = max(abs(line.low), abs(line.high)) + 2
    fits = (codes * r + abs(q)) * 4 < 2**1000 and abs(p) < 2**1000
    # No product is finer than the smallest double: p is an integer.
    fits = fits and max(q.denominator, r.denominator) < 2**1000
    fits = fits and _SMALLEST < abs(line.slope) < 1 / _SMALLEST and abs(line.intercept) < 1 / _SMALLEST
    # The estimate is never as wrong as half of what lies between two multiples of one half.
    fits = fits and (codes + 2 * abs(line.intercept)) * Fraction(_ERROR) < Fraction(1, 16)
    terms = [_terms(v) for v in (p, q, r)] if fits else []
    if not fits or any(len(t) > MOST_TERMS for t in terms):
        raise TargetError(
            f"input {name}: its quantizer (codes {line.low}..{line.high}) needs numbers that the host in C++ cannot "
            "compute with exactly; give the input a type of its own (--input-type)"
        )
    return Sums(float(line.slope), float(line.intercept), terms[0], terms[1], terms[2])


def _odd(n: int) -> int:
    return n // (n & -n)


def _terms(x: Fraction) -> tuple[float, ...]:
    """Doubles that add up to the binary fraction x, none of them smaller than 2^-1000, each at most half a unit in the
    last place of the one before."""
    terms = []
    while x:
        terms.append(float(x))
        x -= Fraction(terms[-1])
    return tuple(terms)
