"""QuantizeLinear, Clip and DequantizeLinear against onnxruntime."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from codesign.errors import ModelError
from codesign.ir.layers import Dense, Quantize
from tests.frontends.models import assert_exact, dyadic, executed, imported, model, node

X = dyadic((40, 4), scale=1 / 16, most=400)


def chain(
    zero: Any = None, scale: Any = 0.125, clip: tuple[Any, Any] | None = None, x: tuple[int, ...] = (1, 4), **axis: int
) -> Any:
    """QuantizeLinear, Clip if asked for, DequantizeLinear."""
    constants: dict[str, Any] = {"s": np.asarray(scale, np.float32)}
    names = ["s"]
    if zero is not None:
        constants["z"] = zero
        names.append("z")
    nodes = [node("QuantizeLinear", ["x", *names], "q", "ql", **axis)]
    if clip is not None:
        constants |= {"low": clip[0], "high": clip[1]}
        nodes.append(node("Clip", ["q", "low", "high"], "c", "cl"))
    nodes.append(node("DequantizeLinear", [nodes[-1].output[0], *names], name="dq", **axis))
    return model(nodes, constants, x=x)


@pytest.mark.parametrize(
    "zero", [None, np.uint8(0), np.uint8(128), np.uint8(3), np.int8(0), np.int8(-5), np.int8(7)], ids=str
)
def test_a_pair_is_one_quantizer(zero: Any) -> None:
    graph = assert_exact(chain(zero), X, expect=["Quantize"])
    assert isinstance(graph["dq"].layer, Quantize)


@pytest.mark.parametrize("zero", [np.int8(0), np.int8(3)], ids=str)
def test_a_clip_between_narrows_the_range(zero: Any) -> None:
    graph = assert_exact(chain(zero, clip=(np.int8(-8), np.int8(7))), X, expect=["Quantize"])
    layer = graph["dq"].layer
    assert isinstance(layer, Quantize)
    assert layer.high - layer.low == 15


@pytest.mark.parametrize("shape", [(1, 4), (1, 3, 4)])
def test_one_scale_for_each_channel(shape: tuple[int, ...]) -> None:
    proto = chain(np.zeros(4, np.int8), [0.125, 0.25, 0.5, 2.0], x=shape, axis=len(shape) - 1)
    assert_exact(proto, dyadic((3, *shape[1:]), scale=1 / 16), expect=["Quantize"])


def test_a_pair_with_two_scales_and_zero_points() -> None:
    proto = model(
        [node("QuantizeLinear", ["x", "s", "z"], "q"), node("DequantizeLinear", ["q", "s2", "z2"], name="dq")],
        {"s": 0.125, "z": np.int8(3), "s2": 0.5, "z2": np.int8(-1)},
    )
    assert_exact(proto, X, expect=["Quantize", "Affine"])


@pytest.mark.parametrize(("kind", "zero"), [("INT16", 5), ("UINT16", 9), ("INT4", -1), ("UINT4", 2)])
def test_16_and_4_bits(kind: str, zero: int) -> None:
    proto = chain(helper.make_tensor("z", TensorProto.DataType.Value(kind), [], [zero]))
    proto.opset_import[0].version = 21
    found = imported(proto).values([X])[0].astype(float)
    # onnxruntime has no kernel for 4 bits; ONNX's own reference has.
    assert found.tolist() == ReferenceEvaluator(proto).run(None, {"x": X.astype(np.float32)})[0].tolist()


def weights(w: Any, scale: Any, zero: Any = None, **axis: int) -> Any:
    names = ["w", "s"] + ["z"] * (zero is not None)
    constants = {"w": w, "s": np.asarray(scale, np.float32)} | ({} if zero is None else {"z": zero})
    return model(
        [node("DequantizeLinear", names, "wd", "dq", **axis), node("MatMul", ["x", "wd"], name="fc")], constants
    )


INTEGERS = np.arange(-6, 6, dtype=np.int8).reshape(4, 3)


@pytest.mark.parametrize(
    ("scale", "zero", "axis"),
    [(0.5, None, {}), (0.5, np.int8(0), {}), (0.5, np.int8(3), {"axis": 0}),
     ([0.5, 1, 2], np.zeros(3, np.int8), {"axis": 1}),
     ([0.5, 1, 2], np.array([1, 0, -2], np.int8), {}), ([0.5, 1, 2, 4], np.zeros(4, np.int8), {"axis": 0})],
)  # fmt: skip
def test_stored_integer_weights_are_codes(scale: Any, zero: Any, axis: dict[str, int]) -> None:
    assert_exact(weights(INTEGERS, scale, zero, **axis), X[:6], expect=["Dense"])


def test_the_type_of_stored_weights_is_kept() -> None:
    dense = imported(weights(INTEGERS, 0.5))["fc"].layer
    assert isinstance(dense, Dense)
    assert str(dense.bits) == "int<8>"
    four = helper.make_tensor("w", TensorProto.INT4, [4, 3], INTEGERS.ravel().tolist())
    dense = imported(weights(four, 0.5))["fc"].layer
    assert isinstance(dense, Dense)
    assert str(dense.bits) == "int<4>"
    assert (dense.weights == INTEGERS).all()


def test_float_weights_through_the_whole_chain() -> None:
    proto = model(
        [
            node("QuantizeLinear", ["w", "s", "z"], "q", "ql", axis=0),
            node("Clip", ["q", "low", "high"], "c"),
            node("DequantizeLinear", ["c", "s", "z"], "wd", axis=0),
            node("Gemm", ["x", "wd"], name="fc", transB=1),
        ],
        {
            "w": dyadic((3, 4), scale=1 / 16).astype(np.float32), "s": np.array([0.25, 0.5, 0.125], np.float32),
            "z": np.zeros(3, np.int8), "low": np.int8(-7), "high": np.int8(7),
        },
    )  # fmt: skip
    graph = assert_exact(proto, X[:6], expect=["Dense"])
    codes = graph["fc"].layer.weights  # type: ignore[attr-defined]
    assert codes.min() == -7 and codes.max() <= 7


def test_integer_inputs_are_dequantized() -> None:
    proto = model(node("DequantizeLinear", ["x", "s", "z"]), {"s": 0.5, "z": np.uint8(3)}, element=TensorProto.UINT8)
    graph = imported(proto)
    x = np.array([[0, 3, 200, 255]])
    assert graph.values([x])[0].tolist() == [[-1.5, 0, 98.5, 126]]
    assert not graph["n"].type.real


def test_ties_are_even_before_the_zero_point_is_added() -> None:
    proto = chain(np.int8(1), 1.0)
    x = np.array([[0.5, 1.5, 2.5, -0.5]])
    assert imported(proto).values([x])[0].tolist() == executed(proto, x)[0].tolist() == [[0, 2, 2, 0]]


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (chain(np.int8(0), 0.0), r"node ql: its scale s is 0\.0; it must be positive"),
        (chain(np.int8(0), -1.0), r"node ql: its scale s is -1\.0"),
        (chain(np.int8(0), np.nan), "node ql: tensor s holds nan"),
        (chain(np.float32(0)), "node ql: its zero point z is no integer"),
        (chain(np.int8([0, 0, 1, 0]), [1.0, 1, 1, 1]), "node ql: tensor z of shape .* must hold one number"),
        (chain(np.int8([0, 0, 0]), [1.0, 1, 1]), "node ql: tensor s has 3 values, axis 1 of its input has 4"),
        (chain(np.int8(0), clip=(np.int8(100), np.int8(-100))), "node cl: no code of -128..127 lies within"),
        (weights(INTEGERS.astype(np.float32), 0.5), "node dq: the constant w does not hold integers"),
        (weights(INTEGERS, [0.5, 1.0]), "node dq: 2 scales or zero points for axis 1 of w, of length 3"),
        (weights(INTEGERS, 0.5, block_size=2), "node dq: quantization in blocks is not supported"),
        (model(node("QuantizeLinear", ["x", "s"]), {"s": 1.0}), "output y ends in QuantizeLinear; put Dequantize"),
        (
            model([node("QuantizeLinear", ["x", "s"], "q"), node("Relu", ["q"], name="r")], {"s": 1.0}),
            "node r: Relu of what QuantizeLinear gives is not supported; put DequantizeLinear before it",
        ),
        (
            model(
                [node("QuantizeLinear", ["w", "s"], "q", "ql"), node("DequantizeLinear", ["q", "s"])],
                {"s": 1.0, "w": np.full((4, 3), 1e6, np.float32)},
            ),
            r"node ql: the constant w holds 1e\+06, far outside",
        ),
    ],
)  # fmt: skip
def test_bad_chains_are_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: " + message):
        imported(proto)


def test_stored_integers_outside_their_type_are_refused() -> None:
    w = TensorProto(data_type=TensorProto.INT8, dims=[4, 1], int32_data=[1, 2, 300, 4])
    with pytest.raises(ModelError, match="node dq: tensor w holds 300, which is outside its type int8"):
        imported(weights(w, 0.5))
