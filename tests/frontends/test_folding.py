"""Operators on constants, evaluated at import."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from onnx import numpy_helper

from codesign.errors import ModelError
from tests.frontends.models import assert_exact, dyadic, imported, layers, model, node

X = dyadic((3, 4))


def added(nodes: list[Any], constants: dict[str, Any], opset: int = 13) -> Any:
    """x + c, where the nodes compute c."""
    return model([*nodes, node("Add", ["x", "c"], name="add")], constants, opset=opset)


def offset(proto: Any) -> list[Fraction]:
    return list(imported(proto)["add"].layer.offset.values)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "exact"),
    [
        ("Add", Fraction(0.5) + Fraction(float(np.float32(0.1)))),
        ("Sub", Fraction(0.5) - Fraction(float(np.float32(0.1)))),
        ("Mul", Fraction(0.5) * Fraction(float(np.float32(0.1)))),
        ("Div", Fraction(0.5) / Fraction(float(np.float32(0.1)))),
    ],
)
def test_arithmetic_on_constants_is_exact(kind: str, exact: Fraction) -> None:
    assert offset(added([node(kind, ["a", "b"], "c")], {"a": 0.5, "b": 0.1})) == [exact]


def test_neg_is_exact() -> None:
    assert offset(added([node("Neg", ["a"], "c")], {"a": 0.1})) == [-Fraction(float(np.float32(0.1)))]


def test_functions_give_the_float32_of_onnx() -> None:
    found = offset(added([node("Pow", ["a", "b"], "c")], {"a": 318.1966552734375, "b": 0.5}))
    assert found == [Fraction(float(np.float32(318.1966552734375) ** np.float32(0.5)))]
    assert offset(added([node("Sqrt", ["a"], "c")], {"a": 2.0})) == [Fraction(float(np.sqrt(np.float32(2))))]


def test_division_of_integers_truncates() -> None:
    nodes = [node("Div", ["a", "b"], "d"), node("Cast", ["d"], "c", to=1)]
    assert offset(added(nodes, {"a": np.array(7), "b": np.array(2)})) == [3]


@pytest.mark.parametrize("opset", [9, 11, 13])
def test_moves_of_quantized_weights_keep_their_codes(opset: int) -> None:
    squeeze: dict[str, Any] = {"axes": [0]} if opset < 13 else {}
    axes = [] if opset < 13 else ["zero"]
    proto = model(
        [
            node("Quant", ["w", "s", "z", "b"], "q", "q", signed=1, narrow=0),
            node("Unsqueeze", ["q", *axes], "u", "u", **squeeze),
            node("Transpose", ["u"], "t", "t", perm=[0, 2, 1]),
            node("Squeeze", ["t", *axes], "v", "v", **squeeze),
            node("Identity", ["v"], "i", "i"),
            node("Gather", ["i", "order"], "g", "g", axis=0),
            node("Slice", ["g", "zero", "three", "one"], "l", "l") if opset > 9 else node("Identity", ["g"], "l", "l"),
            node("MatMul", ["x", "l"], name="fc"),
        ],
        {
            "w": dyadic((3, 4)).astype(np.float32), "s": np.array([[0.5], [0.25], [1]], np.float32), "z": 0.0, "b": 4.0,
            "zero": np.array([0]), "one": np.array([1]), "three": np.array([3]), "order": np.array([3, 1, 2, 0]),
        },
        opset=opset,
    )  # fmt: skip
    graph = assert_exact(proto, X, expect=["Dense"])
    dense = graph["fc"].layer
    assert str(dense.bits) == "int<4>"  # type: ignore[attr-defined]
    assert len(dense.step) == 3  # type: ignore[attr-defined]


def test_joined_weights_keep_their_codes() -> None:
    quantizer = {"signed": 1, "narrow": 0}
    proto = model(
        [
            node("Quant", ["w", "s", "z", "b"], "q", "q", **quantizer),
            node("Quant", ["v", "t", "z", "b"], "r", "r", **quantizer),
            node("Concat", ["q", "r"], "c", "c", axis=1),
            node("Cast", ["c"], "f", "f", to=1),
            node("MatMul", ["x", "f"], name="fc"),
        ],
        {
            "w": dyadic((4, 2), 1).astype(np.float32), "v": dyadic((4, 3), 2).astype(np.float32),
            "s": 0.5, "t": np.array([1, 0.25, 0.75], np.float32), "z": 0.0, "b": 4.0,
        },
    )  # fmt: skip
    dense = assert_exact(proto, X, expect=["Dense"])["fc"].layer
    assert str(dense.bits) == "int<4>"  # type: ignore[attr-defined]
    assert [float(s) for s in dense.step.values] == [0.5, 0.5, 1, 0.25, 0.75]  # type: ignore[attr-defined]


def test_sums_of_float_weights_are_a_float_matrix() -> None:
    w = np.array([[0.1], [30.0], [-2.3], [1e-3]], np.float32)
    proto = model([node("Add", ["w", "w"], "v"), node("MatMul", ["x", "v"], name="fc")], {"w": w})
    graph = imported(proto)
    assert layers(graph) == ["MatMul", "Affine"]
    exact = np.vectorize(Fraction)(w.astype(float)) * 2
    assert graph.values([X])[0].tolist() == (np.vectorize(Fraction)(X) @ exact).tolist()


def test_halves_of_a_split() -> None:
    proto = model(
        [node("Split", ["w"], ["a", "b"], axis=1), node("MatMul", ["x", "b"], name="fc")],
        {"w": dyadic((4, 6)).astype(np.float32)},
        opset=11,
    )
    assert_exact(proto, X, expect=["Dense"])


@pytest.mark.parametrize(
    "value",
    [
        {"value_float": 0.5},
        {"value_floats": [0.5, 1.0, 2.0, 4.0]},
        {"value": np.array([0.5], np.float32)},
        {"value": np.array(0.5)},
    ],
)
def test_constant_nodes(value: dict[str, Any]) -> None:
    attributes = {k: numpy_helper.from_array(v) if isinstance(v, np.ndarray) else v for k, v in value.items()}
    proto = added([node("Constant", [], "c", "const", **attributes)], {})
    assert layers(imported(proto)) == ["Affine"]
    assert offset(proto)[0] == Fraction(1, 2)


def test_integer_constant_nodes() -> None:
    proto = model([node("Constant", [], "t", value_ints=[0, -1]), node("Reshape", ["x", "t"])], x=(1, 2, 2))
    assert layers(imported(proto)) == ["Reshape"]


LARGE = np.ones((1 << 15, 1), np.float32)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("Add", {"a": [1.0, 2.0], "b": [1.0, 2.0, 3.0]}, "constants of shapes"),
        ("Div", {"a": 1.0, "b": 0.0}, "tensor b holds a zero"),
        ("Log", {"a": -1.0}, "Log of these constants is nan; train or export it again"),
        ("Reshape", {"a": 1.0, "t": np.array([3])}, "Reshape of constants does not work out"),
        ("Expand", {"a": 1.0, "t": np.array([1 << 40])}, r"a constant of shape \(1099511627776,\) is beyond"),
        ("ConstantOfShape", {"t": np.array([1 << 20, 1 << 20])}, "a constant of shape"),
        ("Range", {"a": 0.0, "b": 1e12, "s": 1.0}, "a constant of shape"),
        ("Add", {"a": LARGE, "b": LARGE.T}, "a constant of shape"),
        ("Sigmoid", {"a": 1.0}, "Sigmoid of the constant a is not supported; store its result in the file"),
    ],
)
def test_what_does_not_work_out_is_refused_by_name(kind: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: node f: " + message):
        imported(added([node(kind, list(given), "c", "f")], given))


def test_a_constant_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: node f: only constants that hold a dense tensor of numbers"):
        imported(added([node("Constant", [], "c", "f", value_strings=["a"])], {}))
