"""The layer that multiplies the windows of an image by constant weights, for ONNX and for Keras."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.converters.linear import typed_product
from codesign.frontends.converters.windows import Windows
from codesign.ir.layers import Conv, Dense, FloatConv, Layer


def windowed_product(
    node: Building, x: Stream, matrix: Constant, inputs: int, w: Windows, groups: int, part: str = ""
) -> Stream:
    """Conv, or FloatConv where the weights are float. The rows of the matrix (size * inputs, outputs) are the pixels of
    a window in their order, each with the `inputs` channels of a group."""
    shape = (*w.size, inputs, matrix.shape[-1])

    def integer(found: Dense) -> Layer:
        codes = np.ascontiguousarray(found.weights.reshape(shape))
        return Conv(codes, found.bits, w.stride, w.dilation, w.padding, groups, found.step)

    def real(floats: NDArray[np.float64]) -> Layer:
        return FloatConv(np.ascontiguousarray(floats.reshape(shape)), w.stride, w.dilation, w.padding, groups)

    return typed_product(node, x, matrix, integer, real, part)
