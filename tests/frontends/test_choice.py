"""ArgMax and TopK against onnxruntime."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from codesign.errors import ModelError
from tests.frontends.models import assert_exact, dyadic, imported, model, node

X = np.array([[1, 3, 3, 2], [0, 0, 0, 0], [-1, -2, -3, -0.5], [5, 1, 5, 5]])
ONE = {"k": np.array([1])}


@pytest.mark.parametrize("axis", [1, -1])
def test_arg_max_takes_the_first_of_equals(axis: int) -> None:
    assert_exact(model(node("ArgMax", ["x"], axis=axis), result=TensorProto.INT64), X, expect=["ArgMax"])


def test_arg_max_without_its_axis() -> None:
    assert_exact(
        model(node("ArgMax", ["x"], axis=2, keepdims=0), x=(1, 3, 4), result=TensorProto.INT64),
        dyadic((3, 3, 4)),
        expect=["ArgMax"],
    )


def test_the_index_of_top_k() -> None:
    assert_exact(
        model(node("TopK", ["x", "k"], ["v", "y"], axis=-1), ONE, result=TensorProto.INT64), X, expect=["ArgMax"]
    )


def test_channels_on_different_scales_are_compared_by_value() -> None:
    proto = model(
        [
            node("Quant", ["x", "s", "z", "b"], "q", "q", signed=1, narrow=0),
            node("ArgMax", ["q"], axis=1, name="a"),
        ],
        {"s": np.array([0.5, 1, 0.25, 2], np.float32), "z": 0.0, "b": 4.0},
        result=TensorProto.INT64,
    )
    assert_exact(proto, X, expect=["Quantize", "ArgMax"])


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (model(node("ArgMax", ["x"])), "argmax over axis 0 of 2 is not supported"),
        (model(node("ArgMax", ["x"], axis=1, select_last_index=1)), "select_last_index=1 is not supported"),
        (model(node("ArgMax", ["x"], axis=1, keepdims=0)), "keepdims=0 leaves no axis but the batch"),
        (model(node("TopK", ["x", "k"], ["v", "y"]), {"k": np.array([2])}), "only the one largest element"),
        (model(node("TopK", ["x", "k"], ["v", "y"], largest=0), ONE), "only the one largest element"),
        (model(node("TopK", ["x", "k"], ["v", "y"], axis=0), ONE), "only the one largest element"),
        (model(node("TopK", ["x", "k"], ["v", "y"]), ONE, outputs=("y", "v")), "the values that TopK gives are used"),
        (model(node("TopK", ["x", "k"], ["y", "i"]), ONE), "the values that TopK gives are used"),
    ],
)
def test_other_choices_are_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: node n: .*" + message):
        imported(proto)
