"""Which function reads each layer of Keras and QKeras."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from codesign.frontends.converters.building import Stream
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.layers.activations import activation, leaky_relu, q_activation, relu, softmax
from codesign.frontends.keras.layers.convolution import (
    conv1d,
    conv2d,
    depthwise_conv2d,
    q_conv1d,
    q_conv2d,
    q_depthwise_conv2d,
    q_separable_conv2d,
    separable_conv2d,
)
from codesign.frontends.keras.layers.folded import q_conv2d_batchnorm, q_depthwise_conv2d_batchnorm
from codesign.frontends.keras.layers.joining import add, average, concatenate, multiply, subtract
from codesign.frontends.keras.layers.linear import dense, q_dense, time_distributed
from codesign.frontends.keras.layers.normalization import batch_normalization, q_batch_normalization
from codesign.frontends.keras.layers.passing import nothing
from codesign.frontends.keras.layers.pooling import (
    average_pooling1d,
    average_pooling2d,
    global_average_pooling1d,
    global_average_pooling2d,
    global_max_pooling1d,
    global_max_pooling2d,
    max_pooling1d,
    max_pooling2d,
    q_average_pooling2d,
    q_global_average_pooling2d,
)
from codesign.frontends.keras.layers.shaping import (
    cropping1d,
    cropping2d,
    flatten,
    permute,
    repeat_vector,
    reshape,
    up_sampling1d,
    up_sampling2d,
    zero_padding1d,
    zero_padding2d,
)

LAYERS: Mapping[str, Callable[[KerasLayer], Stream]] = {
    "Activation": activation,
    "ActivityRegularization": nothing,
    "Add": add,
    "AlphaDropout": nothing,
    "Average": average,
    "AveragePooling1D": average_pooling1d,
    "AveragePooling2D": average_pooling2d,
    "BatchNormalization": batch_normalization,
    "Concatenate": concatenate,
    "Conv1D": conv1d,
    "Conv2D": conv2d,
    "Cropping1D": cropping1d,
    "Cropping2D": cropping2d,
    "Dense": dense,
    "DepthwiseConv2D": depthwise_conv2d,
    "Dropout": nothing,
    "Flatten": flatten,
    "GaussianDropout": nothing,
    "GaussianNoise": nothing,
    "GlobalAveragePooling1D": global_average_pooling1d,
    "GlobalAveragePooling2D": global_average_pooling2d,
    "GlobalMaxPooling1D": global_max_pooling1d,
    "GlobalMaxPooling2D": global_max_pooling2d,
    "LeakyReLU": leaky_relu,
    "MaxPooling1D": max_pooling1d,
    "MaxPooling2D": max_pooling2d,
    "Multiply": multiply,
    "Permute": permute,
    "QActivation": q_activation,
    "QAveragePooling2D": q_average_pooling2d,
    "QBatchNormalization": q_batch_normalization,
    "QConv1D": q_conv1d,
    "QConv2D": q_conv2d,
    "QConv2DBatchnorm": q_conv2d_batchnorm,
    "QDense": q_dense,
    "QDepthwiseConv2D": q_depthwise_conv2d,
    "QDepthwiseConv2DBatchnorm": q_depthwise_conv2d_batchnorm,
    "QGlobalAveragePooling2D": q_global_average_pooling2d,
    "QSeparableConv2D": q_separable_conv2d,
    "ReLU": relu,
    "RepeatVector": repeat_vector,
    "Reshape": reshape,
    "SeparableConv2D": separable_conv2d,
    "Softmax": softmax,
    "SpatialDropout1D": nothing,
    "SpatialDropout2D": nothing,
    "Subtract": subtract,
    "TimeDistributed": time_distributed,
    "UpSampling1D": up_sampling1d,
    "UpSampling2D": up_sampling2d,
    "ZeroPadding1D": zero_padding1d,
    "ZeroPadding2D": zero_padding2d,
}
"""The reader of each class of layers. The first line of its docstring says what is supported and what it becomes."""

REFUSED: Mapping[str, str] = {
    "Functional": "it is a model inside the model; put its layers into the model itself",
    "Sequential": "it is a model inside the model; put its layers into the model itself",
    "Lambda": "it holds Python code, which is never run; use layers instead",
    "TFOpLambda": "it is a bare TensorFlow operation; use layers such as Add instead",
    "SlicingOpLambda": "it is a bare TensorFlow operation; use layers such as Cropping1D instead",
    "QAdaptiveActivation": "its range moves in training; replace it by a QActivation of the range that it found",
}
"""Classes that many files have, and what to do about them."""
