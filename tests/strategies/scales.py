"""Scales, offsets, weights, and steps that suit the values that are there."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed, power_of_two
from codesign.ir.tensor import Array, Tensor
from tests.strategies.draft import BITS, Draft


def steps() -> st.SearchStrategy[Fraction]:
    """Scales around 1: powers of two, small dyadic numbers, and floats as training gives them."""
    powers = st.integers(-3, 2).map(power_of_two)
    dyadic = st.builds(lambda m, p: m * p / 4, st.sampled_from([3, 5, 7]), powers)
    trained = st.sampled_from([float(np.float32(0.6)), float(np.float32(0.371)), 4 / 3, 0.785]).map(Fraction)
    return st.one_of(powers, dyadic, trained)


def numbers() -> st.SearchStrategy[Fraction]:
    """Scales and offsets around 1: of either sign, zero, dyadic, and as training gives them."""
    dyadic = st.integers(-16, 16).map(lambda n: Fraction(n, 8))
    trained = st.floats(-2, 2, width=32).filter(lambda v: v == 0 or abs(v) > 1e-3).map(Fraction)
    return st.one_of(dyadic, dyadic, trained)


def weights(d: Draft, inputs: int, outputs: int) -> tuple[Array, Fixed]:
    """(codes, type) of a matrix: any width, signed or not, binary, narrow."""
    kind = d.choose("signed", "narrow", "unsigned", "bipolar")
    if kind == "bipolar":
        return 2 * d.codes((inputs, outputs), 0, 1) - 1, Fixed(2)
    bits = Fixed(d.draw(BITS), 0, kind != "unsigned")
    low = -bits.high if kind == "narrow" and bits.high else bits.low
    found = d.codes((inputs, outputs), low, bits.high)
    if not found.any():
        found[0, 0] = low or bits.high  # a matrix of zeros would end all that the test could see
    return found, bits


def power_below(x: Fraction) -> Fraction:
    """The largest power of two that is at most x (x > 0)."""
    k = x.numerator.bit_length() - x.denominator.bit_length()
    return power_of_two(k) if power_of_two(k) <= x else power_of_two(k - 1)


def suitable_step(d: Draft, x: str, levels: int) -> Fraction:
    """A step with which a quantizer of so many levels resolves the values of x; often one that gives ties."""
    ideal = d.spread(x) / max(levels, 1)
    t = d.type(x)
    if not t.real and one_step(t) and d.draw(st.booleans()):
        fine = abs(t.step[0])
        return fine * max(1, round(ideal / fine)) * d.choose(1, 2, Fraction(1, 2))
    return power_below(ideal) * d.draw(steps())


def one_step(t: Tensor) -> bool:
    """Whether one step, not zero, describes all channels."""
    return not t.real and t.step.uniform and t.step[0] != 0


def one_number(t: Tensor) -> bool:
    """Whether the codes of all channels are read alike."""
    return not t.real and t.step.uniform and t.offset.uniform
