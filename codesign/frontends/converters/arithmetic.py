"""Sums, products and batch normalization: scale and offset per channel, or the sum of two streams."""

from __future__ import annotations

from codesign.frontends.constants import Constant
from codesign.frontends.converters.broadcasting import combined
from codesign.frontends.converters.conversion import Conversion, Stream
from codesign.frontends.names import spelled
from codesign.ir.layers import Add, Affine, BatchNorm, Multiply
from codesign.ir.vector import ONE, Vector


def add(node: Conversion) -> Stream:
    """With a constant, per channel or one for all: Affine; of two streams, broadcast as ONNX does: Add."""
    a, b = node.value(0), node.value(1)
    if isinstance(a, Constant):
        return node.elementwise(node.stream(1), lambda v: Affine(ONE, v), a)
    if isinstance(b, Constant):
        return node.elementwise(node.stream(0), lambda v: Affine(ONE, v), b)
    return combined(node, Add(), node.stream(0), node.stream(1))


def sub(node: Conversion) -> Stream:
    """With a constant on either side: Affine; of two streams, broadcast as ONNX does: Add with the second negated."""
    a, b = node.value(0), node.value(1)
    if isinstance(a, Constant):
        return node.elementwise(node.stream(1), lambda v: Affine(-ONE, v), a)
    if isinstance(b, Constant):
        return node.elementwise(node.stream(0), lambda v: Affine(ONE, -v), b)
    return combined(node, Add(negate=True), node.stream(0), node.stream(1))


def mul(node: Conversion) -> Stream:
    """By a constant, per channel or one for all: Affine; of two streams, broadcast as ONNX does: Multiply."""
    a, b = node.value(0), node.value(1)
    if isinstance(a, Constant):
        return node.elementwise(node.stream(1), Affine, a)
    if isinstance(b, Constant):
        return node.elementwise(node.stream(0), Affine, b)
    return combined(node, Multiply(), node.stream(0), node.stream(1))


def div(node: Conversion) -> Stream:
    """By a constant, per channel or one for all: Affine."""
    divisor = node.value(1)
    if not isinstance(divisor, Constant):
        node.refuse("a division by a value that depends on the input is not supported; the divisor must be constant")
    if any(v == 0 for v in divisor.fractions().ravel()):
        node.refuse(f"the divisor {spelled(divisor.name)} holds a zero")
    return node.elementwise(node.stream(0), lambda v: Affine(ONE / v), divisor)


def neg(node: Conversion) -> Stream:
    """-x: Affine."""
    return node.emit(Affine(-ONE), node.stream(0))


def batch_normalization(node: Conversion) -> Stream:
    """With the stored statistics, the channels along axis 1 (last in the channels-last domain): BatchNorm."""
    x = node.stream(0)
    for ignored in ("momentum", "consumed_inputs"):
        node.op.other(ignored)
    if node.op.flag("training_mode", False) or not node.op.flag("spatial", True):
        node.refuse("only inference with statistics per channel is supported; export the network in evaluation mode")
    # Before opset 7 `is_test` chose inference, and its default was training.
    if node.opset < 7 and not node.op.flag("is_test", False):
        node.refuse("is_test=0 normalizes with the statistics of the batch; export the network in evaluation mode")
    node.op.other("is_test")
    epsilon = node.op.real("epsilon", EPSILON)
    assert epsilon is not None
    names = ("scale", "bias", "mean", "variance")
    axis = x.rank - 1 if node.op.channels_last else 1
    parameters = [node.per_axis(node.constant(k, what), x, axis) for k, what in enumerate(names, start=1)]
    variance = parameters[3]
    if epsilon < 0 or any(v + epsilon <= 0 for v in variance.fractions().ravel()):
        node.refuse(f"the variance {spelled(variance.name)} plus epsilon must be positive")

    def layer(gamma: Vector, beta: Vector, mean: Vector, var: Vector) -> BatchNorm:
        return BatchNorm(gamma, beta, mean, var, epsilon)

    return node.elementwise(x, layer, *parameters)


EPSILON = 9.999999747378752e-06
"""The standard's default, 1e-5, as the float32 that it is."""
