"""What the products of a kernel are made of, and how two of them share one DSP slice."""

from __future__ import annotations

from enum import Enum

from codesign.errors import IRError
from codesign.ir.fixed import Fixed

DSP_A, DSP_B = 27, 18
"""Signed operand widths of a DSP48E2 (UG579); a DSP48E1 (UG479) has 25 x 18."""


class Multiplier(Enum):
    """What the products of a matrix are made of."""

    LUT = "lut"
    """Adders in the fabric."""
    DSP = "dsp"
    """A DSP slice each (several where the operands are wide)."""
    PACKED = "packed"
    """A DSP slice for two products of one input with the weights of two outputs."""
    ADDERS = "adders"
    """No multipliers: a graph of additions for the whole matrix, whose weights are constants."""


def one_slice(x: Fixed, w: Fixed) -> bool:
    """Whether a product of codes of these types fits one DSP slice; an unsigned code takes a bit for the sign."""
    small, large = sorted(fixed.width + (not fixed.signed) for fixed in (x, w))
    return small <= DSP_B and large <= DSP_A


def packed_shift(x: Fixed, w: Fixed, port: int = DSP_A) -> int | None:
    """By how many bits the upper of two weights is shifted so that one slice multiplies both with the same input;
    None where the ports of a slice, the wider one of `port` bits, are too narrow for that.

    A slice multiplies (A + D) of 27 signed bits with B of 18 (UG579). With A = w1 << s and D = w0, B = x it gives

        (w1 << s) * x + w0 * x,

    and where s is the width of a signed number that holds every w0 * x, the low s bits are that product in two's
    complement. Read with their sign they are w0 * x itself; the bits above hold w1 * x, less one where w0 * x is
    negative, since its sign reaches into all of them: adding the sign bit back makes both exact for every code
    (the idea of AMD's WP486 and WP487, where a wider s leaves room for sums of products).
    """
    ends = [a * b for a in (x.low, x.high) for b in (w.low, w.high)]
    shift = Fixed.covering(min(*ends, -1), max(ends)).width
    packed = Fixed.covering(min(w.low * (1 << shift) + w.low, -1), w.high * (1 << shift) + w.high)
    if packed.width > port or x.width + (not x.signed) > DSP_B:
        return None
    return shift


def shift_of(x: Fixed, w: Fixed) -> int:
    """The same; IRError where such products cannot be packed."""
    shift = packed_shift(x, w)
    if shift is None:
        raise IRError(f"multiplier: products of {x} and {w} cannot share a DSP slice")
    return shift
