"""Convolutions with constant weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from codesign.frontends.constants import Constant
from codesign.frontends.converters.conversion import Conversion, Stream, shape_text
from codesign.frontends.converters.windowed import windowed_product
from codesign.frontends.converters.windows import image, image_back, windows
from codesign.frontends.names import spelled
from codesign.ir.layers import Affine
from codesign.ir.tensor import Values
from codesign.ir.vector import ONE, Vector


def conv(node: Conversion) -> Stream:
    """Of images and sequences, strided, dilated, padded, grouped: Conv, or FloatConv where the weights are float.

    Weights on a power-of-two grid count as quantized; an Affine behind it adds the bias.
    """
    x, weights = node.stream(0), constant_weights(node)
    spatial = slice(1, -1) if node.op.channels_last else slice(2, None)
    pixels = image(node, x)
    w = windows(node, pixels, weights.shape[spatial])
    groups = node.op.integer("group", 1)
    outputs = weights.shape[0]
    inputs = weights.shape[-1 if node.op.channels_last else 1]
    check_groups(node, weights, groups, pixels.shape[-1], inputs * groups, outputs)
    matrix = weights.moved(_columns_first if node.op.channels_last else _columns)
    y = windowed_product(node, pixels, matrix, inputs, w, groups)
    return image_back(node, biased(node, y, outputs, lambda b: b), x.rank)


def constant_weights(node: Conversion) -> Constant:
    """The operator's weights, with an axis for each of its input's."""
    x, weights = node.stream(0), node.value(1)
    if not isinstance(weights, Constant):
        node.refuse("its weights depend on the network's input; they must be constant")
    weights.check_finite()
    if len(weights.shape) != x.rank or 0 in weights.shape:
        node.refuse(
            f"its weights {spelled(weights.name)} of shape {weights.shape} do not fit an input of shape {shape_text(x)}"
        )
    return weights


def check_groups(node: Conversion, weights: Constant, groups: int, channels: int, weighted: int, split: int) -> None:
    """Refuses groups where the weights are for other channels than the image has, or what they split is no multiple."""
    if groups < 1 or weighted != channels or split % groups:
        node.refuse(
            f"its weights {spelled(weights.name)} of shape {weights.shape} are not {groups} groups of "
            f"{channels} channels; check group and the shape of the weights"
        )


def biased(node: Conversion, y: Stream, outputs: int, spread: Callable[[Values], Values]) -> Stream:
    """`y` plus the bias, if there is one: `spread` gives its numbers, one for each output, to the channels of `y`."""
    bias = node.optional_constant(2, "bias")
    if bias is None:
        return y
    if bias.shape != (outputs,):
        node.refuse(
            f"its bias {spelled(bias.name)} of shape {bias.shape} must hold {outputs} numbers, one for each output"
        )
    return node.emit(Affine(ONE, Vector.of(spread(bias.fractions()))), y, part="bias")


def _columns(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """(outputs, inputs, *window) as a matrix (window x inputs, outputs)."""
    return np.moveaxis(weights, 1, -1).reshape(len(weights), -1).T


def _columns_first(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same from (outputs, *window, inputs)."""
    return weights.reshape(len(weights), -1).T
