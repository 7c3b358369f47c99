"""Conv against onnxruntime, channels first and channels last."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.ir.layers import Conv, FloatConv
from tests.frontends.models import assert_exact, dyadic, imported, model, node

CHANNELS_LAST = "qonnx.custom_op.channels_last"
IMAGE = ["Transpose", "Conv", "Transpose"]


def weights(shape: tuple[int, ...]) -> np.ndarray:
    """Multiples of 1/4."""
    return dyadic(shape, seed=3, scale=0.25, most=7).astype(np.float32)


def conv(shape: tuple[int, ...], w: tuple[int, ...], name: str = "c", **attributes: Any) -> Any:
    return model(node("Conv", ["x", "w"], name=name, **attributes), {"w": weights(w)}, x=(1, *shape))


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"strides": [2, 1]},
        {"pads": [1, 0, 2, 1]},
        {"dilations": [1, 2], "pads": [0, 2, 0, 1]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 3]},
        {"auto_pad": "SAME_LOWER", "strides": [2, 1]},
        {"auto_pad": "VALID", "strides": [1, 2]},
        {"kernel_shape": [3, 2], "pads": [1, 1, 1, 1], "strides": [3, 2], "dilations": [2, 1]},
    ],
    ids=str,
)
def test_an_image_is_convolved(attributes: dict[str, Any]) -> None:
    proto = conv((3, 7, 6), (5, 3, 3, 2), **attributes)
    assert_exact(proto, dyadic((2, 3, 7, 6), seed=1), expect=IMAGE)


@pytest.mark.parametrize(("group", "inputs", "outputs"), [(2, 2, 6), (4, 1, 4), (4, 1, 8)])
def test_groups_read_their_own_channels(group: int, inputs: int, outputs: int) -> None:
    proto = conv((4, 5, 3), (outputs, inputs, 2, 3), group=group, pads=[1, 1, 0, 0])
    assert_exact(proto, dyadic((2, 4, 5, 3), seed=1), expect=IMAGE)


@pytest.mark.parametrize("attributes", [{}, {"pads": [2, 1], "strides": [2]}, {"dilations": [3]}], ids=str)
def test_a_sequence_is_an_image_of_one_row(attributes: dict[str, Any]) -> None:
    proto = conv((3, 9), (4, 3, 3), **attributes)
    expect = ["Transpose", "Reshape", "Conv", "Reshape", "Transpose"]
    assert_exact(proto, dyadic((2, 3, 9), seed=1), expect=expect)


def test_a_bias_is_an_affine_of_the_channels() -> None:
    constants = {"w": weights((5, 3, 2, 2)), "b": weights((5,))}
    proto = model(node("Conv", ["x", "w", "b"]), constants, x=(1, 3, 4, 6))
    assert_exact(proto, dyadic((2, 3, 4, 6)), expect=["Transpose", "Conv", "Affine", "Transpose"])


def test_a_node_of_the_channels_last_domain_needs_no_transposes() -> None:
    # Its weights are (outputs, rows, columns, inputs).
    last = conv((7, 6, 3), (5, 3, 2, 3), domain=CHANNELS_LAST, strides=[2, 1], pads=[1, 0, 2, 1])
    graph = imported(last)
    assert [type(n.layer).__name__ for n in graph if n.inputs] == ["Conv"]
    first = model(
        node("Conv", ["x", "w"], strides=[2, 1], pads=[1, 0, 2, 1]),
        {"w": weights((5, 3, 2, 3)).transpose(0, 3, 1, 2).copy()},
        x=(1, 3, 7, 6),
    )
    x = dyadic((2, 7, 6, 3), seed=1)
    (ours,) = graph.values([x])
    (theirs,) = imported(first).values([x.transpose(0, 3, 1, 2)])
    assert ours.tolist() == theirs.transpose(0, 2, 3, 1).tolist()


def test_a_sequence_of_the_channels_last_domain() -> None:
    attributes = {"pads": [2, 1], "strides": [2], "dilations": [2]}
    last = conv((9, 3), (4, 3, 3), domain=CHANNELS_LAST, **attributes)  # (outputs, length, inputs)
    first = model(
        node("Conv", ["x", "w"], **attributes), {"w": weights((4, 3, 3)).transpose(0, 2, 1).copy()}, x=(1, 3, 9)
    )
    x = dyadic((2, 9, 3), seed=1)
    (ours,), (theirs,) = imported(last).values([x]), imported(first).values([x.transpose(0, 2, 1)])
    assert ours.tolist() == theirs.transpose(0, 2, 1).tolist()


def test_groups_of_the_channels_last_domain() -> None:
    attributes = {"pads": [1, 0, 0, 2], "group": 2}
    last = conv((5, 7, 6), (4, 2, 3, 3), domain=CHANNELS_LAST, **attributes)
    w = weights((4, 2, 3, 3)).transpose(0, 3, 1, 2).copy()
    first = model(node("Conv", ["x", "w"], **attributes), {"w": w}, x=(1, 6, 5, 7))
    x = dyadic((2, 5, 7, 6), seed=1)
    (ours,), (theirs,) = imported(last).values([x]), imported(first).values([x.transpose(0, 3, 1, 2)])
    assert ours.tolist() == theirs.transpose(0, 2, 3, 1).tolist()


def test_a_quantizer_of_the_weights_gives_codes_and_a_step_per_output() -> None:
    scales = np.array([0.5, 0.25, 0.3], np.float32).reshape(3, 1, 1, 1)
    constants = {"w": weights((3, 2, 2, 2)), "s": scales, "z": 0.0, "b": 4.0}
    quant = node("Quant", ["w", "s", "z", "b"], "q", signed=1, narrow=1)
    graph = imported(model([quant, node("Conv", ["x", "q"], name="c")], constants, x=(1, 2, 3, 4)))
    layer = graph["c"].layer
    assert isinstance(layer, Conv)
    assert [float(np.float32(s)) for s in layer.step.values] == scales.ravel().tolist()
    assert layer.weights.shape == (2, 2, 2, 3) and abs(layer.weights).max() == 7


def test_float_weights_stay_float() -> None:
    w = np.random.default_rng(1).normal(size=(3, 2, 2, 3)).astype(np.float32)
    graph = imported(model(node("Conv", ["x", "w"], name="c"), {"w": w}, x=(1, 2, 3, 4)))
    layer = graph["c"].layer
    assert isinstance(layer, FloatConv)
    assert (layer.weights == w.transpose(2, 3, 1, 0)).all()


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (conv((3, 2, 6), (5, 3, 3, 2)), "node c: a window of 3 x 2 does not fit the image of 2 x 6"),
        (conv((3, 7, 6), (5, 2, 3, 2)), "node c: its weights w of shape .* are not 1 groups of 3 channels"),
        (conv((4, 7, 6), (5, 2, 3, 2), group=2), "node c: its weights w of shape .* are not 2 groups of 4 channels"),
        (conv((3, 7, 6), (5, 3, 3)), r"node c: its weights w of shape \(5, 3, 3\) do not fit an input of shape"),
        (conv((3, 7), (5, 3)), r"node c: its weights w of shape \(5, 3\) do not fit an input"),
        (conv((3, 7, 6), (5, 3, 3, 2), kernel_shape=[2, 2]), r"its kernel_shape \[2, 2\] is not that of its weights"),
        (conv((3, 7, 6), (5, 3, 3, 2), strides=[0, 1]), r"its strides \[0, 1\] must be 2 positive numbers"),
        (conv((3, 7, 6), (5, 3, 3, 2), dilations=[1]), r"its dilations \[1\] must be 2 positive numbers"),
        (conv((3, 7, 6), (5, 3, 3, 2), pads=[1, 1]), r"its pads \[1, 1\] must be 4 numbers"),
        (conv((3, 7, 6), (5, 3, 3, 2), pads=[-1, 0, 0, 0]), "would cut the image off"),
        (conv((3, 7, 6), (5, 3, 3, 2), pads=[1, 0, 0, 0], auto_pad="VALID"), "both pads .* and auto_pad VALID"),
        (conv((3, 7, 6), (5, 3, 3, 2), auto_pad="SAME"), "its auto_pad SAME is not supported"),
        (conv((3, 4, 4, 4), (5, 3, 2, 2, 2)), "Conv of a tensor of shape .* is not supported; only images"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        imported(proto)


def test_weights_and_biases_of_the_wrong_kind_are_refused() -> None:
    two = model(node("Conv", ["x", "x"], name="c"), x=(1, 3, 4, 6))
    with pytest.raises(ModelError, match="node c: its weights depend on the network's input"):
        imported(two)
    constants = {"w": weights((5, 3, 2, 2)), "b": weights((3,))}
    with pytest.raises(ModelError, match=r"its bias b of shape \(3,\) must hold 5 numbers"):
        imported(model(node("Conv", ["x", "w", "b"], name="c"), constants, x=(1, 3, 4, 6)))
