"""Networks that QKeras and Keras built and saved, read from their files, against what TensorFlow predicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.frontends.keras.execution import Execution
from codesign.frontends.keras.reader import load
from codesign.ir.graph import Graph
from codesign.passes.fold_batchnorm import fold_batchnorm
from codesign.verification.ladder import compare_reference

qkeras = pytest.importorskip("qkeras", reason="needs the extra `keras`; run by `make keras-test`")
tf = pytest.importorskip("tensorflow")

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

layers = tf.keras.layers
BITS = "quantized_bits(6,2,alpha=1)"
RELU = "quantized_relu(5,2)"
Q = {"kernel_quantizer": BITS, "bias_quantizer": BITS}
DQ = {"depthwise_quantizer": BITS, "bias_quantizer": BITS}


def q(bits: int, integer: int, **more: object) -> Any:
    return qkeras.quantized_bits(bits, integer, **more)


def dense(x: Any) -> Any:
    y = qkeras.QDense(6, **Q, activation=RELU)(x)
    y = qkeras.QDense(5, kernel_quantizer="quantized_bits(4)", bias_quantizer=BITS)(y)  # becomes auto_po2
    return qkeras.QActivation("quantized_tanh(5)")(y)


def convolutions(x: Any) -> Any:
    y = qkeras.QConv2D(4, 3, padding="same", strides=2, **Q, activation=qkeras.quantized_relu(4, 2))(x)
    y = qkeras.QDepthwiseConv2D(2, depth_multiplier=2, **DQ)(y)
    y = qkeras.QActivation("quantized_relu(6,3,negative_slope=0.25)")(y)
    return layers.GlobalAveragePooling2D()(y)


def folded(x: Any) -> Any:
    y = qkeras.QConv2DBatchnorm(4, 3, kernel_quantizer=q(6, 2, alpha=1), bias_quantizer=q(8, 3, alpha=1))(x)
    y = qkeras.QActivation(RELU)(y)
    y = qkeras.QDepthwiseConv2DBatchnorm(
        2, depthwise_quantizer=q(6, 2, alpha=1), bias_quantizer=q(8, 3, alpha=1), folding_mode="batch_stats_folding"
    )(y)
    return layers.Flatten()(qkeras.QActivation("quantized_bits(7,3)")(y))


def pools(x: Any) -> Any:
    y = qkeras.QActivation(BITS)(x)
    a = layers.MaxPooling2D(3, strides=2, padding="same")(y)
    b = layers.AveragePooling2D(2, padding="same")(y)
    c = qkeras.QAveragePooling2D(
        (2, 2), padding="same", average_quantizer=BITS, activation=qkeras.quantized_bits(8, 3)
    )(y)
    y = layers.Concatenate()([a, b, c])
    return qkeras.QGlobalAveragePooling2D(average_quantizer=q(8, 0, alpha=1), activation=q(8, 3))(y)


def joins(x: Any) -> Any:
    a = qkeras.QDense(3, **Q, activation=RELU)(x)
    b = qkeras.QDense(3, **Q, activation="quantized_sigmoid(4)")(x)
    y = layers.Add()([a, layers.Multiply()([a, b])])
    y = layers.Permute((2, 1))(layers.Subtract()([y, b]))
    y = layers.UpSampling1D(2)(layers.ZeroPadding1D(1)(y))
    return layers.Reshape((-1,))(layers.Cropping1D((1, 2))(y))


def sequences(x: Any) -> Any:
    y = qkeras.QConv1D(4, 3, padding="causal", dilation_rate=2, **Q, activation="binary_tanh")(x)
    y = layers.TimeDistributed(qkeras.QDense(3, **Q))(layers.SpatialDropout1D(0.3)(y))
    return qkeras.QActivation("ternary(threshold=0.5)")(layers.AveragePooling1D(2)(y))


def normalized(x: Any) -> Any:
    y = qkeras.QDense(4, kernel_quantizer="binary(alpha=0.5)", bias_quantizer=BITS)(x)
    y = qkeras.QBatchNormalization()(y)
    y = qkeras.QActivation("quantized_bits(6,3)")(y)
    y = layers.BatchNormalization(scale=False)(qkeras.QDense(4, kernel_quantizer="quantized_po2(4)", use_bias=False)(y))
    return qkeras.QActivation("hard_tanh")(y)


CASES: dict[str, tuple[tuple[int, ...], Callable[[Any], Any]]] = {
    "convolutions": ((9, 8, 3), convolutions),
    "dense": ((7,), dense),
    "folded": ((6, 5, 3), folded),
    "joins": ((4, 3), joins),
    "normalized": ((5,), normalized),
    "pools": ((7, 6, 2), pools),
    "sequences": ((8, 3), sequences),
}


def built(case: str) -> Any:
    """The model with weights on a grid of 1/64, so that x + (q - x) is exactly q, and sane statistics."""
    shape, body = CASES[case]
    tf.keras.utils.set_random_seed(1)
    x = layers.Input(shape)
    model = tf.keras.Model(x, body(x))
    r = np.random.default_rng(3)
    for weight in model.weights:
        if "iteration" not in weight.name:
            low = 16 if "variance" in weight.name or "gamma" in weight.name else -200
            weight.assign(r.integers(low, 200, weight.shape) / 64)
    return model


def folded_scales(path: Path) -> Graph:
    """The network of the file, its normalizations as scales and offsets, for which there are bounds."""
    graph = load(path)
    fold_batchnorm(graph)
    return graph


def numbers(case: str) -> np.ndarray:
    return np.random.default_rng(5).integers(-64, 65, (100, *CASES[case][0])) / 16


@pytest.mark.parametrize("suffix", ["h5", "keras"])
@pytest.mark.parametrize("case", CASES)
def test_what_tensorflow_predicts_is_the_exact_meaning(case: str, suffix: str, tmp_path: Path) -> None:
    """Within the proved error of float32; a sample next to a threshold may be a tie, and few are."""
    model, x = built(case), numbers(case)
    model.save(tmp_path / f"net.{suffix}")
    graph = folded_scales(tmp_path / f"net.{suffix}")
    meaning = graph.run([x], keep=True)
    predicted = model.predict(x.astype(np.float32), verbose=0)
    rung = compare_reference(graph, meaning, [predicted], "TensorFlow")
    assert (rung.mismatches, rung.inputs) == (0, 100)
    assert rung.ties <= 2
    executed = Execution(tmp_path / f"net.{suffix}")([x])
    assert compare_reference(graph, meaning, executed).mismatches == 0


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_networks_of_keras_3_are_read(suffix: str, tmp_path: Path) -> None:
    import keras

    x = keras.layers.Input((6, 3), name="in")
    a = keras.layers.Conv1D(4, 3, padding="same", activation="relu")(x)
    b = keras.layers.Dense(4, activation="hard_sigmoid")(x)
    y = keras.layers.BatchNormalization()(keras.layers.Add()([a, b]))
    y = keras.layers.LeakyReLU(0.25)(keras.layers.TimeDistributed(keras.layers.Dense(2))(y))
    model = keras.Model(x, keras.layers.Softmax()(keras.layers.Flatten()(y)))
    model.save(tmp_path / f"net.{suffix}")
    data = np.random.default_rng(0).normal(size=(20, 6, 3)).astype(np.float32)
    graph = folded_scales(tmp_path / f"net.{suffix}")
    rung = compare_reference(graph, graph.run([data], keep=True), [model.predict(data, verbose=0)], "TensorFlow")
    assert (rung.mismatches, rung.ties) == (0, 0)


PUBLISHED = {
    "qkeras_deepsets_4b_8c/keras_model.h5": (8, 3),
    "qkeras_deepsets_8b_8c/keras_model.h5": (8, 3),
    "mlperf_hls4ml_resnet_v1_eembc_quantized_tiny/model_best.h5": (32, 32, 3),
}


@pytest.mark.parametrize("file", PUBLISHED)
def test_published_networks_mean_what_tensorflow_predicts(file: str, shared: Path) -> None:
    """Every quantized activation is the same number; the softmax agrees within float32."""
    objects: dict[str, Any] = {}
    qkeras.utils._add_supported_quantized_objects(objects)
    path = shared / "models" / file
    model = tf.keras.models.load_model(path, custom_objects=objects, compile=False)
    inner = [la for la in model.layers if isinstance(la, qkeras.QActivation)]
    x = np.random.default_rng(0).integers(-256, 257, (16, *PUBLISHED[file])) / 256
    outputs = tf.keras.Model(model.inputs, [la.output for la in [*inner, model.layers[-1]]])
    *activations, last = outputs.predict(x.astype(np.float32), verbose=0)
    graph = load(path)
    found = graph.run([x], keep=True)
    for layer, values in zip(inner, activations, strict=True):
        np.testing.assert_array_equal(graph[layer.name].type.exact(found[layer.name]).astype(np.float64), values)
    rung = compare_reference(graph, found, [last], "TensorFlow")
    assert (rung.mismatches, rung.ties) == (0, 0)
