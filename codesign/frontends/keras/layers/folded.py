"""Convolutions that QKeras merges with the batch normalization behind them.

Both of its folding modes mean the same in inference: kernel * inv and (bias - mean) * inv + beta, with
inv = gamma / sqrt(variance + epsilon), all in float32, and both quantized then (qconv2d_batchnorm.py of QKeras 0.9).
"""

from __future__ import annotations

import numpy as np

from codesign.frontends.converters.building import Stream
from codesign.frontends.keras.float32 import Single, rsqrt
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.layers.activations import activated
from codesign.frontends.keras.layers.convolution import convolved, depthwise, depthwise_input, one_group
from codesign.frontends.keras.layers.images import image
from codesign.frontends.keras.layers.normalization import last_axis, statistics
from codesign.frontends.keras.layers.weights import biased, kernel, names_of

MODES = ("ema_stats_folding", "batch_stats_folding")


def q_conv2d_batchnorm(node: KerasLayer) -> Stream:
    """As QConv2D, its kernel and bias folded with the normalization before they are quantized: Conv."""
    x, filters, size = image(node, 2), node.fields.integer("filters"), node.fields.integers("kernel_size", 2)
    one_group(node)
    stored = node.stored(*names_of(node, "kernel"), "iteration")
    weights = node.weight("kernel", stored, (*size, x.shape[-1], filters))
    bias = node.weight("bias", stored, (filters,)) if "bias" in stored else None
    inverse, folded = _folded(node, filters, bias)
    y = convolved(node, x, kernel(node, "kernel_quantizer", inverse * weights), size, 1)
    return activated(node, biased(node, y, folded), "activation", qkeras=True)


def q_depthwise_conv2d_batchnorm(node: KerasLayer) -> Stream:
    """As QDepthwiseConv2D, its kernel and bias folded with the normalization before they are quantized: Conv."""
    x, multiplier, size = depthwise_input(node)
    results = x.shape[-1] * multiplier
    stored = node.stored(*names_of(node, "depthwise_kernel"), "iteration")
    weights = node.weight("depthwise_kernel", stored, (*size, x.shape[-1], multiplier))
    bias = node.weight("bias", stored, (results,)) if "bias" in stored else None
    inverse, folded = _folded(node, results, bias)
    found = kernel(node, "depthwise_quantizer", inverse.reshape(x.shape[-1], multiplier) * weights)
    return activated(node, biased(node, depthwise(node, x, found, size), folded), "activation", qkeras=True)


def _folded(node: KerasLayer, channels: int, bias: Single | None) -> tuple[Single, Single]:
    """(inv, the folded bias)."""
    mode = node.fields.text("folding_mode", MODES[0])
    if mode not in MODES:
        node.fields.fail("folding_mode", mode, " or ".join(MODES))
    node.fields.ignore("ema_freeze_delay")
    last_axis(node, 4)
    epsilon = np.float32(float(node.fields.single("epsilon", 0.001)))
    if not node.flag("center", True):
        node.fields.fail("center", False, "True, without which QKeras fails")
    found = statistics(node, channels, part="batchnorm")
    if (found["variance"] + epsilon <= 0).any():
        node.refuse(f"its variance plus epsilon is {float((found['variance'] + epsilon).min())!r}; it must be positive")
    inverse = rsqrt(found["variance"] + epsilon)
    if "gamma" in found:
        inverse = inverse * found["gamma"]
    shifted = (np.float32(0) if bias is None else bias) - found["mean"]
    return inverse, np.asarray(inverse * shifted + found["beta"])
