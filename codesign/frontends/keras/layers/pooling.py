"""Pools: the largest value or the average of windows, or of whole images and sequences."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import numpy as np

from codesign.frontends.converters.building import Stream
from codesign.frontends.converters.pooling import averaged, window_counts
from codesign.frontends.keras.float32 import Single
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.layers.activations import activated
from codesign.frontends.keras.layers.images import image, image_back, windows
from codesign.frontends.keras.layers.weights import constant, quantizer_of
from codesign.ir.layers import Affine, MaxPool, Reshape, SumPool
from codesign.ir.vector import Vector


def max_pooling1d(node: KerasLayer) -> Stream:
    """Of sequences, padding never wins: MaxPool."""
    return _max(node, 1)


def max_pooling2d(node: KerasLayer) -> Stream:
    """Of images, padding never wins: MaxPool."""
    return _max(node, 2)


def _max(node: KerasLayer, axes: int) -> Stream:
    x = image(node, axes)
    size = node.fields.integers("pool_size", axes)
    w = windows(node, x, size, node.fields.integers("strides", axes, list(size)), (1, 1))
    return image_back(node, node.emit(MaxPool(w.size, w.stride, w.padding), x), axes)


def average_pooling1d(node: KerasLayer) -> Stream:
    """Of sequences, what is padded not counted: SumPool and Affine."""
    return _average(node, 1)


def average_pooling2d(node: KerasLayer) -> Stream:
    """Of images, what is padded not counted: SumPool and Affine."""
    return _average(node, 2)


def _average(node: KerasLayer, axes: int) -> Stream:
    x = image(node, axes)
    size = node.fields.integers("pool_size", axes)
    w = windows(node, x, size, node.fields.integers("strides", axes, list(size)), (1, 1))
    counts = np.outer(*(window_counts(node, x, w, w, k, False) for k in (0, 1)))
    return image_back(node, averaged(node, x, w, counts), axes)


def q_average_pooling2d(node: KerasLayer) -> Stream:
    """As AveragePooling2D, times the area times the quantized 1 / area, and an activation: SumPool and Affine."""
    y = _average(node, 2)
    return _quantized(node, y, prod(node.fields.integers("pool_size", 2)))


def global_average_pooling1d(node: KerasLayer) -> Stream:
    """The average of each channel of a sequence: SumPool and Affine."""
    return _whole(node, 1, average=True)


def global_average_pooling2d(node: KerasLayer) -> Stream:
    """The average of each channel of an image: SumPool and Affine."""
    return _whole(node, 2, average=True)


def q_global_average_pooling2d(node: KerasLayer) -> Stream:
    """As GlobalAveragePooling2D, times the area times the quantized 1 / area, and an activation: SumPool and Affine."""
    area = prod(node.x.shape[:-1])
    return _quantized(node, _whole(node, 2, average=True), area)


def global_max_pooling1d(node: KerasLayer) -> Stream:
    """The largest value of each channel of a sequence: MaxPool."""
    return _whole(node, 1, average=False)


def global_max_pooling2d(node: KerasLayer) -> Stream:
    """The largest value of each channel of an image: MaxPool."""
    return _whole(node, 2, average=False)


def _whole(node: KerasLayer, axes: int, average: bool) -> Stream:
    x = image(node, axes)
    size = (x.shape[0], x.shape[1])
    if average:
        y = node.emit(SumPool(size, (1, 1)), x)
        y = node.emit(Affine(Vector.of(Fraction(1, prod(size)))), y, part="mean")
    else:
        y = node.emit(MaxPool(size, (1, 1)), x)
    kept = (1,) * axes if node.flag("keepdims", False) else ()
    shape = (*kept, x.shape[-1])
    return y if y.shape == shape else node.emit(Reshape(shape), y, part="shape")


def _quantized(node: KerasLayer, y: Stream, area: int) -> Stream:
    """An average as QKeras quantizes it: times the area, times the quantized 1 / area."""
    found = quantizer_of(node, "average_quantizer")
    if found is not None:
        factor: Single = np.array([1.0 / area], dtype=np.float32)
        value = constant(node, "average_quantizer", found, factor).number()
        y = node.emit(Affine(Vector.of(value * area)), y, part="factor")
    return activated(node, y, "activation", qkeras=True)
