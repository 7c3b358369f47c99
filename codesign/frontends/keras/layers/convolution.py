"""Convolutions: full, depthwise and separable."""

from __future__ import annotations

from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Stream
from codesign.frontends.converters.windowed import windowed_product
from codesign.frontends.converters.windows import Windows
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.layers.activations import activated
from codesign.frontends.keras.layers.images import image, image_back, pair, windows
from codesign.frontends.keras.layers.weights import biased, kernel, names_of


def conv1d(node: KerasLayer) -> Stream:
    """Of sequences, strided, dilated, padded valid, same or causal, grouped: Conv, or FloatConv for float weights."""
    return _conv(node, 1, qkeras=False)


def conv2d(node: KerasLayer) -> Stream:
    """Of images, strided, dilated, padded valid or same, grouped: Conv, or FloatConv for float weights."""
    return _conv(node, 2, qkeras=False)


def q_conv1d(node: KerasLayer) -> Stream:
    """As Conv1D, with kernel_quantizer and bias_quantizer: Conv."""
    return _conv(node, 1, qkeras=True)


def q_conv2d(node: KerasLayer) -> Stream:
    """As Conv2D, with kernel_quantizer and bias_quantizer: Conv."""
    return _conv(node, 2, qkeras=True)


def _conv(node: KerasLayer, axes: int, qkeras: bool) -> Stream:
    x, filters, groups = image(node, axes), node.fields.integer("filters"), node.fields.integer("groups", 1)
    if qkeras:
        one_group(node)
    size = node.fields.integers("kernel_size", axes)
    if groups < 1 or x.shape[-1] % groups:
        node.fields.fail("groups", groups, f"a divisor of the {x.shape[-1]} channels")
    stored = node.stored(*names_of(node, "kernel"))
    found = node.weight("kernel", stored, (*size, x.shape[-1] // groups, filters))
    y = convolved(node, x, kernel(node, "kernel_quantizer", found), size, groups)
    bias = node.weight("bias", stored, (filters,)) if "bias" in stored else None
    return activated(node, image_back(node, biased(node, y, bias), axes), "activation", qkeras=qkeras)


def convolved(
    node: KerasLayer, x: Stream, weights: Constant, size: tuple[int, ...], groups: int, part: str = ""
) -> Stream:
    """The image `x` times weights (*size, channels / groups, filters), with the layer's strides and dilation."""
    axes = len(size)
    dilation = node.fields.integers("dilation_rate", axes, 1)
    w = windows(node, x, size, node.fields.integers("strides", axes, 1), pair(dilation, 1))
    return _product(node, x, weights, w, groups, part)


def _product(node: KerasLayer, x: Stream, weights: Constant, w: Windows, groups: int, part: str) -> Stream:
    inputs, outputs = weights.shape[-2:]
    return windowed_product(node, x, weights.moved(lambda a: a.reshape(-1, outputs)), inputs, w, groups, part)


def depthwise_conv2d(node: KerasLayer) -> Stream:
    """Each channel by itself, strided, dilated, padded valid or same, any depth_multiplier: Conv in groups."""
    return _depthwise(node, qkeras=False)


def q_depthwise_conv2d(node: KerasLayer) -> Stream:
    """As DepthwiseConv2D, with depthwise_quantizer and bias_quantizer: Conv in groups."""
    return _depthwise(node, qkeras=True)


def _depthwise(node: KerasLayer, qkeras: bool) -> Stream:
    x, multiplier, size = depthwise_input(node)
    stored = node.stored(*names_of(node, "depthwise_kernel"))
    found = node.weight("depthwise_kernel", stored, (*size, x.shape[-1], multiplier))
    y = depthwise(node, x, kernel(node, "depthwise_quantizer", found), size)
    bias = node.weight("bias", stored, (x.shape[-1] * multiplier,)) if "bias" in stored else None
    return activated(node, biased(node, y, bias), "activation", qkeras=qkeras)


def depthwise_input(node: KerasLayer) -> tuple[Stream, int, tuple[int, ...]]:
    """The image, how many results each channel gives, and the window."""
    x = image(node, 2)
    node.fields.ignore("filters")  # which QKeras stores, and does not read
    one_group(node)
    return x, node.fields.integer("depth_multiplier", 1), node.fields.integers("kernel_size", 2)


def one_group(node: KerasLayer) -> None:
    """Refuses groups, which these layers have no meaning for."""
    groups = node.fields.integer("groups", 1)
    if groups != 1:
        node.fields.fail("groups", groups, "1")


def depthwise(node: KerasLayer, x: Stream, weights: Constant, size: tuple[int, ...], part: str = "") -> Stream:
    """The image `x`, each channel times its own weights (*size, channels, multiplier)."""
    channels, multiplier = weights.shape[-2:]
    side_by_side = weights.moved(lambda a: a.reshape(*size, 1, channels * multiplier))
    return convolved(node, x, side_by_side, size, channels, part)


def separable_conv2d(node: KerasLayer) -> Stream:
    """A depthwise convolution, then one of 1 x 1 windows: two Conv, nothing rounded between."""
    return _separable(node, qkeras=False)


def q_separable_conv2d(node: KerasLayer) -> Stream:
    """As SeparableConv2D, with depthwise_quantizer, pointwise_quantizer and bias_quantizer: two Conv."""
    return _separable(node, qkeras=True)


def _separable(node: KerasLayer, qkeras: bool) -> Stream:
    x, filters = image(node, 2), node.fields.integer("filters")
    multiplier, size = node.fields.integer("depth_multiplier", 1), node.fields.integers("kernel_size", 2)
    one_group(node)
    stored = node.stored(*names_of(node, "depthwise_kernel", "pointwise_kernel"))
    first = node.weight("depthwise_kernel", stored, (*size, x.shape[-1], multiplier))
    second = node.weight("pointwise_kernel", stored, (1, 1, x.shape[-1] * multiplier, filters))
    y = depthwise(node, x, kernel(node, "depthwise_quantizer", first), size, part="depthwise")
    one = Windows((1, 1), (1, 1), (1, 1), (0, 0, 0, 0))
    y = _product(node, y, kernel(node, "pointwise_quantizer", second), one, 1, "")
    bias = node.weight("bias", stored, (filters,)) if "bias" in stored else None
    return activated(node, biased(node, y, bias), "activation", qkeras=qkeras)
