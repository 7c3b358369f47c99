"""Activations: layers of their own, and those that a layer applies to its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.keras.fields import single
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.layers.weights import quantizer_of
from codesign.frontends.keras.spelling import class_of, is_quantizer
from codesign.frontends.names import spelled
from codesign.ir.layers import Affine, Clip, Layer, LeakyRelu, Quantize, Relu, Sigmoid, Softmax, Tanh
from codesign.ir.vector import Vector

HALF = Fraction(1, 2)


def activation(node: KerasLayer) -> Stream:
    """linear, relu, relu6, leaky_relu, sigmoid, tanh, hard_sigmoid, softmax, or a quantizer: as QActivation."""
    return activated(node, node.x, "activation", main=True)


def q_activation(node: KerasLayer) -> Stream:
    """A quantizer of the table below: Quantize; or a function of QKeras or Keras by name: as Activation."""
    return activated(node, node.x, "activation", qkeras=True, main=True)


def activated(node: KerasLayer, x: Stream, key: str, *, qkeras: bool = False, main: bool = False) -> Stream:
    """`x` through the activation under `key`; in QKeras' layers the functions of QKeras come before those of Keras.

    The nodes bear the layer's name if this is its `main` purpose.
    """
    stated = node.fields.other(key)
    part = "" if main else "activation"
    if stated is None or stated == "linear":
        return node.same(x) if main else x
    if is_quantizer(stated):
        found = quantizer_of(node, key)
        assert found is not None
        return found.stream(node, x, part)
    if isinstance(stated, Mapping) and stated.get("config") in ({}, None, class_of(stated)):
        stated = class_of(stated)
    if not isinstance(stated, str):
        node.refuse(f"its {key} {spelled(repr(stated))} is a custom object; use an activation of Keras or QKeras")
    if qkeras and stated in QKERAS_FUNCTIONS:
        return QKERAS_FUNCTIONS[stated](node, x, part)
    if stated == "hard_sigmoid":
        return _hard_sigmoid(node, x, part)
    if stated not in FUNCTIONS:
        names = ", ".join(dict.fromkeys(["linear", "hard_sigmoid", *FUNCTIONS, *(QKERAS_FUNCTIONS if qkeras else ())]))
        node.refuse(f"the activation {spelled(stated)} is not supported; there are {names}")
    return node.emit(FUNCTIONS[stated](node.version), x, part=part)


FUNCTIONS: Mapping[str, Callable[[int], Layer]] = {
    "relu": lambda version: Relu(),
    "relu6": lambda version: Clip(Fraction(0), Fraction(6)),
    "leaky_relu": lambda version: LeakyRelu(single(0.2)),
    "sigmoid": lambda version: Sigmoid(),
    "softmax": lambda version: Softmax(),
    "tanh": lambda version: Tanh(),
}
"""Functions of Keras by name, for its major version."""


def _hard_sigmoid(node: KerasLayer, x: Stream, part: str) -> Stream:
    """clip(0.2 x + 0.5, 0, 1) in Keras 2, clip(x / 6 + 0.5, 0, 1) in Keras 3."""
    return _line(node, x, part, single(0.2) if node.version < 3 else Fraction(1, 6), HALF, Fraction(0))


def _line(node: Building, x: Stream, part: str, slope: Fraction, offset: Fraction, low: Fraction) -> Stream:
    """clip(slope * x + offset, low, 1)."""
    y = node.emit(Affine(Vector.of(slope), Vector.of(offset)), x, part=f"{part}_line".strip("_"))
    return node.emit(Clip(low, Fraction(1)), y, part=part)


def _binary(node: Building, x: Stream, part: str, slope: int, offset: int) -> Stream:
    """slope * round(clip(x / 2 + 1 / 2, 0, 1)) + offset: 1 from above 0 on, since halves round to even."""
    line = Affine(Vector.of(HALF), Vector.of(HALF))
    y = node.emit(line, x, part=f"{part}_line".strip("_"))
    y = node.emit(Quantize(0, 1), y, part=part)
    return node.emit(Affine(Vector.of(slope), Vector.of(offset)), y, part=f"{part}_sign".strip("_")) if offset else y


QKERAS_FUNCTIONS: Mapping[str, Callable[[Building, Stream, str], Stream]] = {
    "binary_sigmoid": lambda node, x, part: _binary(node, x, part, 1, 0),
    "binary_tanh": lambda node, x, part: _binary(node, x, part, 2, -1),
    "hard_sigmoid": lambda node, x, part: _line(node, x, part, HALF, HALF, Fraction(0)),
    "hard_tanh": lambda node, x, part: node.emit(Clip(Fraction(-1), Fraction(1)), x, part=part),
    "smooth_sigmoid": lambda node, x, part: _line(node, x, part, Fraction(3, 16), HALF, Fraction(0)),
    "smooth_tanh": lambda node, x, part: _line(node, x, part, Fraction(3, 8), Fraction(0), Fraction(-1)),
}
"""Functions of QKeras by name."""


def relu(node: KerasLayer) -> Stream:
    """max(x, 0), with negative_slope and max_value: Relu or LeakyRelu, and Clip."""
    slope, threshold = node.fields.single("negative_slope", 0.0), node.fields.single("threshold", 0.0)
    if threshold:
        node.fields.fail("threshold", float(threshold), "0")
    if slope < 0:
        node.fields.fail("negative_slope", float(slope), "0 or above")
    capped = node.fields.other("max_value") is not None
    layer = LeakyRelu(slope) if slope else Relu()
    y = node.emit(layer, node.x, part="slope" if capped else "")
    if not capped:
        return y
    most = node.fields.single("max_value")
    if most < 0:
        node.fields.fail("max_value", float(most), "0 or above")
    return node.emit(Clip(None, most), y)


def leaky_relu(node: KerasLayer) -> Stream:
    """x, or alpha * x below 0: LeakyRelu."""
    key = "alpha" if "alpha" in node.fields.entries else "negative_slope"
    return node.emit(LeakyRelu(node.fields.single(key, 0.3)), node.x)


def softmax(node: KerasLayer) -> Stream:
    """Over the last axis: Softmax."""
    x = node.x
    [axis] = node.fields.integers("axis", 1, -1)
    if node.axis(axis, x.rank) != x.rank - 1:
        node.refuse(f"softmax over axis {axis} of {x.rank} is not supported; only over the last one")
    return node.emit(Softmax(), x)
