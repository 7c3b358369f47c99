"""QONNX Trunc: the low bits of codes dropped."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from codesign.frontends.converters.conversion import Conversion, Stream
from codesign.frontends.converters.quantizers import bit_width, code_range, positive_scale, rounding_mode
from codesign.ir.fixed import Rounding, power_of_two
from codesign.ir.layers import Affine, Quantize, Truncate
from codesign.ir.vector import Vector


def trunc(node: Conversion) -> Stream:
    """Both versions, one scale for all: Truncate, with Quantize before it where the input is not in codes."""
    if len(node.args) not in (5, 6):
        node.refuse(f"Trunc has {len(node.args)} inputs; version 1 has 5, version 2 has 6")
    scale, zero = positive_scale(node, 1).number(), node.constant(2, "zero point").number()
    return _second(node, scale, zero) if len(node.args) == 6 else _first(node, scale, zero)


def _first(node: Conversion, scale: Fraction, zero: Fraction) -> Stream:
    """Version 1: codes lose in - out bits and keep the scale; nothing is clipped, the range comes from the input."""
    x = node.stream(0)
    factor = power_of_two(bit_width(node, 3) - bit_width(node, 4))
    mode = rounding_mode(node, "FLOOR")
    if x.type.real:
        node.refuse("its input has no codes yet, which Trunc of version 1 needs; quantize it before")
    low, high = _codes(x, scale, zero)
    x = _rounded(node, x, scale, zero, low, high)
    first, last = mode.apply(low / factor), mode.apply(high / factor)
    offset = -zero * scale
    y = node.emit(Truncate(first, last, Vector.of(factor * scale), Vector.of(offset), mode), x)
    if factor == 1:
        return y
    return node.emit(Affine(Vector.of(1 / factor), Vector.of(offset - offset / factor)), y, part="scale")


def _second(node: Conversion, scale: Fraction, zero: Fraction) -> Stream:
    """Version 2: the codes are divided by the power of two nearest to output scale / scale, and clipped."""
    x = node.stream(0)
    bit_width(node, 3)
    output_scale, width = positive_scale(node, 4).number(), bit_width(node, 5)
    low, high = code_range(width, node.op.flag("signed", True), node.op.flag("narrow", False))
    factor = nearest_power_of_two(output_scale / scale)
    mode = rounding_mode(node, "FLOOR")
    # What the first rounding clips here, the second would clip anyway.
    x = _rounded(node, x, scale, zero, Fraction(low * factor), Fraction(high * factor))
    y = node.emit(Truncate(low, high, Vector.of(factor * scale), Vector.of(-zero * scale), mode), x)
    if output_scale == factor * scale:
        return y
    return node.emit(Affine(Vector.of(output_scale / (factor * scale))), y, part="scale")


def _codes(x: Stream, scale: Fraction, zero: Fraction) -> tuple[Fraction, Fraction]:
    """The least and the largest x / scale + zero, rounded, that the type of `x` allows."""
    ends = [
        (code * step + offset) / scale + zero
        for step, offset in zip(x.type.step.expand(x.type.channels), x.type.offset.expand(x.type.channels), strict=True)
        for code in (x.type.low, x.type.high)
    ]
    return Fraction(Rounding.ROUND.apply(min(ends))), Fraction(Rounding.ROUND.apply(max(ends)))


def _rounded(node: Conversion, x: Stream, scale: Fraction, zero: Fraction, low: Fraction, high: Fraction) -> Stream:
    """`x` on the grid of `scale`: unchanged where its type says that it is."""
    if not x.type.real:
        whole = all((s / scale).denominator == 1 for s in x.type.step.values)
        if whole and all((o / scale + zero).denominator == 1 for o in x.type.offset.values):
            return x
    return node.emit(Quantize(floor(low), ceil(high), Vector.of(scale), Vector.of(-zero * scale)), x, part="codes")


def nearest_power_of_two(ratio: Fraction) -> Fraction:
    """2 ^ round(log2(ratio)), exactly; a ratio of sqrt(2) cannot occur among rationals."""
    exponent = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    candidates = [power_of_two(e) for e in (exponent - 1, exponent, exponent + 1)]
    return next(c for c in candidates if c * c <= 2 * ratio * ratio < 4 * c * c)
