"""MatMul and Gemm against onnxruntime, as Dense where the weights lie on a grid and as MatMul where not."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.ir.layers import Dense
from codesign.ir.layers import MatMul as FloatMatMul
from codesign.passes.channels_last import channels_last
from tests.frontends.models import assert_exact, dyadic, imported, layers, model, node

W = dyadic((4, 3), seed=1, scale=1 / 16).astype(np.float32)
X = dyadic((5, 4))
FLOAT = np.array([[0.1, 1000.0], [2e-5, 3.0], [1.0, -1.0], [0.7, 0.3]], dtype=np.float32)


def gemm(constants: dict[str, Any], **attributes: Any) -> Any:
    names = ["x", "w", "c"] if "c" in constants else ["x", "w"]
    return model(node("Gemm", names, name="fc", **attributes), constants)


def test_weights_on_a_power_of_two_grid_become_dense_with_that_step() -> None:
    dense = assert_exact(model(node("MatMul", ["x", "w"], name="fc"), {"w": W}), X, expect=["Dense"])["fc"].layer
    assert isinstance(dense, Dense)
    assert dense.step.values == (Fraction(1, 16),)
    assert (dense.weights / 16 == W).all()


def test_binary_weights_take_two_bits() -> None:
    w = np.where(W > 0, 1, -1).astype(np.float32)
    dense = assert_exact(model(node("MatMul", ["x", "w"], name="fc"), {"w": w}), X)["fc"].layer
    assert isinstance(dense, Dense)
    assert str(dense.bits) == "int<2>"


def test_other_floats_stay_a_float_matrix() -> None:
    graph = imported(model(node("MatMul", ["x", "w"], name="fc"), {"w": FLOAT}))
    layer = graph["fc"].layer
    assert isinstance(layer, FloatMatMul)
    assert layer.weights.dtype == np.float64
    assert (layer.weights == FLOAT).all()


def test_weights_that_are_all_zero_are_dense() -> None:
    assert_exact(model(node("MatMul", ["x", "w"]), {"w": np.zeros((4, 2), dtype=np.float32)}), X, expect=["Dense"])


def test_a_vector_of_weights_on_a_longer_tensor() -> None:
    assert_exact(
        model(node("MatMul", ["x", "w"]), {"w": W[:, 0].copy()}, x=(1, 2, 4)),
        dyadic((3, 2, 4)),
        expect=["Dense", "Reshape"],
    )


def test_leading_axes_of_length_one_are_dropped_where_the_input_has_them() -> None:
    assert_exact(model(node("MatMul", ["x", "w"]), {"w": W[None]}, x=(1, 2, 4)), dyadic((3, 2, 4)), expect=["Dense"])


@pytest.mark.parametrize("transposed", [0, 1])
@pytest.mark.parametrize("alpha", [1.0, 0.5, -2.0])
@pytest.mark.parametrize(
    ("beta", "bias"),
    [
        (1.0, None),
        (1.0, np.array([1, -0.5, 0.25])),
        (1.0, np.array([[1, -0.5, 0.25]])),
        (1.0, np.array(0.5)),
        (1.0, np.array([0.5])),
        (0.25, np.array([1, -0.5, 0.25])),
        (0.0, np.array([1, -0.5, 0.25])),
    ],
)
def test_every_form_of_gemm(transposed: int, alpha: float, beta: float, bias: np.ndarray | None) -> None:
    constants: dict[str, Any] = {"w": np.ascontiguousarray(W.T) if transposed else W}
    if bias is not None:
        constants["c"] = bias.astype(np.float32)
    graph = assert_exact(gemm(constants, alpha=alpha, beta=beta, transB=transposed), X)
    offset = ["Affine"] * (bias is not None and beta != 0)
    assert layers(graph) == ["Dense", *["Affine"] * (alpha != 1), *offset]


def test_gemm_with_quantized_weights_and_bias() -> None:
    proto = model(
        [
            node("Quant", ["w", "sw", "z", "b4"], "wq", signed=1, narrow=1),
            node("Quant", ["c", "sc", "z", "b8"], "cq", signed=1, narrow=0),
            node("Gemm", ["x", "wq", "cq"], name="fc", transB=1),
        ],
        {
            "w": np.ascontiguousarray(W.T), "sw": np.array([[0.5], [0.25], [1]], dtype=np.float32),
            "c": np.array([0.3, 1.2, -0.7], dtype=np.float32), "sc": 1 / 16, "z": 0.0, "b4": 4.0, "b8": 8.0,
        },
    )  # fmt: skip
    graph = assert_exact(proto, X, expect=["Dense", "Affine"])
    assert [n.name for n in graph] == ["x", "fc", "fc_bias"]
    assert {n.origin for n in graph if n.inputs} == {"fc"}


def test_gemm_adds_another_stream() -> None:
    proto = model([node("MatMul", ["x", "w"], "c"), node("Gemm", ["x", "w", "c"], beta=0.5)], {"w": W})
    assert_exact(proto, X, expect=["Dense", "Dense", "Affine", "Add"])


@pytest.mark.parametrize("scale", [np.array([0.5, 0.25, -1]), np.array(0.5), np.array([[0.5], [1], [2], [0.25]])])
def test_weights_behind_a_product_of_constants_keep_their_codes(scale: np.ndarray) -> None:
    proto = model(
        [
            node("Cast", ["w"], "wf", "cast", to=1),
            node("Mul", ["wf", "s"], "ws", "scale"),
            node("Reshape", ["ws", "shape"], "wr", "reshape"),
            node("MatMul", ["x", "wr"], name="fc"),
        ],
        {
            "w": np.arange(-6, 6, dtype=np.int8).reshape(4, 3), "s": scale.astype(np.float32),
            "shape": np.array([4, 3], dtype=np.int64),
        },
    )  # fmt: skip
    graph = assert_exact(proto, X, expect=["Dense"])
    assert all(s > 0 for s in graph["fc"].layer.step.values)  # type: ignore[attr-defined]


def test_codes_divided_by_a_scale_that_is_no_power_of_two_are_exact() -> None:
    proto = model(
        [node("Div", ["w", "s"], "ws"), node("MatMul", ["x", "ws"], name="fc")],
        {"w": np.arange(-6, 6).reshape(4, 3).astype(np.float32), "s": 3.0},
    )
    graph = imported(proto)
    assert graph["fc"].layer.step.values == (Fraction(1, 3),)  # type: ignore[attr-defined]
    assert graph.values([X])[0].tolist() == (np.vectorize(Fraction)(X) @ np.arange(-6, 6).reshape(4, 3) / 3).tolist()


def test_float_weights_behind_a_scale_stay_exact() -> None:
    proto = model([node("Div", ["w", "s"], "ws"), node("MatMul", ["x", "ws"], name="fc")], {"w": FLOAT, "s": 3.0})
    graph = imported(proto)
    assert layers(graph) == ["MatMul", "Affine"]
    exact = np.vectorize(Fraction)(FLOAT.astype(float))
    assert graph.values([X])[0].tolist() == ((np.vectorize(Fraction)(X) @ exact) / 3).tolist()


def product(a: str = "x", b: str = "w") -> Any:
    return node("MatMul", [a, b], name="fc")


def general(*names: str, **attributes: int) -> Any:
    return node("Gemm", names, name="fc", **attributes)


QUANTIZED = [node("Quant", ["w", "s", "z", "b"], "wq", "wq", signed=1, narrow=0), product(b="wq")]


@pytest.mark.parametrize(
    ("nodes", "constants", "message"),
    [
        (product(), {"w": W[:3]}, r"node fc: the weights w of shape \(3, 3\) do not fit .*: 3 rows for 4"),
        (general("x", "w", transB=1), {"w": W}, r"node fc: the weights w .* do not fit"),
        (
            general("x", "w", "c"),
            {"w": W, "c": np.ones(2, np.float32)},
            r"node fc: tensor c of shape \(2,\) does not fit",
        ),
        (
            general("x", "w", "c"),
            {"w": W, "c": np.ones((2, 3), np.float32)},
            "node fc: its bias c .* between the samples",
        ),
        (general("x", "w", transA=1), {"w": W}, "node fc: transA=1 would mix the samples"),
        (general("w", "x"), {"w": W}, "node fc: the second factor must be the constant one"),
        (product("w", "x"), {"w": W}, "node fc: a constant on the left of a product is not supported; transpose"),
        (product("x", "x"), {}, "node fc: a product of two values .* one must be constant"),
        (product(), {"w": W[:, 0].copy()}, r"node fc: the weights w leave no axis .* shape \(4, 1\)"),
        (product(), {"w": np.ones((2, 4, 3), np.float32)}, "node fc: tensor w .* is no matrix"),
        (product(), {"w": np.ones((4, 0), np.float32)}, "node fc: tensor w .* is empty"),
        (product(), {"w": np.full((4, 3), np.nan, np.float32)}, "node fc: tensor w holds nan"),
        (product(), {"w": np.full((4, 3), -np.inf, np.float32)}, "node fc: tensor w holds -inf"),
        (
            QUANTIZED,
            {"w": np.full((4, 3), np.inf, np.float32), "s": 1.0, "z": 0.0, "b": 4.0},
            "node wq: tensor w holds inf",
        ),
    ],
)
def test_products_that_cannot_be_are_refused_by_name(nodes: Any, constants: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: " + message):
        imported(model(nodes, constants))


@pytest.mark.parametrize(("shape", "rows"), [((5, 3), 3), ((4, 5, 3), 3), ((3, 5, 4), 4)])
def test_a_product_of_every_position_is_one_dense_layer(shape: tuple[int, ...], rows: int) -> None:
    constants = {"w": dyadic((rows, 2), seed=2, scale=0.25, most=7).astype(np.float32), "b": np.float32([0.5, -1])}
    nodes = [node("MatMul", ["x", "w"], "a", "td"), node("Add", ["a", "b"], "y", "bias")]
    assert_exact(model(nodes, constants, x=(1, *shape)), dyadic((2, *shape)), expect=["Dense", "Affine"])


def test_a_product_of_every_pixel_of_a_channels_first_file_needs_no_transposes_in_the_end() -> None:
    constants = {"w": dyadic((3, 2), seed=2, scale=0.25, most=7).astype(np.float32)}
    nodes = [
        node("MaxPool", ["x"], "p", "pool", kernel_shape=[2, 2]), node("Transpose", ["p"], "t", perm=[0, 2, 3, 1]),
        node("MatMul", ["t", "w"], "m", "td"), node("Transpose", ["m"], "u", perm=[0, 3, 1, 2]),
        node("MaxPool", ["u"], "v", "again", kernel_shape=[2, 1]), node("Transpose", ["v"], "y", perm=[0, 2, 3, 1]),
    ]  # fmt: skip
    x = dyadic((2, 3, 4, 5))
    graph = assert_exact(model(nodes, constants, x=(1, 3, 4, 5)), x)
    expected = graph.values([x])[0].tolist()
    channels_last(graph)
    assert layers(graph) == ["MaxPool", "Dense", "MaxPool"]
    assert graph.values([x])[0].tolist() == expected
