"""Activations: functions of each element, and Softmax."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from codesign.frontends.constants import Constant
from codesign.frontends.converters.conversion import Codes, Conversion, Stream, Value
from codesign.ir.layers import Clip, LeakyRelu, Relu, Sigmoid, Sign, Softmax, Tanh


def relu(node: Conversion) -> Stream:
    """max(x, 0): Relu."""
    return node.emit(Relu(), node.stream(0))


def leaky_relu(node: Conversion) -> Stream:
    """x, or alpha * x below 0: LeakyRelu."""
    alpha = node.op.real("alpha", float(np.float32(0.01)))
    assert alpha is not None
    return node.emit(LeakyRelu(alpha), node.stream(0))


def clip(node: Conversion) -> Value:
    """Bounds as attributes or constant inputs: Clip; behind QuantizeLinear it narrows the quantizer."""
    if "min" in node.op.attributes or "max" in node.op.attributes:
        low, high = node.op.real("min", None), node.op.real("max", None)
    else:
        low, high = _bound(node, 1, -np.inf), _bound(node, 2, np.inf)
    x = node.value(0)
    if isinstance(x, Codes):
        return _narrowed(node, x, low, high)
    if low is not None and high is not None and low > high:
        low = high  # the standard: min(max(x, low), high)
    return node.emit(Clip(low, high), node.stream(0))


def _bound(node: Conversion, index: int, none: float) -> Fraction | None:
    bound = node.optional_constant(index, "bounds")
    if bound is None or (isinstance(bound, Constant) and bound.base.size == 1 and bound.base.reshape(-1)[0] == none):
        return None
    return bound.number()


def _narrowed(node: Conversion, x: Codes, low: Fraction | None, high: Fraction | None) -> Codes:
    if any(b is not None and b.denominator != 1 for b in (low, high)):
        node.refuse("bounds between QuantizeLinear and DequantizeLinear must be integers")
    first = x.low if low is None else max(x.low, int(low))
    last = x.high if high is None else min(x.high, int(high))
    if first > last:
        node.refuse(f"no code of {x.low}..{x.high} lies within the bounds {low}..{high}")
    return Codes(x.source, first, last, x.step, x.zero)


def sigmoid(node: Conversion) -> Stream:
    """1 / (1 + exp(-x)): Sigmoid."""
    return node.emit(Sigmoid(), node.stream(0))


def tanh(node: Conversion) -> Stream:
    """The hyperbolic tangent: Tanh."""
    return node.emit(Tanh(), node.stream(0))


def sign(node: Conversion) -> Stream:
    """-1, 0 or 1: Sign."""
    return node.emit(Sign(), node.stream(0))


def softmax(node: Conversion) -> Stream:
    """Over the last axis: Softmax."""
    x = node.stream(0)
    axis = node.axis(node.op.integer("axis", 1 if node.opset < 13 else -1), x.rank)
    # Until opset 12 all axes from `axis` on are normalized together: the last alone if the others have length 1.
    together = node.opset < 13 and axis > 0 and all(n == 1 for n in x.shape[axis - 1 : -1])
    if axis != x.rank - 1 and not together:
        node.refuse(f"softmax over axis {axis} of {x.rank} is not supported; only over the last one")
    return node.emit(Softmax(), x)
