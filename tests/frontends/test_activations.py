"""Activations against onnxruntime; Sigmoid, Tanh and Softmax within float32 of it."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.ir.layers import Clip
from tests.frontends.models import assert_exact, dyadic, executed, imported, layers, model, node

X = dyadic((5, 4))


@pytest.mark.parametrize(
    ("kind", "layer"), [("Relu", "Relu"), ("Sign", "Sign"), ("Identity", "Identity"), ("Dropout", "Identity")]
)
def test_simple_functions(kind: str, layer: str) -> None:
    assert_exact(model(node(kind, ["x"])), X, expect=[layer])


@pytest.mark.parametrize("alpha", [0.25, 0.0, -0.5])
def test_leaky_relu(alpha: float) -> None:
    assert_exact(model(node("LeakyRelu", ["x"], alpha=alpha)), X, expect=["LeakyRelu"])


def test_the_default_slope_is_the_float_of_the_standard() -> None:
    alpha = imported(model(node("LeakyRelu", ["x"])))["n"].layer.alpha  # type: ignore[attr-defined]
    assert float(alpha) == float(np.float32(0.01))


@pytest.mark.parametrize(
    ("names", "constants"),
    [
        (["x", "a", "b"], {"a": -1.0, "b": 2.5}),
        (["x", "", "b"], {"b": 2.5}),
        (["x", "a"], {"a": -1.0}),
        (["x"], {}),
        (["x", "a", "b"], {"a": 2.0, "b": -1.0}),
    ],
)
def test_clip_with_bounds_as_inputs(names: list[str], constants: dict[str, float]) -> None:
    assert_exact(model(node("Clip", names), constants), X, expect=["Clip"])


def test_clip_with_bounds_as_attributes() -> None:
    assert_exact(model(node("Clip", ["x"], min=-1.0, max=2.5), opset=6), X, expect=["Clip"])
    assert_exact(model(node("Clip", ["x"], max=2.5), opset=6), X, expect=["Clip"])


def test_infinite_bounds_are_none() -> None:
    graph = imported(model(node("Clip", ["x", "a", "b"]), {"a": -np.inf, "b": np.inf}))
    assert graph["n"].layer == Clip(None, None)


@pytest.mark.parametrize("kind", ["Sigmoid", "Tanh"])
def test_smooth_functions(kind: str) -> None:
    proto = model(node(kind, ["x"]))
    assert layers(imported(proto)) == [kind]
    np.testing.assert_allclose(imported(proto).values([X])[0].astype(float), executed(proto, X)[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("opset", "shape", "axis"),
    [(9, (4,), {}), (9, (4,), {"axis": 1}), (11, (4,), {"axis": -1}), (13, (4,), {}), (13, (3, 4), {}),
     (9, (3, 4), {"axis": 2}), (9, (1, 4), {}), (13, (3, 4), {"axis": -1})],
)  # fmt: skip
def test_softmax_over_the_last_axis(opset: int, shape: tuple[int, ...], axis: dict[str, int]) -> None:
    x = dyadic((3, *shape), most=30)
    proto = model(node("Softmax", ["x"], **axis), x=(1, *shape), opset=opset)
    assert layers(imported(proto)) == ["Softmax"]
    np.testing.assert_allclose(imported(proto).values([x])[0].astype(float), executed(proto, x)[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (
            model(node("Softmax", ["x"], axis=1), x=(1, 3, 4), opset=13),
            "node n: softmax over axis 1 of 3 is not supported",
        ),
        (model(node("Softmax", ["x"]), x=(1, 3, 4), opset=9), "node n: softmax over axis 1 of 3"),
        (model(node("Softmax", ["x"], axis=0), opset=13), "node n: softmax over axis 0 of 2"),
        (model(node("Softmax", ["x"], axis=2), opset=13), "node n: axis 2 does not exist in a tensor of 2 axes"),
        (model(node("Clip", ["x", "a"]), {"a": np.nan}), "node n: tensor a holds nan"),
        (model(node("Clip", ["x", "a"]), {"a": [1.0, 2.0]}), "node n: tensor a of shape .* must hold one number"),
        (model(node("Clip", ["x", "a"]), {"a": np.inf}), "node n: tensor a holds inf"),
        (model([node("Relu", ["x"], "r"), node("Clip", ["x", "r"])]), "node n: the bounds of Clip must be constant"),
        (model(node("LeakyRelu", ["x"], alpha=float("nan"))), "node n: the attribute alpha is nan; it must be finite"),
        (model(node("Dropout", ["x", "", "t"]), {"t": np.array(True)}), "node n: dropout in training mode"),
        (model(node("Gelu", ["x"]), opset=20), "node n: the operator Gelu is not supported"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: " + message):
        imported(proto)


def test_dropout_in_inference_with_all_its_inputs() -> None:
    assert_exact(model(node("Dropout", ["x", "r", "t"]), {"r": 0.5, "t": np.array(False)}), X, expect=["Identity"])
    assert layers(imported(model(node("Dropout", ["x"], ratio=0.5, is_test=1), opset=6))) == ["Identity"]
