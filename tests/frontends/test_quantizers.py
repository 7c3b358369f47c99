"""Quant and BipolarQuant against qonnx, and what they refuse."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.ir.layers import Dense, Quantize
from tests.frontends.models import assert_exact, dyadic, executed, imported, initializer, layers, model, node

MODES = ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "HALF_EVEN"]
DOMAINS = ["qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general", "", "qonnx"]
X = np.arange(-24, 24).reshape(12, 4) / 8


def quant(constants: dict[str, Any] | None = None, domain: str = "qonnx.custom_op.general", **attributes: Any) -> Any:
    given: dict[str, Any] = {"s": 0.5, "z": 0.0, "b": 4.0, **(constants or {})}
    attributes = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND", **attributes}
    return model(node("Quant", ["x", "s", "z", "b"], name="q", domain=domain, **attributes), given)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("zero", [0.0, 3.0, -1.0])
def test_every_rounding_mode_rounds_as_qonnx_does(mode: str, zero: float) -> None:
    assert_exact(quant({"z": zero}, rounding_mode=mode), X, expect=["Quantize"])


def test_modes_are_read_in_any_case_and_round_to_zero_is_down() -> None:
    wanted = imported(quant(rounding_mode="DOWN")).values([X])[0]
    assert (imported(quant(rounding_mode="Round_To_Zero")).values([X])[0] == wanted).all()
    assert (imported(quant(rounding_mode="down")).values([X])[0] == wanted).all()


@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("narrow", [0, 1])
@pytest.mark.parametrize("bits", [1.0, 2.0, 3.0, 8.0])
def test_every_range_clips_as_qonnx_does(signed: int, narrow: int, bits: float) -> None:
    assert_exact(quant({"b": bits}, signed=signed, narrow=narrow), X, expect=["Quantize"])


@pytest.mark.parametrize("zero", [0.0, 1.0, 0.5])
def test_a_signed_bit_is_bipolar(zero: float) -> None:
    graph = assert_exact(quant({"b": 1.0, "z": zero}), X)
    assert (graph["q"].layer.low, graph["q"].layer.high) == (0, 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("zero", [0.25, -0.5, 0.125])
@pytest.mark.parametrize("mode", MODES)
def test_a_fractional_zero_point_is_exact(zero: float, mode: str) -> None:
    assert_exact(quant({"z": zero}, rounding_mode=mode), X)


@pytest.mark.parametrize("shape", [(4,), (1, 4), (1, 1), (1,), (1, 1, 1)])
def test_scales_of_any_shape_that_fits_are_per_channel(shape: tuple[int, ...]) -> None:
    scale = np.resize(np.array([0.5, 1, 0.25, 2], dtype=np.float32), shape)
    graph = imported(quant({"s": scale}))
    wanted = executed(quant({"s": scale.reshape(-1) if scale.size == 1 else scale}), X)[0]
    assert graph.values([X])[0].astype(float).tolist() == wanted.tolist()


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_spelling_of_the_domain_is_known(domain: str) -> None:
    for kind, names in (("Quant", ["x", "s", "z", "b"]), ("BipolarQuant", ["x", "s"])):
        attributes = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"} if kind == "Quant" else {}
        proto = model(node(kind, names, domain=domain, **attributes), {"s": 0.5, "z": 0.0, "b": 3.0})
        assert_exact(proto, X, expect=["Quantize"])


def test_the_file_needs_no_opset_import_for_the_quantizers() -> None:
    proto = quant(domain="onnx.brevitas")
    del proto.opset_import[:]
    assert_exact(proto, X)


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_bipolar_quant_sends_zero_up(scale: float) -> None:
    assert_exact(model(node("BipolarQuant", ["x", "s"]), {"s": scale}), X, expect=["Quantize"])


def weights_model(weights: np.ndarray, scale: np.ndarray, zero: float = 0.0, mode: str = "ROUND") -> Any:
    return model(
        [
            node("Quant", ["w", "s", "z", "b"], "wq", "wq", signed=1, narrow=0, rounding_mode=mode),
            node("Transpose", ["wq"], "wt", "wt", perm=[1, 0]),
            node("MatMul", ["x", "wt"], name="fc"),
        ],
        {"w": weights.astype(np.float32), "s": scale.astype(np.float32), "z": zero, "b": 4.0},
        x=(1, weights.shape[1]),
    )


@pytest.mark.parametrize("mode", MODES)
def test_quantized_weights_behind_a_transpose_become_codes(mode: str) -> None:
    weights = dyadic((3, 4), seed=2, scale=1 / 8, most=30)
    graph = assert_exact(
        weights_model(weights, np.array([[0.5], [0.25], [1.0]]), mode=mode), dyadic((5, 4)), expect=["Dense"]
    )
    dense = graph["fc"].layer
    assert isinstance(dense, Dense)
    assert str(dense.bits) == "int<4>"
    assert [float(s) for s in dense.step.values] == [0.5, 0.25, 1.0]


@pytest.mark.parametrize("zero", [3.0, -2.0, 0.5])
def test_a_zero_point_of_weights_is_folded_into_their_codes(zero: float) -> None:
    weights = dyadic((3, 4), seed=3, most=20)
    assert_exact(weights_model(weights, np.array(0.5), zero), dyadic((5, 4)), expect=["Dense"])


def test_weights_at_ties_round_half_to_even_by_the_exact_quotient() -> None:
    # 0.3 / 0.2 is 1.5 in float32 and in the reader's mind; as exact numbers it is a little more.
    exact = imported(weights_model(np.array([[0.3, -0.3]]), np.array(0.2)))["fc"].layer
    assert exact.weights.ravel().tolist() == [2, -2]  # type: ignore[attr-defined]
    tie = imported(weights_model(np.array([[0.25, 0.75, -0.25]]), np.array(0.5)))["fc"].layer
    assert tie.weights.ravel().tolist() == [0, 2, 0]  # type: ignore[attr-defined]


def test_weights_whose_scales_differ_along_the_inputs_get_a_common_step() -> None:
    weights = dyadic((3, 4), seed=4)
    graph = assert_exact(weights_model(weights, np.array([[0.5, 0.25, 2.0, 0.375]])), dyadic((5, 4)), expect=["Dense"])
    assert graph["fc"].layer.step.values == (0.125,)  # type: ignore[attr-defined]


def test_weights_whose_scales_have_no_common_step_are_refused() -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: node fc: the scales of wt differ .* use one scale"):
        scales = np.array([[0.1, 0.3, 1e3, 0.7]])
        imported(weights_model(np.array([[7], [-3]]) * scales, scales))


def test_bipolar_weights_behind_a_negative_scale() -> None:
    proto = model(
        [node("Mul", ["w", "m"], "wm"), node("BipolarQuant", ["wm", "s"], "wq"), node("MatMul", ["x", "wq"])],
        {"w": dyadic((4, 3), seed=5).astype(np.float32), "m": np.array([-2, 0, 1], np.float32), "s": 0.5},
    )
    assert_exact(proto, dyadic((5, 4)), expect=["Dense"])


def test_bipolar_weights_become_plus_and_minus_one() -> None:
    proto = model(
        [node("BipolarQuant", ["w", "s"], "wq"), node("MatMul", ["x", "wq"], name="fc")],
        {"w": dyadic((4, 3), seed=5).astype(np.float32), "s": 0.5},
    )
    graph = assert_exact(proto, dyadic((5, 4)), expect=["Dense"])
    assert set(graph["fc"].layer.weights.ravel().tolist()) == {-1, 1}  # type: ignore[attr-defined]


def test_a_channel_axis_that_is_not_last_is_reached_by_reshaping() -> None:
    scale = np.array([0.5, 1, 0.25, 2], dtype=np.float32).reshape(4, 1, 1)
    proto = model(
        node("Quant", ["x", "s", "z", "b"], signed=1, narrow=0, rounding_mode="ROUND"),
        {"s": scale, "z": 0.0, "b": 4.0},
        x=(1, 4, 1, 1),
    )
    assert_exact(proto, X.reshape(12, 4, 1, 1), expect=["Reshape", "Quantize", "Reshape"])


def test_scales_along_the_channels_of_a_sequence_move_them_last() -> None:
    proto = model(
        node("Quant", ["x", "s", "z", "b"], name="q", signed=1, narrow=0),
        {"s": np.array([[0.5], [1]], dtype=np.float32), "z": 0.0, "b": 4.0},
        x=(1, 2, 3),
    )
    assert_exact(proto, dyadic((4, 2, 3)), expect=["Transpose", "Quantize", "Transpose"])


@pytest.mark.parametrize(
    ("constants", "attributes", "message"),
    [
        ({"s": 0.0}, {}, r"its scale s is 0\.0; it must be positive"),
        ({"s": -0.5}, {}, r"its scale s is -0\.5; it must be positive"),
        ({"s": np.array([0.5, 0.5, 0.0, 1], dtype=np.float32)}, {}, "must be positive"),
        ({"s": float("nan")}, {}, "tensor s holds nan; train or export"),
        ({"s": float("inf")}, {}, "tensor s holds inf; train or export"),
        ({"z": float("inf")}, {}, "tensor z holds inf; train or export"),
        ({"b": 2.5}, {}, r"its bit width is 2\.5; it must be a whole number"),
        ({"b": 0.0}, {}, "its bit width is 0"),
        ({"b": 64.0}, {}, "its bit width is 64"),
        ({"b": np.array([2, 3], dtype=np.float32)}, {}, r"tensor b of shape \(2,\) must hold one number"),
        (
            {"s": np.array([0.5, 0.25, 1], dtype=np.float32)},
            {},
            r"tensor s of shape \(3,\) does not fit .*\(batch, 4\)",
        ),
        ({}, {"rounding_mode": "SOMEHOW"}, "rounding mode SOMEHOW is not supported; there are ROUND"),
        ({}, {"signed": 2}, "attribute signed is 2; it must be 0 or 1"),
        ({}, {"mystery": 1}, "unknown attribute mystery"),
    ],
)
def test_a_bad_quantizer_is_refused_by_name(
    constants: dict[str, Any], attributes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: node q: .*" + message):
        imported(quant(constants, **attributes))


def test_a_scale_that_depends_on_the_input_is_refused() -> None:
    proto = model(
        [node("Relu", ["x"], "s"), node("Quant", ["x", "s", "z", "b"], name="q", signed=1, narrow=0)],
        {"z": 0.0, "b": 4.0},
    )
    with pytest.raises(ModelError, match="node q: the scale of Quant must be constant"):
        imported(proto)


def test_weights_far_outside_their_quantizer_are_refused() -> None:
    weights = dyadic((3, 4), scale=1 / 8)
    weights[1, 2] = 1000.0
    with pytest.raises(
        ModelError, match=r"node wq: the constant w holds 1000, far outside .* -1 to 0\.875 .*correct the scale"
    ):
        imported(weights_model(weights, np.array(0.125)))


@pytest.mark.parametrize(
    ("rows", "scale"), [(3, np.ones(5)), (3, np.ones((2, 3, 4))), (3, np.ones((4, 1))), (0, np.array(1.0))]
)
def test_scales_that_do_not_fit_their_weights_are_refused(rows: int, scale: np.ndarray) -> None:
    scale = scale * np.arange(1, scale.size + 1).reshape(scale.shape)
    with pytest.raises(
        ModelError, match=r"node wq: scales or zero points .* do not fit the tensor w of shape .* give one"
    ):
        imported(weights_model(np.ones((rows, 4)), scale))


def test_constants_beyond_double_precision_are_refused() -> None:
    proto = weights_model(np.ones((3, 4)), np.array(1.0))
    chain = [node("Mul", [f"w{k}", f"w{k}"], f"w{k + 1}", f"m{k}") for k in range(10)]
    proto.graph.initializer.append(initializer("w0", np.full((3, 4), 1e38, np.float32)))
    proto.graph.node[0].input[0] = "w10"
    for n in chain:
        proto.graph.node.insert(0, n)
    with pytest.raises(ModelError, match=r"test\.onnx: node .* beyond the range of double precision"):
        imported(proto)


def test_weights_that_saturate_as_training_leaves_them_are_clipped() -> None:
    weights = np.array([[1.0, -1.0, 1.25, -1.5]])
    assert_exact(weights_model(weights, np.array(0.125)), dyadic((5, 4)), expect=["Dense"])


def test_layers_keep_the_name_of_their_operator() -> None:
    graph = imported(quant())
    assert layers(graph) == ["Quantize"]
    assert isinstance(graph["q"].layer, Quantize)
    assert graph["q"].origin == "q"
