"""How each ONNX operator enters the network: the table, one row for each, and the converters behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from codesign.frontends.converters.activations import clip, leaky_relu, relu, sigmoid, sign, softmax, tanh
from codesign.frontends.converters.arithmetic import add, batch_normalization, div, mul, neg, sub
from codesign.frontends.converters.blocks import depth_to_space, space_to_depth
from codesign.frontends.converters.broadcasting import expand
from codesign.frontends.converters.choice import arg_max, top_k
from codesign.frontends.converters.conversion import Conversion, Value
from codesign.frontends.converters.convolution import conv
from codesign.frontends.converters.joining import concat, slice_, split
from codesign.frontends.converters.linear import gemm, matmul
from codesign.frontends.converters.passing import cast, constant, dropout, identity
from codesign.frontends.converters.pooling import (
    average_pool,
    global_average_pool,
    global_max_pool,
    max_pool,
    quant_avg_pool,
)
from codesign.frontends.converters.qcdq import dequantize_linear, quantize_linear
from codesign.frontends.converters.quantizers import bipolar_quant, quant
from codesign.frontends.converters.reducing import reduce_mean, reduce_sum
from codesign.frontends.converters.resizing import pad, resize, upsample
from codesign.frontends.converters.shapes import flatten, reshape, shape_of, squeeze, transpose, unsqueeze
from codesign.frontends.converters.thresholds import multi_threshold
from codesign.frontends.converters.transposed import conv_transpose
from codesign.frontends.converters.truncation import trunc

Converter = Callable[[Conversion], Value | tuple[Value | None, ...]]

SUPPORTED: Mapping[str, Converter] = {
    "Add": add,
    "ArgMax": arg_max,
    "AveragePool": average_pool,
    "BatchNormalization": batch_normalization,
    "BipolarQuant": bipolar_quant,
    "Cast": cast,
    "Clip": clip,
    "Concat": concat,
    "Constant": constant,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "DepthToSpace": depth_to_space,
    "DequantizeLinear": dequantize_linear,
    "Div": div,
    "Dropout": dropout,
    "Expand": expand,
    "Flatten": flatten,
    "Gemm": gemm,
    "GlobalAveragePool": global_average_pool,
    "GlobalMaxPool": global_max_pool,
    "Identity": identity,
    "IntQuant": quant,
    "LeakyRelu": leaky_relu,
    "MatMul": matmul,
    "MaxPool": max_pool,
    "Mul": mul,
    "MultiThreshold": multi_threshold,
    "Neg": neg,
    "Pad": pad,
    "Quant": quant,
    "QuantAvgPool2d": quant_avg_pool,
    "QuantizeLinear": quantize_linear,
    "ReduceMean": reduce_mean,
    "ReduceSum": reduce_sum,
    "Relu": relu,
    "Reshape": reshape,
    "Resize": resize,
    "Shape": shape_of,
    "Sigmoid": sigmoid,
    "Sign": sign,
    "Slice": slice_,
    "Softmax": softmax,
    "SpaceToDepth": space_to_depth,
    "Split": split,
    "Squeeze": squeeze,
    "Sub": sub,
    "Tanh": tanh,
    "TopK": top_k,
    "Transpose": transpose,
    "Trunc": trunc,
    "Unsqueeze": unsqueeze,
    "Upsample": upsample,
}
"""The converter of each operator. The first line of its docstring says what is supported and what it becomes."""
