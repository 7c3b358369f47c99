"""How far an evaluation in float32 can be from the exact meaning: a bound for each element of each output.

The bounds are those of textbooks (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3) on the exact
values at hand: a sum of n products is off by at most n * 2^-24 * sum |w x|, in whatever order it is added. What
float32 computes without any rounding has the bound 0: codes times powers of two, and their sums below 2^24, so that
there a value that lies exactly on a threshold must fall to the right side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from math import prod

import numpy as np
from numpy.typing import NDArray

from codesign.errors import IRError
from codesign.ir.graph import Graph
from codesign.ir.layers import (
    Add,
    Affine,
    ArgMax,
    Clip,
    Concat,
    Conv,
    Crop,
    Dense,
    FloatConv,
    Identity,
    Input,
    Layer,
    LeakyRelu,
    MatMul,
    MaxPool,
    Multiply,
    MultiThreshold,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Sigmoid,
    Sign,
    Slice,
    Softmax,
    SumPool,
    Tanh,
    Transpose,
    Truncate,
    Upsample,
)
from codesign.ir.layers.conv import correlate
from codesign.ir.layers.window import padded
from codesign.ir.near import rounded
from codesign.ir.reals import Reals
from codesign.ir.tensor import Found, Tensor, as_codes
from codesign.ir.vector import ZERO, Vector, common_step

Floats = NDArray[np.float64]

UNIT = 2.0**-24
"""The relative error of one rounding."""
EXACT = 2.0**24
"""Integers up to this are float32 numbers."""
TINY = 2.0**-126
"""What a result below the normal numbers may lose."""
FUNCTION = 2.0**-21
"""The error allowed to an implementation of exp, tanh or the sigmoid."""


@dataclass(frozen=True, eq=False)
class Known:
    """The exact `value` of each element, how far float32's may be, and a power of two of which all values are
    multiples (0 where there is none that is known)."""

    value: Floats
    error: Floats
    grain: float = 0.0


def float_errors(typed: Graph, meaning: Mapping[str, Found], *, ties: bool) -> list[Floats]:
    """For each output of the network the bounds (n, *shape), given the exact result of every node.

    With `ties`, a quantizer whose exact input lies within its error of a threshold may fall to either side of it,
    and what follows is bounded accordingly; without, every quantizer is taken to give the exact code.
    """
    known: dict[str, Known] = {}
    for node in typed:
        y = _floats(node.type, meaning[node.name])
        types = [typed[i].type for i in node.inputs]
        known[node.name] = float_bound(node.layer, y, [known[i] for i in node.inputs], types, ties)
    return [known[o.source].error for o in typed.outputs]


def _floats(tensor: Tensor, x: Found) -> Floats:
    if isinstance(x, Reals) and np.isfinite(x.near.value).all() and np.isfinite(x.near.error).all():
        return x.near.value  # as near as float64 is, compared with which the errors of float32 are large
    return np.asarray(tensor.exact(x), dtype=np.float64) if tensor.real else tensor.decode_float(as_codes(x))


@singledispatch
def float_bound(layer: Layer, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    """What is known of a layer's float32 result, from its exact result `y`, what is known of its inputs `xs` and their
    `types`. A layer registers its own function; IRError for one that has none."""
    raise IRError(f"float_error: there is no bound for {type(layer).__name__}")


@float_bound.register
def _(layer: Input, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    fixed = not layer.tensor.real
    grain = _grain(layer.tensor.step, layer.tensor.offset) if fixed else 0.0
    return Known(y, np.abs(y.astype(np.float32) - y), grain)


@float_bound.register
def _(layer: Identity, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return xs[0]


@float_bound.register
def _(layer: Reshape, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return Known(y, xs[0].error.reshape(y.shape), xs[0].grain)


@float_bound.register
def _(layer: Transpose, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return Known(y, xs[0].error.transpose(0, *(a + 1 for a in layer.axes)), xs[0].grain)


@float_bound.register
def _(layer: Dense, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    grain = _grain(layer.step) if _powers_of_two(layer.step) and layer.bias is None else 0.0
    return _product(y, xs[0], layer.weights * _array(layer.step), grain)


@float_bound.register
def _(layer: MatMul, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return _product(y, xs[0], layer.weights, 0.0)


@float_bound.register
def _(layer: Conv, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    grain = _grain(layer.step) if _powers_of_two(layer.step) and layer.bias is None else 0.0
    return _windows(layer, y, xs[0], layer.weights * _array(layer.step), grain)


@float_bound.register
def _(layer: FloatConv, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return _windows(layer, y, xs[0], layer.weights, 0.0)


def _windows(layer: Conv | FloatConv, y: Floats, x: Known, weights: Floats, grain: float) -> Known:
    """As `_product`, over windows."""

    def summed(values: Floats) -> Floats:
        return correlate(padded(values, layer.padding, 0), size, layer.stride, layer.dilation, layer.groups)

    size = np.abs(weights)
    grain *= x.grain
    terms, passed = summed(np.abs(x.value)), summed(x.error)
    error = passed + (prod(weights.shape[:3]) + 4) * UNIT * (terms + passed + np.abs(y)) + TINY
    exact = (passed == 0) & (terms <= EXACT * grain)
    return Known(y, np.where(exact, 0.0, error), grain)


@float_bound.register
def _(layer: SumPool, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    (x,) = xs
    terms, passed = layer.real(np.abs(x.value)), layer.real(x.error)
    error = passed + (prod(layer.size) + 4) * UNIT * (terms + passed) + TINY
    exact = (passed == 0) & (terms <= EXACT * x.grain)
    return Known(y, np.where(exact, 0.0, error), x.grain)


@float_bound.register
def _(layer: MaxPool | Upsample | Slice | Crop, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    """A largest value is never further off than the furthest of its window; the others only move values."""
    return Known(y, np.asarray(layer.real(xs[0].error)), xs[0].grain)


@float_bound.register
def _(layer: Pad, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return Known(y, padded(xs[0].error, (layer.top, layer.bottom, layer.left, layer.right), 0), xs[0].grain)


@float_bound.register
def _(layer: Concat, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return Known(y, np.concatenate([x.error for x in xs], axis=-1), min(x.grain for x in xs))


def _product(y: Floats, x: Known, weights: Floats, grain: float) -> Known:
    size = np.abs(weights)
    grain *= x.grain
    terms, passed = np.abs(x.value) @ size, x.error @ size
    error = passed + (len(weights) + 4) * UNIT * (terms + passed + np.abs(y)) + TINY
    exact = ~x.error.any(axis=-1, keepdims=True) & (terms <= EXACT * grain)
    return Known(y, np.where(exact, 0.0, error), grain)


@float_bound.register
def _(layer: Affine, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    """Up to eight roundings, as a batch norm written out has."""
    (x,) = xs
    scale, offset = np.abs(_array(layer.scale)), np.abs(_array(layer.offset))
    terms, passed = np.abs(x.value) * scale + offset, x.error * scale
    grain = 0.0
    if x.grain and _powers_of_two(layer.scale):
        grain = x.grain * _grain(layer.scale)
        if layer.offset != ZERO:
            grain = min(grain, _grain(layer.offset))
    exact = (x.error == 0) & (terms <= EXACT * grain)
    if layer.offset == ZERO and _powers_of_two(layer.scale):
        exact = x.error == 0
    return Known(y, np.where(exact, 0.0, passed + 16 * UNIT * (terms + passed) + TINY), grain)


@float_bound.register
def _(layer: Add, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    a, b = xs
    passed, grain = a.error + b.error, min(a.grain, b.grain)
    exact = (passed == 0) & (np.abs(y) <= EXACT * grain)
    return Known(y, np.where(exact, 0.0, passed + 2 * UNIT * (np.abs(y) + passed) + TINY), grain)


@float_bound.register
def _(layer: Multiply, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    """(x + e) (y + f) is off by x f + y e + e f, and by one rounding."""
    a, b = xs
    passed, grain = np.abs(a.value) * b.error + np.abs(b.value) * a.error + a.error * b.error, a.grain * b.grain
    exact = (passed == 0) & (np.abs(y) <= EXACT * grain)
    return Known(y, np.where(exact, 0.0, passed + 2 * UNIT * (np.abs(y) + passed) + TINY), grain)


@float_bound.register
def _(layer: Relu, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    (x,) = xs
    return Known(y, np.where(x.value + x.error > 0, x.error, 0.0), x.grain)


@float_bound.register
def _(layer: Clip, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    bounds = [b for b in (layer.low, layer.high) if b]
    return Known(y, xs[0].error, min(xs[0].grain, _grain(Vector.of(bounds))) if bounds else xs[0].grain)


@float_bound.register
def _(layer: LeakyRelu, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    error = xs[0].error * max(1.0, abs(float(layer.alpha)))
    return Known(y, error + 2 * UNIT * (np.abs(y) + error) + TINY)


@float_bound.register
def _(layer: Sigmoid, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return Known(y, xs[0].error / 4 + FUNCTION)


@float_bound.register
def _(layer: Tanh, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    return Known(y, xs[0].error + FUNCTION)


@float_bound.register
def _(layer: Softmax, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    (x,) = xs
    exponent = (x.error + 2 * UNIT * np.abs(x.value)).max(axis=-1, keepdims=True)
    factor = np.expm1(np.minimum(2 * exponent, 100.0)) + x.value.shape[-1] * FUNCTION
    return Known(y, np.minimum(y * factor + TINY, 1.0))


@float_bound.register
def _(layer: ArgMax, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    """The largest index distance to an element that may be the largest."""
    (x,) = xs
    winner = y if layer.keep else y[..., None]
    index = np.arange(x.value.shape[-1])
    possible = (x.value + x.error >= (x.value - x.error).max(axis=-1, keepdims=True)) & ties
    possible &= x.error.any(axis=-1, keepdims=True)
    distance = np.where(possible, np.abs(index - winner), 0.0).max(axis=-1, keepdims=layer.keep)
    return Known(y, distance, 1.0)


@float_bound.register
def _(layer: Sign, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    (x,) = xs
    return Known(y, _reach(y, np.sign(x.value - x.error), np.sign(x.value + x.error), ties), 1.0)


@float_bound.register
def _(layer: MultiThreshold, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    (x,) = xs
    low, high = np.empty(y.shape), np.empty(y.shape)
    for c in range(y.shape[-1]):
        row = layer.thresholds[c if len(layer.thresholds) > 1 else 0]
        low[..., c] = np.searchsorted(row, x.value[..., c] - x.error[..., c], side="right")
        high[..., c] = np.searchsorted(row, x.value[..., c] + x.error[..., c], side="right")
    return _quantized(layer.step, layer.offset, y, low, high, ties)


@float_bound.register
def _(layer: Quantize, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    (x,) = xs
    noise = x.error / np.abs(_array(layer.step))
    if not (_compares_with_zero(layer) or (_powers_of_two(layer.step) and layer.offset == ZERO)):
        shift = np.abs(_array(layer.offset / layer.step))  # the zero point, added to the quotient
        noise = noise + 4 * UNIT * (np.abs(_quotient(layer, x)) + shift + noise) + TINY
    return _between(layer, y, x, noise, ties)


@float_bound.register
def _(layer: Truncate, y: Floats, xs: list[Known], types: list[Tensor], ties: bool) -> Known:
    """The input is rounded to its codes first, which removes errors below half a code."""
    (x,) = xs
    if types[0].real:
        raise IRError("float_error: Truncate reads codes")
    unit = np.abs(_array(types[0].step))
    codes = np.floor((x.error + 4 * UNIT * np.abs(x.value)) / unit + 0.5)
    return _between(layer, y, x, codes * unit / np.abs(_array(layer.step)), ties)


def _compares_with_zero(layer: Quantize) -> bool:
    """Whether this is a bipolar quantizer, whose threshold takes no arithmetic."""
    bipolar = Quantize.bipolar(Vector(tuple(-v for v in layer.offset.values)))
    return (layer.low, layer.high, layer.step, layer.rounding) == (0, 1, bipolar.step, bipolar.rounding)


def _quotient(layer: Quantize, x: Known) -> Floats:
    return (x.value - _array(layer.offset)) / _array(layer.step)


def _between(layer: Quantize, y: Floats, x: Known, noise: Floats, ties: bool) -> Known:
    z = _quotient(layer, x)
    low, high = (np.clip(rounded(layer.rounding, v), layer.low, layer.high) for v in (z - noise, z + noise))
    return _quantized(layer.step, layer.offset, y, low, high, ties)


def _quantized(step: Vector, offset: Vector, y: Floats, low: Floats, high: Floats, ties: bool) -> Known:
    """The values of the codes from `low` to `high`, and the rounding of a code times the step."""
    ends = [codes * _array(step) + _array(offset) for codes in (low, high)]
    grain = _grain(step, offset)
    exact = np.abs(y) <= EXACT * grain
    rounding = np.where(exact, 0.0, 2 * UNIT * (np.abs(y) + np.abs(_array(offset))) + TINY)
    return Known(y, _reach(y, ends[0], ends[1], ties) + rounding, grain)


def _reach(y: Floats, low: Floats, high: Floats, ties: bool) -> Floats:
    """How far from `y` the values from `low` to `high` are; nothing where they are the same, or without `ties`."""
    return np.where((low != high) & ties, np.maximum(np.abs(low - y), np.abs(high - y)), 0.0)


def _array(v: Vector) -> Floats:
    return np.array([float(x) for x in v.values])


def _powers_of_two(v: Vector) -> bool:
    return all((abs(x.numerator) * x.denominator).bit_count() == 1 for x in v.values)


def _grain(*vectors: Vector) -> float:
    """The largest power of two of which all numbers are multiples; 0 where there is none."""
    step = common_step(x for v in vectors for x in v.values)
    if step.denominator.bit_count() != 1 or not step:
        return 0.0
    return float(step.numerator & -step.numerator) / step.denominator
