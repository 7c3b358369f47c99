"""Every layer of Keras and QKeras against its formula: exactly, on numbers that double precision adds exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.frontends.keras.execution import EXECUTED, Execution
from codesign.frontends.keras.reader import load
from codesign.frontends.keras.table import LAYERS
from tests.frontends.keras.files import L, bits, save_h5, save_keras, source

Q = {"kernel_quantizer": bits(4, 1), "bias_quantizer": bits(4, 1)}
DQ = {"depthwise_quantizer": bits(4, 1), "bias_quantizer": bits(4, 1)}
RELU = "quantized_relu(5,2)"


def w(*shape: int, seed: int = 0, step: float = 1 / 8) -> np.ndarray:
    """Weights on a grid, some of them half-way between the codes of 4 bits, some beyond them."""
    return (np.random.default_rng(seed).integers(-20, 21, shape) * step).astype(np.float32)


def spread(*shape: int) -> np.ndarray:
    """Variances whose roots are powers of two."""
    return np.resize(np.array([1.0, 4.0, 0.25], np.float32), shape) - np.float32(0.001)


BATCHNORM = {"gamma": w(3), "beta": w(3, seed=1), "moving_mean": w(3, seed=2), "moving_variance": spread(3)}
INSIDE = {f"batchnorm/{k}": v for k, v in BATCHNORM.items()}

# name: (shapes of the inputs, the layer)
CASES: dict[str, tuple[list[tuple[int, ...]], L]] = {
    "activation": ([(3,)], L("Activation", "a", {"activation": "relu"})),
    "activation relu6": ([(3,)], L("Activation", "a", {"activation": "relu6"})),
    "linear": ([(3,)], L("Activation", "a", {"activation": "linear"})),
    "regularization": ([(3,)], L("ActivityRegularization", "a", {"l1": 0.1, "l2": 0.0})),
    "add": ([(2, 3), (2, 3), (2, 3)], L("Add", "a")),
    "add broadcast": ([(4, 4, 3), (1, 1, 3)], L("Add", "a")),
    "alpha dropout": ([(3,)], L("AlphaDropout", "a", {"rate": 0.5})),
    "average": ([(3,), (3,)], L("Average", "a")),
    "average pool": ([(8, 4)], L("AveragePooling1D", "a", {"pool_size": [2], "strides": [2], "padding": "valid"})),
    "average pool same": ([(7, 6, 2)], L("AveragePooling2D", "a", {"pool_size": [2, 2], "padding": "same"})),
    "average of windows": (
        [(6, 6, 2)],
        L("AveragePooling2D", "a", {"pool_size": [4, 2], "strides": [1, 2], "padding": "valid"}),
    ),
    "concatenate": ([(2, 3), (2, 4)], L("Concatenate", "a", {"axis": -1})),
    "concatenate rows": ([(2, 3), (4, 3)], L("Concatenate", "a", {"axis": 1})),
    "conv1d": (
        [(8, 2)],
        L("Conv1D", "a", {"filters": 3, "kernel_size": [3], "padding": "causal", "dilation_rate": [2]}, (),
          {"kernel": w(3, 2, 3), "bias": w(3)}),
    ),
    "conv2d": (
        [(6, 5, 4)],
        L("Conv2D", "a", {"filters": 4, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same", "groups": 2,
                          "activation": "relu"}, (), {"kernel": w(3, 2, 2, 4), "bias": w(4)}),
    ),
    "cropping1d": ([(6, 2)], L("Cropping1D", "a", {"cropping": [1, 2]})),
    "cropping2d": ([(6, 5, 2)], L("Cropping2D", "a", {"cropping": [[1, 2], [0, 1]]})),
    "dense": ([(2, 3)], L("Dense", "a", {"units": 4}, (), {"kernel": w(3, 4), "bias": w(4)})),
    "dense without bias": ([(3,)], L("Dense", "a", {"units": 4, "use_bias": False}, (), {"kernel": w(3, 4)})),
    "depthwise": (
        [(5, 5, 3)],
        L("DepthwiseConv2D", "a", {"kernel_size": [3, 3], "depth_multiplier": 2, "padding": "same"}, (),
          {"depthwise_kernel": w(3, 3, 3, 2), "bias": w(6)}),
    ),
    "dropout": ([(3,)], L("Dropout", "a", {"rate": 0.5, "noise_shape": None, "seed": None})),
    "flatten": ([(2, 3, 2)], L("Flatten", "a", {"data_format": "channels_last"})),
    "gaussian dropout": ([(3,)], L("GaussianDropout", "a", {"rate": 0.5})),
    "gaussian noise": ([(3,)], L("GaussianNoise", "a", {"stddev": 0.5})),
    "global average": ([(4, 3)], L("GlobalAveragePooling1D", "a", {"data_format": "channels_last"})),
    "global average of images": ([(4, 2, 3)], L("GlobalAveragePooling2D", "a", {"keepdims": True})),
    "global max": ([(4, 3)], L("GlobalMaxPooling1D", "a", {"keepdims": True})),
    "global max of images": ([(4, 2, 3)], L("GlobalMaxPooling2D", "a")),
    "leaky relu": ([(3,)], L("LeakyReLU", "a", {"alpha": 0.25})),
    "leaky relu of Keras 3": ([(3,)], L("LeakyReLU", "a", {"negative_slope": 0.5})),
    "max pool": ([(7, 2)], L("MaxPooling1D", "a", {"pool_size": [3], "strides": [2], "padding": "same"})),
    "max pool of images": ([(5, 5, 2)], L("MaxPooling2D", "a", {"pool_size": [2, 2], "strides": [1, 2]})),
    "multiply": ([(2, 3), (2, 3)], L("Multiply", "a")),
    "normalization": ([(4, 3)], L("BatchNormalization", "a", {"axis": [2], "epsilon": 0.001}, (), BATCHNORM)),
    "normalization without gamma": (
        [(3,)],
        L("BatchNormalization", "a", {"axis": -1, "scale": False, "center": False}, (),
          {k: v for k, v in BATCHNORM.items() if k.startswith("moving")}),
    ),
    "permute": ([(2, 3, 4)], L("Permute", "a", {"dims": [3, 1, 2]})),
    "q activation": ([(3,)], L("QActivation", "a", {"activation": RELU})),
    "q activation bits": ([(3,)], L("QActivation", "a", {"activation": bits(4, 1)})),
    "q activation relu": ([(3,)], L("QActivation", "a", {"activation": "relu"})),
    "q activation hard tanh": ([(3,)], L("QActivation", "a", {"activation": "hard_tanh"})),
    "q activation hard sigmoid": ([(3,)], L("QActivation", "a", {"activation": "hard_sigmoid"})),
    "q activation smooth tanh": ([(3,)], L("QActivation", "a", {"activation": "smooth_tanh"})),
    "q activation smooth sigmoid": ([(3,)], L("QActivation", "a", {"activation": "smooth_sigmoid"})),
    "q activation binary tanh": ([(3,)], L("QActivation", "a", {"activation": "binary_tanh"})),
    "q activation function": (
        [(3,)],
        L("QActivation", "a", {"activation": {"class_name": "function", "config": "binary_tanh"}}),
    ),
    "q activation binary sigmoid": ([(3,)], L("QActivation", "a", {"activation": "binary_sigmoid"})),
    "q average pool": (
        [(4, 4, 2)],
        L("QAveragePooling2D", "a", {"pool_size": [2, 2], "average_quantizer": bits(4), "activation": RELU}),
    ),
    "q batch normalization": (
        [(3,)],
        L("QBatchNormalization", "a", {"axis": [1], "beta_quantizer": bits(6, 2), "gamma_quantizer": bits(5, 2),
                                       "mean_quantizer": bits(6, 2), "variance_quantizer": None}, (), BATCHNORM),
    ),
    "q conv1d": (
        [(8, 2)],
        L("QConv1D", "a", {"filters": 3, "kernel_size": [3], "strides": [2], **Q, "activation": RELU}, (),
          {"kernel": w(3, 2, 3), "bias": w(3)}),
    ),
    "q conv2d": (
        [(5, 6, 2)],
        L("QConv2D", "a", {"filters": 3, "kernel_size": [3, 3], "padding": "same", **Q}, (),
          {"kernel": w(3, 3, 2, 3), "bias": w(3)}),
    ),
    "q conv2d batchnorm": (
        [(5, 5, 2)],
        L("QConv2DBatchnorm", "a", {"filters": 3, "kernel_size": [2, 2], "axis": [3], **Q}, (),
          {"kernel": w(2, 2, 2, 3), "bias": w(3), "iteration": np.array(7), **INSIDE}),
    ),
    "q dense": (
        [(5,)],
        L("QDense", "a", {"units": 4, **Q, "activation": RELU}, (), {"kernel": w(5, 4), "bias": w(4)}),
    ),
    "q depthwise": (
        [(5, 5, 3)],
        L("QDepthwiseConv2D", "a", {"kernel_size": [3, 3], "strides": [2, 2], **DQ}, (),
          {"depthwise_kernel": w(3, 3, 3, 1), "bias": w(3)}),
    ),
    "q depthwise batchnorm": (
        [(5, 5, 3)],
        L("QDepthwiseConv2DBatchnorm", "a", {"kernel_size": [2, 2], "axis": [3], "use_bias": False, **DQ,
                                             "folding_mode": "batch_stats_folding"}, (),
          {"depthwise_kernel": w(2, 2, 3, 1), "iteration": np.array(7), **INSIDE}),
    ),
    "q global average": (
        [(4, 4, 2)],
        L("QGlobalAveragePooling2D", "a", {"average_quantizer": bits(6), "activation": None}),
    ),
    "q separable": (
        [(5, 5, 2)],
        L("QSeparableConv2D", "a", {"filters": 3, "kernel_size": [3, 3], "depth_multiplier": 2, **DQ,
                                    "pointwise_quantizer": bits(3)}, (),
          {"depthwise_kernel": w(3, 3, 2, 2), "pointwise_kernel": w(1, 1, 4, 3), "bias": w(3)}),
    ),
    "relu": ([(3,)], L("ReLU", "a", {"max_value": 0.75, "negative_slope": 0.5, "threshold": 0.0})),
    "repeat": ([(3,)], L("RepeatVector", "a", {"n": 4})),
    "reshape": ([(4, 3)], L("Reshape", "a", {"target_shape": [2, -1]})),
    "separable": (
        [(5, 5, 2)],
        L("SeparableConv2D", "a", {"filters": 3, "kernel_size": [2, 2], "use_bias": False}, (),
          {"depthwise_kernel": w(2, 2, 2, 1), "pointwise_kernel": w(1, 1, 2, 3)}),
    ),
    "spatial dropout": ([(4, 3)], L("SpatialDropout1D", "a", {"rate": 0.5})),
    "spatial dropout of images": ([(4, 4, 3)], L("SpatialDropout2D", "a", {"rate": 0.5})),
    "subtract": ([(3,), (3,)], L("Subtract", "a")),
    "time distributed": (
        [(4, 3)],
        L("TimeDistributed", "a", {"layer": {"class_name": "QDense", "config": {"name": "in", "units": 2, **Q}}}, (),
          {"layer/kernel": w(3, 2), "layer/bias": w(2)}),
    ),
    "up sampling": ([(3, 2)], L("UpSampling1D", "a", {"size": 3})),
    "up sampling of images": ([(3, 2, 2)], L("UpSampling2D", "a", {"size": [2, 3], "interpolation": "nearest"})),
    "zero padding": ([(3, 2)], L("ZeroPadding1D", "a", {"padding": [2, 1]})),
    "zero padding of images": ([(3, 4, 2)], L("ZeroPadding2D", "a", {"padding": [[1, 0], [2, 3]]})),
}  # fmt: skip

ROUNDED = {"normalization", "normalization without gamma", "q batch normalization", "average pool same", "softmax"}
"""Layers whose formula rounds in double precision."""


def network(case: str) -> list[L]:
    shapes, layer = CASES[case]
    inputs = [source(shape, f"x{k}") for k, shape in enumerate(shapes)]
    return [*inputs, L(layer.kind, layer.name, layer.config, [i.name for i in inputs], layer.weights)]


def numbers(case: str) -> list[np.ndarray]:
    """Random multiples of 1/16 up to 4, zeros and ties among them."""
    r = np.random.default_rng(5)
    return [r.integers(-64, 65, (9, *shape)) / 16 for shape in CASES[case][0]]


def test_every_layer_is_executed_and_tried() -> None:
    tried = {layer.kind for _, layer in CASES.values()} | {"Softmax"}
    assert set(EXECUTED) == set(LAYERS) == tried


@pytest.mark.parametrize("case", CASES)
def test_the_network_means_what_the_formula_says(case: str, tmp_path: Path) -> None:
    path = save_h5(tmp_path / "net.h5", network(case))
    x = numbers(case)
    [found], [wanted] = load(path).values(x), Execution(path)(x)
    assert found.shape == wanted.shape
    if case in ROUNDED:
        np.testing.assert_allclose(found.astype(np.float64), wanted, rtol=1e-12, atol=1e-12)
    else:
        np.testing.assert_array_equal(found.astype(np.float64), wanted)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("version", [2, 3])
def test_a_keras_file_is_the_same_network_as_the_hdf5_file(case: str, version: int, tmp_path: Path) -> None:
    x = numbers(case)
    [wanted] = load(save_h5(tmp_path / "net.h5", network(case))).values(x)
    [found] = load(save_keras(tmp_path / "net.keras", network(case), version=version)).values(x)
    assert (found == wanted).all()


def test_softmax_is_that_of_the_last_axis(tmp_path: Path) -> None:
    path = save_h5(tmp_path / "net.h5", [source((4, 3)), L("Softmax", "a", {"axis": -1}, ["x"])])
    x = np.random.default_rng(0).normal(size=(3, 4, 3))
    [found], [wanted] = load(path).values([x]), Execution(path)([x])
    np.testing.assert_allclose(found.astype(np.float64), wanted, rtol=1e-12)


def test_hard_sigmoid_differs_between_the_versions_of_keras(tmp_path: Path) -> None:
    layers = [source((3,)), L("Activation", "a", {"activation": "hard_sigmoid"}, ["x"])]
    x = np.array([[1.0, -1.0, 10.0]])
    [two] = load(save_h5(tmp_path / "net.h5", layers)).values([x])
    [three] = load(save_keras(tmp_path / "net.keras", layers)).values([x])
    np.testing.assert_allclose(two.astype(np.float64), [[0.7, 0.3, 1.0]], rtol=1e-7)
    np.testing.assert_allclose(three.astype(np.float64), [[2 / 3, 1 / 3, 1.0]], rtol=1e-15)


WEIGHTS = {"kernel": w(3, 2), "bias": w(2)}
REFUSED: list[tuple[list[tuple[int, ...]], L, str]] = [
    ([(3,)], L("Lambda", "a", {"function": ["4wEAAA==", None, None]}), "Lambda is not supported: it holds Python code"),
    ([(3,)], L("Mine", "a"), "the layer class Mine is not supported: the table of Keras layers"),
    ([(3,)], L("Functional", "a"), "it is a model inside the model"),
    ([(3,)], L("QAdaptiveActivation", "a"), "its range moves in training"),
    ([(3,)], L("Activation", "a", {"activation": "gelu"}), "the activation gelu is not supported; there are linear,"),
    ([(3,)], L("Activation", "a", {"activation": {"class_name": "Mine", "config": {"a": 1}}}), "is a custom object"),
    ([(3,)], L("Dense", "a", {"units": 2, "lora_rank": 4}, (), WEIGHTS), "has the entry lora_rank=4, whose meaning"),
    ([(3,)], L("Dense", "a", {"units": 3}, (), WEIGHTS), r"weights kernel have the shape \(3, 2\), expected \(3, 3\)"),
    ([(3,)], L("Dense", "a", {"units": 2}), "the file has no weights kernel for it; save the model again"),
    (
        [(3,)],
        L("Dense", "a", {"units": 2}, (), WEIGHTS | {"more": w(1)}),
        "has the weights more, which are not",
    ),
    ([(3,)], L("Dense", "a", {"units": "2"}, (), WEIGHTS), "its units is '2', expected a whole number"),
    ([(3,)], L("Dense", "a", {"units": 2, "dtype": "mixed_float16"}, (), WEIGHTS), "dtype is mixed_float16; save the"),
    ([(3,)], L("Dense", "a", {}, (), WEIGHTS), "Dense has no units"),
    ([(3, 3)], L("Dropout", "a", {"rate": 0.5, "unheard": 1}), "has the entry unheard=1"),
    ([(5, 2)], L("MaxPooling1D", "a", {"pool_size": [2], "data_format": "channels_first"}), "only channels_last is"),
    ([(5,)], L("MaxPooling1D", "a", {"pool_size": [2]}), r"reads a tensor of shape \(batch, length, channels\), not"),
    (
        [(5, 2)],
        L("MaxPooling1D", "a", {"pool_size": [2], "padding": "full"}),
        "padding is 'full', expected valid",
    ),
    ([(5, 2)], L("MaxPooling1D", "a", {"pool_size": [2, 2]}), r"pool_size is \[2, 2\], expected 1 whole numbers"),
    ([(5, 2)], L("MaxPooling1D", "a", {"pool_size": [0]}), "a window of \\[0\\] with strides \\[0\\] is none"),
    ([(5, 2)], L("MaxPooling1D", "a", {"pool_size": [9]}), "does not fit the image"),
    ([(3,), (4,)], L("Add", "a"), "cannot be combined|cannot be added"),
    ([(3,), (3,)], L("ReLU", "a"), "ReLU reads 2 tensors, expected 1"),
    ([(3,)], L("ReLU", "a", {"threshold": 1.0}), "its threshold is 1.0, expected 0"),
    ([(3,)], L("Add", "a"), "Add reads 1 tensors, expected 2 or more"),
    ([(3,), (3,), (3,)], L("Subtract", "a"), "Subtract reads 3 tensors"),
    ([(3,), (3,)], L("Concatenate", "a", {"axis": 0}), "it joins along the batch axis"),
    ([(3, 2), (4, 4)], L("Concatenate", "a", {"axis": 1}), "cannot be joined along axis 1; the others must agree"),
    ([(3, 2)], L("Softmax", "a", {"axis": 1}), "only over the last one"),
    ([(4, 3)], L("BatchNormalization", "a", {"axis": [1]}, (), BATCHNORM), "along axis 1 of 3; only the last is"),
    (
        [(3,)],
        L("BatchNormalization", "a", {"axis": -1, "renorm": True}, (), BATCHNORM),
        "renorm is True, expected",
    ),
    ([(3,)], L("Reshape", "a", {"target_shape": [2, -1]}), r"cannot become \[2, -1\]: it has 3 elements"),
    ([(3, 2)], L("Permute", "a", {"dims": [1, 1]}), r"dims \[1, 1\] do not permute the axes 1 to 2"),
    ([(3, 2)], L("Cropping1D", "a", {"cropping": [2, 1]}), "its cropping leaves nothing"),
    ([(3, 2)], L("ZeroPadding1D", "a", {"padding": [-1, 1]}), "expected whole numbers of 0 or above"),
    (
        [(3, 3, 2)],
        L("UpSampling2D", "a", {"interpolation": "bilinear"}),
        "interpolation is 'bilinear', expected",
    ),
    ([(1 << 10, 1 << 10, 2)], L("UpSampling2D", "a", {"size": [64, 64]}), "elements, at most"),
    (
        [(3, 2)],
        L("TimeDistributed", "a", {"layer": {"class_name": "LSTM", "config": {}}}),
        "TimeDistributed of LSTM",
    ),
    (
        [(3,)],
        L("QDense", "a", {"units": 2, "kernel_quantizer": "bernoulli()"}, (), WEIGHTS),
        "bernoulli is not",
    ),
    (
        [(3,)],
        L("QDense", "a", {"units": 2, "kernel_quantizer": bits(4, use_stochastic_rounding=True)}, (), WEIGHTS),
        "its kernel_quantizer: quantized_bits with use_stochastic_rounding draws random numbers",
    ),
    ([(3,)], L("QActivation", "a", {"activation": bits(4, alpha="auto")}), "changes with every batch"),
    ([(3,)], L("QActivation", "a", {"activation": bits(4, alpha=-1.0)}), r"alpha is -1.0, expected a positive number"),
    ([(3,)], L("QActivation", "a", {"activation": bits(4, qnoise_factor=0.5)}), "qnoise_factor is 0.5, expected 1"),
    (
        [(3,)],
        L("QActivation", "a", {"activation": bits(4, mystery=3)}),
        "unknown parameter mystery; QKeras",
    ),
    ([(3,)], L("QActivation", "a", {"activation": bits(64)}), "bits is 64, expected a whole number from 1 to 32"),
    (
        [(3,)],
        L("QActivation", "a", {"activation": "quantized_po2(4)"}),
        "quantized_po2 of an activation is not",
    ),
    (
        [(3,)],
        L("QActivation", "a", {"activation": "quantized_hswish(4)"}),
        "quantized_hswish is not supported: it",
    ),
]


@pytest.mark.parametrize(("shapes", "layer", "message"), REFUSED, ids=[m[:40] for _, _, m in REFUSED])
def test_what_is_not_supported_is_refused_by_the_name_of_the_layer(
    shapes: list[tuple[int, ...]], layer: L, message: str, tmp_path: Path
) -> None:
    inputs = [source(shape, f"x{k}") for k, shape in enumerate(shapes)]
    named = L(layer.kind, "conv/7 ;rm", layer.config, [i.name for i in inputs], layer.weights)
    path = save_h5(tmp_path / "net.h5", [*inputs, named])
    with pytest.raises(ModelError, match=f"^net.h5: (layer|node) conv/7 ;rm: .*{message}"):
        load(path)
