"""How a host turns the user's numbers into codes: each channel of an input one of three functions, all of them exact.

A plain fixed-point quantizer is one rounding. Up to `MANY_LEVELS` codes, and `MOST_THRESHOLDS` of all channels, any
other encoder is a staircase, whose thresholds are computed here, once and exactly. One of more that is a line and a
rounding stays a line, with exact coefficients, so that a host can decide by exact arithmetic where floating point
leaves a doubt; clips only move its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.errors import IRError, TargetError
from codesign.ir.fixed import Rounding
from codesign.ir.halfline import HalfLine
from codesign.ir.layers.activation import Clip, Relu
from codesign.ir.layers.affine import Affine
from codesign.ir.layers.input import MANY_LEVELS, Input, first_float, is_binary
from codesign.ir.layers.quantize import Quantize
from codesign.ir.steps import regions

MOST_THRESHOLDS = 1 << 16
"""Of the staircases of all channels of an encoder that is no line; they are computed one by one."""


_STRAIGHT = (Affine, Clip, Relu)
"""Functions that are a line, but for the ends at which it is cut off: those of the whole chain are two codes."""

_LARGEST = Fraction(float(np.finfo(np.float64).max))


@dataclass(frozen=True)
class Binary:
    """clip(round(x * 2^frac), low, high), ties to even."""

    frac: int
    low: int
    high: int


@dataclass(frozen=True)
class Line:
    """clip(round(x * slope + intercept), low, high); the slope is not 0."""

    slope: Fraction
    intercept: Fraction
    low: int
    high: int
    rounding: Rounding


@dataclass(frozen=True)
class Stairs:
    """`first`, and one more (one less where it falls) for each of the ascending thresholds that x has reached."""

    first: int
    falls: bool
    thresholds: tuple[float, ...]


Encoder = Binary | Line | Stairs


def encoders(layer: Input, name: str) -> tuple[Encoder, ...]:
    """The encoder of each channel, or one for all; TargetError, with the `name` of the input, where there is none that
    a host could compute exactly."""
    tensor, chain = layer.tensor, layer.encoder
    if tensor.real or not chain:
        raise IRError(f"encoding: input {name} has no codes")
    channels = range(tensor.channels if any(f.per_channel for f in chain) else 1)
    last = chain[-1]
    if len(chain) == 1 and isinstance(last, Quantize) and is_binary(last):
        return (Binary(tensor.type.frac, last.low, last.high),)
    levels = tensor.high - tensor.low
    many = levels > MANY_LEVELS or levels * len(channels) > MOST_THRESHOLDS
    if many and isinstance(last, Quantize) and all(isinstance(f, _STRAIGHT) for f in chain[:-1]):
        return tuple(_line(layer, last, c) for c in channels)
    if levels * len(channels) > max(MOST_THRESHOLDS, MANY_LEVELS * len(channels)):
        functions = ", ".join(type(f).__name__ for f in chain)
        raise TargetError(
            f"input {name}: {levels + 1} codes of {len(channels)} channels by the functions {functions} are more than "
            f"a host tabulates ({MOST_THRESHOLDS}); give the input fewer bits, or a type of its own (--input-type)"
        )
    return tuple(_stairs(layer, c, name) for c in channels)


def _line(layer: Input, quantizer: Quantize, channel: int) -> Line | Stairs:
    if layer.tensor.step != quantizer.step or layer.tensor.offset != quantizer.offset:
        raise IRError("encoding: the codes of an input are not those of its quantizer")
    slope, intercept = Fraction(1), Fraction(0)
    for f in layer.encoder[:-1]:
        if isinstance(f, Affine):
            slope, intercept = slope * f.scale[channel], intercept * f.scale[channel] + f.offset[channel]
    step = quantizer.step[channel]
    slope, intercept = slope / step, (intercept - quantizer.offset[channel]) / step
    low, high = sorted((_code(layer, quantizer, channel, -_LARGEST), _code(layer, quantizer, channel, _LARGEST)))
    if slope == 0:
        return Stairs(low, False, ())
    return Line(slope, intercept, low, high, quantizer.rounding)


def _code(layer: Input, quantizer: Quantize, channel: int, x: Fraction) -> int:
    """The code of x, computed exactly."""
    values = np.empty((1, 1), dtype=object)
    values[0, 0] = x
    for f in layer.encoder:
        values = f.channel(channel).real(values)
    return int((values[0, 0] - quantizer.offset[channel]) / quantizer.step[channel])


def _stairs(layer: Input, channel: int, name: str) -> Stairs:
    found = regions(layer.encoder, layer.tensor, channel)
    first = layer.tensor.low + sum(region is True for region in found)
    lines = [region for region in found if isinstance(region, HalfLine)]
    falls = any(not line.up for line in lines)
    if falls and any(line.up for line in lines):
        raise IRError(f"encoding: input {name} rises and falls in channel {channel}")
    thresholds = tuple(sorted(first_float(line) for line in lines))
    return Stairs(first + len(thresholds) if falls else first, falls, thresholds)
