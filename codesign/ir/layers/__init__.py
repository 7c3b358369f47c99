"""The layers of the network level, one idea per file."""

from codesign.ir.layers.activation import Clip, LeakyRelu, Relu, Sign
from codesign.ir.layers.add import Add
from codesign.ir.layers.affine import Affine, BatchNorm
from codesign.ir.layers.argmax import ArgMax
from codesign.ir.layers.base import Elementwise, Layer
from codesign.ir.layers.concat import Concat, Slice
from codesign.ir.layers.conv import Conv, FloatConv
from codesign.ir.layers.crop import Crop
from codesign.ir.layers.dense import Dense, MatMul
from codesign.ir.layers.input import Input
from codesign.ir.layers.lookup import Sigmoid, Tanh
from codesign.ir.layers.multiply import Multiply
from codesign.ir.layers.pad import Pad
from codesign.ir.layers.pool import MaxPool, SumPool
from codesign.ir.layers.product import Product
from codesign.ir.layers.quantize import Quantize, Truncate
from codesign.ir.layers.requantize import MultiplyShift, Requantize, Shift, StepFunction, Table, Thresholds
from codesign.ir.layers.shape import Identity, Reshape, Transpose
from codesign.ir.layers.softmax import Softmax, SoftmaxTable
from codesign.ir.layers.threshold import MultiThreshold
from codesign.ir.layers.upsample import Upsample

ALL: tuple[type[Layer], ...] = (
    Add, Affine, ArgMax, BatchNorm, Clip, Concat, Conv, Crop, Dense, FloatConv, Identity, Input, LeakyRelu,
    MatMul, MaxPool, Multiply, MultiThreshold, Pad, Quantize, Relu, Requantize, Reshape, Sigmoid, Sign, Slice, Softmax,
    SoftmaxTable, SumPool, Tanh, Transpose, Truncate, Upsample,
)  # fmt: skip
"""Every layer, for the text form and the documentation."""

__all__ = [
    "ALL", "Add", "Affine", "ArgMax", "BatchNorm", "Clip", "Concat", "Conv", "Crop", "Dense", "Elementwise",
    "FloatConv", "Identity", "Input", "Layer", "LeakyRelu", "MatMul", "MaxPool", "MultiThreshold", "Multiply",
    "MultiplyShift",
    "Pad", "Product", "Quantize", "Relu", "Requantize", "Reshape", "Shift", "Sigmoid", "Sign", "Slice", "Softmax",
    "SoftmaxTable", "StepFunction", "SumPool", "Table", "Tanh", "Thresholds", "Transpose", "Truncate", "Upsample",
]  # fmt: skip
