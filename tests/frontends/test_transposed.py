"""ConvTranspose against onnxruntime."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.errors import ModelError
from codesign.ir.layers import Conv, FloatConv
from tests.frontends.models import assert_exact, dyadic, imported, layers, model, node

pytestmark = pytest.mark.filterwarnings("ignore:Output shapes disagree")  # of output_padding with auto_pad


def weights(shape: tuple[int, ...]) -> np.ndarray:
    """Multiples of 1/4."""
    return dyadic(shape, seed=3, scale=0.25, most=7).astype(np.float32)


def spread(shape: tuple[int, ...], w: tuple[int, ...], bias: int = 0, **attributes: Any) -> Any:
    constants = {"w": weights(w)} | ({"b": weights((bias,))} if bias else {})
    return model(node("ConvTranspose", ["x", *constants], name="c", **attributes), constants, x=(1, *shape))


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"strides": [2, 3]},
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
        {"strides": [3, 1], "pads": [0, 2, 1, 0]},
        {"dilations": [2, 3], "pads": [1, 0, 2, 4]},
        {"strides": [2, 3], "dilations": [3, 2], "output_padding": [1, 0]},
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"strides": [3, 2], "auto_pad": "SAME_LOWER", "output_padding": [1, 0]},
        {"strides": [2, 1], "auto_pad": "VALID"},
        {"strides": [2, 3], "output_shape": [7, 12]},
        {"strides": [2, 3], "output_shape": [8, 13], "auto_pad": "SAME_UPPER"},
        {"strides": [4, 5]},
        {"pads": [2, 1, 2, 1]},
    ],
    ids=str,
)
def test_an_image_is_spread(attributes: dict[str, Any]) -> None:
    assert_exact(spread((3, 4, 5), (3, 2, 3, 2), bias=2, **attributes), dyadic((2, 3, 4, 5), seed=1))


@pytest.mark.parametrize(("group", "channels", "each"), [(2, 4, 3), (4, 4, 1), (4, 4, 2), (3, 6, 2)])
def test_groups_read_their_own_channels(group: int, channels: int, each: int) -> None:
    proto = spread((channels, 4, 3), (channels, each, 2, 3), bias=group * each, group=group, strides=[2, 2])
    assert_exact(proto, dyadic((2, channels, 4, 3), seed=1))


@pytest.mark.parametrize("attributes", [{}, {"pads": [2, 1], "strides": [2]}, {"dilations": [3], "strides": [2]}])
def test_a_sequence_is_an_image_of_one_row(attributes: dict[str, Any]) -> None:
    assert_exact(spread((3, 9), (3, 4, 3), bias=4, **attributes), dyadic((2, 3, 9), seed=1))


@st.composite
def axes(draw: st.DrawFn) -> tuple[int, ...]:
    """(length, kernel, stride, dilation, pad before, pad after, output padding)."""
    length, kernel, stride, dilation = (draw(st.integers(1, 4)) for _ in range(4))
    more = draw(st.integers(0, max(stride, dilation) - 1))
    whole = stride * (length - 1) + more + dilation * (kernel - 1) + 1
    before = draw(st.integers(0, min(4, whole - 1)))
    return length, kernel, stride, dilation, before, draw(st.integers(0, min(4, whole - 1 - before))), more


def scattered(x: np.ndarray, w: np.ndarray, down: tuple[int, ...], across: tuple[int, ...]) -> np.ndarray:
    """The definition: every pixel times every weight, added where it belongs, and the borders cut off."""
    lengths, kernel, stride, dilation, before, after, more = zip(down, across, strict=True)
    whole = [s * (n - 1) + m + d * (k - 1) + 1 for n, k, s, d, m in zip(lengths, kernel, stride, dilation, more)]
    y = np.zeros((len(x), w.shape[1], *whole))
    for i, j, m, n in np.ndindex(*lengths, *kernel):
        row, column = i * stride[0] + m * dilation[0], j * stride[1] + n * dilation[1]
        y[:, :, row, column] += x[:, :, i, j] @ w[:, :, m, n]
    return y[:, :, before[0] : whole[0] - after[0], before[1] : whole[1] - after[1]]


@settings(max_examples=200)
@given(axes(), axes())
def test_every_mix_of_attributes_scatters_pixels(down: tuple[int, ...], across: tuple[int, ...]) -> None:
    lengths, kernel, strides, dilations, before, after, more = (list(v) for v in zip(down, across, strict=True))
    proto = spread(
        (2, *lengths), (2, 3, *kernel), strides=strides, dilations=dilations, pads=[*before, *after],
        output_padding=more,
    )  # fmt: skip
    x = dyadic((2, 2, *lengths), seed=2)
    (found,) = imported(proto).values([x])
    assert found.astype(float).tolist() == scattered(x, weights((2, 3, *kernel)), down, across).tolist()


def test_the_convolution_has_the_operator_s_name_and_no_multiplier_sees_an_inserted_zero() -> None:
    graph = imported(spread((3, 4, 5), (3, 2, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1]))
    layer = graph["c"].layer
    assert isinstance(layer, Conv)
    assert layer.weights.shape == (3, 3, 3, 8)  # three pixels are seen by the two phases of an axis, two by each
    assert (layer.weights != 0).sum() == (weights((3, 2, 4, 4)) != 0).sum()
    assert layers(graph) == ["Transpose", "Conv", "Reshape", "Transpose", "Reshape", "Transpose"]
    plain = imported(spread((3, 4, 5), (3, 2, 2, 3), dilations=[2, 1]))["c"].layer
    assert isinstance(plain, Conv) and (plain.dilation, plain.weights.shape) == ((2, 1), (2, 3, 3, 2))


def test_a_quantizer_of_the_weights_gives_codes_and_a_step_per_output() -> None:
    scales = np.array([0.5, 0.25, 0.3], np.float32).reshape(1, 3, 1, 1)
    constants = {"w": weights((2, 3, 3, 3)), "s": scales, "z": 0.0, "b": 4.0}
    quant = node("Quant", ["w", "s", "z", "b"], "q", signed=1, narrow=1)
    spread_ = node("ConvTranspose", ["x", "q"], name="c", strides=[2, 1])
    graph = imported(model([quant, spread_], constants, x=(1, 2, 3, 4)))
    layer = graph["c"].layer
    assert isinstance(layer, Conv) and abs(layer.weights).max() == 7
    assert [float(np.float32(s)) for s in layer.step.values] == [0.5, 0.25, np.float32(0.3)] * 2


def test_float_weights_stay_float() -> None:
    w = np.random.default_rng(1).normal(size=(3, 2, 2, 3)).astype(np.float32)
    layer = imported(model(node("ConvTranspose", ["x", "w"], name="c"), {"w": w}, x=(1, 3, 3, 4)))["c"].layer
    assert isinstance(layer, FloatConv)
    assert (layer.weights == w.transpose(2, 3, 0, 1)[::-1, ::-1]).all()


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (spread((3, 4, 5), (2, 3, 3, 2)), r"its weights w of shape \(2, 3, 3, 2\) are not 1 groups of 3 channels"),
        (spread((3, 4, 5), (3, 2, 3, 2), group=2), "are not 2 groups of 3 channels; check group"),
        (spread((3, 4, 5), (3, 2, 3)), "do not fit an input of shape"),
        (spread((3, 4, 5), (3, 2, 3, 2), strides=[0, 1]), r"its strides \[0, 1\] must be 2 positive numbers"),
        (spread((3, 4, 5), (3, 2, 3, 2), dilations=[1, 0]), r"its dilations \[1, 0\] must be 2 positive numbers"),
        (spread((3, 4, 5), (3, 2, 3, 2), pads=[3, 0, 3, 0]), "leave nothing of a result of 6 x 6; use smaller pads"),
        (spread((3, 4, 5), (3, 2, 3, 2), pads=[-1, 0, 0, 0]), "would cut the image off"),
        (spread((3, 4, 5), (3, 2, 3, 2), output_padding=[1]), r"its output_padding \[1\] must be 2 numbers"),
        (spread((3, 4, 5), (3, 2, 3, 2), output_padding=[-1, 0]), "that are not negative"),
        (
            spread((3, 4, 5), (3, 2, 3, 2), output_shape=[9, 6]),
            r"its output_shape \[9, 6\] exceeds the result of 6 x 6",
        ),
        (spread((3, 4, 5), (3, 2, 3, 2), output_shape=[5]), r"its output_shape \[5\] must be 2 positive numbers"),
        (spread((3, 4, 5), (3, 2, 3, 2), auto_pad="SAME"), "its auto_pad SAME is not supported"),
        (spread((3, 4, 5), (3, 2, 3, 2), bias=3), r"its bias b of shape \(3,\) must hold 2 numbers"),
        (spread((3, 4, 4, 5), (3, 2, 3, 2, 1)), "ConvTranspose of a tensor of shape .* is not supported"),
        (model(node("ConvTranspose", ["x", "x"], name="c"), x=(1, 3, 4, 6)), "its weights depend on the network"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=f"node c: .*{message}"):
        imported(proto)
