"""Add, Sub, Mul, Div, Neg and BatchNormalization against onnxruntime."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.ir.layers import BatchNorm
from tests.frontends.models import assert_exact, dyadic, executed, imported, layers, model, node

X = dyadic((5, 4))
CHANNELS = np.array([0.5, 4, -2, 0.25], dtype=np.float32)


@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("constant", [np.float32(2), CHANNELS, CHANNELS[None], CHANNELS[None, :1]], ids=str)
def test_a_constant_on_the_right_is_an_affine(kind: str, constant: np.ndarray) -> None:
    assert_exact(model(node(kind, ["x", "c"]), {"c": np.asarray(constant)}), X, expect=["Affine"])


@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul"])
def test_a_constant_on_the_left_is_an_affine(kind: str) -> None:
    assert_exact(model(node(kind, ["c", "x"]), {"c": CHANNELS}), X, expect=["Affine"])


@pytest.mark.parametrize("kind", ["Add", "Sub"])
def test_two_streams_are_added(kind: str) -> None:
    assert_exact(model([node("Relu", ["x"], "r"), node(kind, ["x", "r"])]), X, expect=["Relu", "Add"])
    assert_exact(model(node(kind, ["x", "x"])), X, expect=["Add"])


def test_two_inputs_are_added() -> None:
    assert_exact(model(node("Add", ["x", "z"]), more_inputs={"z": (1, 4)}), X, X[::-1].copy(), expect=["Add"])


def test_neg_is_an_affine() -> None:
    assert_exact(model(node("Neg", ["x"])), X, expect=["Affine"])


def test_a_bias_is_taken_exactly() -> None:
    graph = imported(model(node("Add", ["x", "c"]), {"c": 0.1}))
    assert graph.values([np.zeros((1, 4))])[0][0, 0] == Fraction(float(np.float32(0.1)))


def test_constants_along_an_axis_that_is_not_last() -> None:
    proto = model(node("Mul", ["x", "c"]), {"c": CHANNELS.reshape(4, 1)}, x=(1, 4, 1))
    assert_exact(proto, X.reshape(5, 4, 1), expect=["Reshape", "Affine", "Reshape"])


def batch_norm(
    x: tuple[int, ...] = (1, 4), variance: Any = (0.25, 1, 4, 0.0625), opset: int = 13, **attributes: Any
) -> Any:
    constants = {
        "g": np.array([1, 2, -0.5, 1], np.float32), "b": np.array([0, 1, -1, 0.5], np.float32),
        "m": np.array([0.5, -0.5, 0, 1], np.float32), "v": np.array(variance, np.float32),
    }  # fmt: skip
    attributes.setdefault("epsilon", 0.0)
    return model(
        node("BatchNormalization", ["x", "g", "b", "m", "v"], name="bn", **attributes), constants, x=x, opset=opset
    )


def test_batch_normalization_with_exact_roots() -> None:
    assert_exact(batch_norm(), X, expect=["BatchNorm"])


def test_batch_normalization_keeps_the_parameters_of_the_file() -> None:
    proto = batch_norm(epsilon=1e-5, momentum=0.9)
    layer = imported(proto)["bn"].layer
    assert isinstance(layer, BatchNorm)
    assert layer.epsilon == Fraction(float(np.float32(1e-5)))
    assert layer.variance.values == (Fraction(1, 4), 1, 4, Fraction(1, 16))
    ours = imported(proto).values([X])[0].astype(float)
    np.testing.assert_allclose(ours, executed(proto, X)[0], rtol=1e-6, atol=1e-6)


def test_the_default_epsilon_is_the_float_of_the_standard() -> None:
    proto = batch_norm()
    del proto.graph.node[0].attribute[:]
    assert imported(proto)["bn"].layer.epsilon == Fraction(float(np.float32(1e-5)))  # type: ignore[attr-defined]


def test_batch_normalization_between_unsqueeze_and_squeeze() -> None:
    proto = batch_norm((1, 4, 1))
    del proto.graph.input[0].type.tensor_type.shape.dim[2]
    proto.graph.node[0].input[0], proto.graph.node[0].output[0] = "u", "v1"
    axes = node("Unsqueeze", ["x", "axes"], "u", "u"), node("Squeeze", ["v1", "axes"], "y", "s")
    proto.graph.node.insert(0, axes[0])
    proto.graph.node.append(axes[1])
    from onnx import numpy_helper

    proto.graph.initializer.append(numpy_helper.from_array(np.array([2]), "axes"))
    assert_exact(proto, X, expect=["BatchNorm", "Identity"])


@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 3)])
def test_batch_normalization_of_images_and_sequences_moves_the_channels_last(shape: tuple[int, ...]) -> None:
    expect = ["Transpose", "BatchNorm", "Transpose"]
    assert_exact(batch_norm((1, *shape)), dyadic((5, *shape)), expect=expect)


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (batch_norm(variance=(0.25, 0, 1, 1)), "node bn: the variance v plus epsilon must be positive"),
        (batch_norm(variance=(0.25, -1, 1, 1)), "node bn: the variance v plus epsilon must be positive"),
        (batch_norm(variance=(0.25, np.nan, 1, 1)), "node bn: tensor v holds nan"),
        (batch_norm(variance=(0.25, 1, 1)), "node bn: tensor v has 3 values, axis 1 of its input has 4"),
        (batch_norm(opset=14, training_mode=1), "node bn: only inference"),
        (batch_norm(opset=6, is_test=0), "node bn: is_test=0"),
        (batch_norm(opset=7, spatial=0), "node bn: only inference"),
        (
            model(node("Div", ["c", "x"], name="d"), {"c": 1.0}),
            "node d: a division by a value that depends on the input",
        ),
        (model(node("Div", ["x", "c"], name="d"), {"c": [1.0, 0.0, 1.0, 1.0]}), "node d: the divisor c holds a zero"),
        (
            model(node("Add", ["x", "c"], name="a"), {"c": [1.0, 2.0, 3.0]}),
            r"node a: tensor c of shape \(3,\) does not fit",
        ),
        (model(node("Add", ["x", "c"], name="a"), {"c": np.ones((2, 4), np.float32) * [[1], [2]]}), "node a: tensor c"),
        (model(node("Add", ["x", "c"], name="a"), {"c": np.ones((1, 1, 4), np.float32)}), "node a: tensor c"),
        (model(node("Add", ["x", "c"], name="a"), {"c": np.ones((1, 1, 1), np.float32)}), "node a: tensor c"),
        (model(node("Add", ["x", "z"], name="a"), more_inputs={"z": (1, 2)}), "node a: tensors of shapes"),
        (model(node("Mul", ["x", "c"], name="m"), {"c": [1.0, 2.0, np.inf, 3.0]}), "node m: tensor c holds inf"),
        (
            model(node("Add", ["x", "c"], name="a"), {"c": np.arange(8, dtype=np.float32).reshape(2, 4)}, x=(1, 2, 4)),
            r"node a: tensor c of shape \(2, 4\) differs along several axes; only parameters per channel",
        ),
    ],
)
def test_what_has_no_meaning_here_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: " + message):
        imported(proto)


def test_old_batch_normalization_in_inference() -> None:
    assert layers(imported(batch_norm(opset=6, is_test=1))) == ["BatchNorm"]
