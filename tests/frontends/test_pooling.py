"""Pools against onnxruntime and qonnx."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from tests.frontends.models import assert_exact, dyadic, executed, imported, model, node

X = dyadic((2, 3, 7, 9))

pytestmark = pytest.mark.filterwarnings("ignore:Output shapes disagree")  # of ceil_mode


def pool(kind: str, shape: tuple[int, ...] = (3, 7, 9), opset: int = 13, **attributes: Any) -> Any:
    return model(node(kind, ["x"], name="p", **attributes), x=(1, *shape), opset=opset)


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [2, 2], "strides": [2, 2]},
        {"kernel_shape": [3, 2]},
        {"kernel_shape": [3, 2], "strides": [1, 3], "pads": [1, 0, 2, 1]},
        {"kernel_shape": [2, 3], "strides": [2, 2], "ceil_mode": 1},
        {"kernel_shape": [2, 4], "strides": [3, 3], "pads": [0, 1, 1, 1], "ceil_mode": 1},
        {"kernel_shape": [1, 1], "strides": [1, 5], "ceil_mode": 1},  # a window behind the image is none
        {"kernel_shape": [2, 2], "strides": [3, 4], "pads": [0, 0, 1, 1], "ceil_mode": 1},
        {"kernel_shape": [2, 3], "strides": [3, 3], "pads": [1, 0, 0, 1], "ceil_mode": 1},
        {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_LOWER"},
    ],
    ids=str,
)
def test_the_largest_of_each_window(attributes: dict[str, Any]) -> None:
    assert_exact(pool("MaxPool", **attributes), X, expect=["Transpose", "MaxPool", "Transpose"])


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [2, 4], "strides": [2, 2]},
        {"kernel_shape": [4, 1], "ceil_mode": 1},
        {"kernel_shape": [1, 2], "strides": [3, 2], "pads": [0, 0, 0, 1], "count_include_pad": 1},
    ],
    ids=str,
)
def test_the_average_of_each_window(attributes: dict[str, Any]) -> None:
    padding = ["Pad"] * ("pads" in attributes)
    expect = ["Transpose", *padding, "SumPool", "Affine", "Transpose"]
    assert_exact(pool("AveragePool", **attributes), X, expect=expect)


@pytest.mark.parametrize("counted", [0, 1])
@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [2, 2], "pads": [1, 0, 0, 0]},
        {"kernel_shape": [2, 4], "strides": [1, 2], "pads": [1, 2, 1, 0]},
        {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1},
        {"kernel_shape": [4, 3], "strides": [3, 2], "pads": [1, 0, 0, 1], "ceil_mode": 1},
        {"kernel_shape": [2, 2], "strides": [3, 3], "pads": [0, 0, 0, 1], "ceil_mode": 1},
        {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"kernel_shape": [4, 2], "strides": [1, 2], "auto_pad": "SAME_LOWER"},
    ],
    ids=str,
)
def test_averages_over_counts_that_differ_by_position(attributes: dict[str, Any], counted: int) -> None:
    proto = pool("AveragePool", count_include_pad=counted, **attributes)
    x = dyadic((2, 3, 7, 9), scale=12.0)  # divisible by every count
    graph = imported(proto)
    (ours,), (theirs,) = graph.values([x]), executed(proto, x)
    if "ceil_mode" in attributes:
        theirs = averaged(x, attributes, counted)
    assert ours.astype(float).tolist() == theirs.astype(float).tolist()


def averaged(x: np.ndarray, attributes: dict[str, Any], counted: int) -> np.ndarray:
    """The standard's definition: padding counts if it is to, what ceil_mode adds behind it never does."""
    (kh, kw), (sh, sw) = attributes["kernel_shape"], attributes["strides"]
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    sums = np.pad(x, ((0, 0), (0, 0), (top, bottom + sh), (left, right + sw)))
    ones = np.full(x.shape[2:], 1.0)
    ones = np.pad(np.pad(ones, ((top, bottom), (left, right)), constant_values=counted), ((0, sh), (0, sw)))
    axes = ((x.shape[2], top, bottom, kh, sh), (x.shape[3], left, right, kw, sw))
    most = [-(-(n + a + b - k) // s) + 1 for n, a, b, k, s in axes]
    rows, columns = (m - ((m - 1) * s >= n + a) for m, (n, a, _, _, s) in zip(most, axes, strict=True))
    at = [[(slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)) for j in range(columns)] for i in range(rows)]
    return np.stack(
        [np.stack([sums[:, :, r, c].sum(axis=(2, 3)) / ones[r, c].sum() for r, c in row], axis=-1) for row in at],
        axis=2,
    )


def test_pools_of_sequences() -> None:
    x = dyadic((2, 3, 9))
    row, back = ["Transpose", "Reshape"], ["Reshape", "Transpose"]
    assert_exact(pool("MaxPool", (3, 9), kernel_shape=[2], strides=[3]), x, expect=[*row, "MaxPool", *back])
    expect = [*row, "SumPool", "Affine", *back]
    assert_exact(pool("AveragePool", (3, 9), kernel_shape=[4]), x, expect=expect)


def test_whole_images() -> None:
    expect = ["Transpose", "MaxPool", "Transpose"]
    assert_exact(pool("GlobalMaxPool"), X, expect=expect)
    x = dyadic((2, 3, 4, 2))
    expect = ["Transpose", "SumPool", "Affine", "Transpose"]
    assert_exact(pool("GlobalAveragePool", (3, 4, 2)), x, expect=expect)
    expect = ["Transpose", "Reshape", "SumPool", "Affine", "Reshape", "Transpose"]
    assert_exact(pool("GlobalAveragePool", (3, 8)), dyadic((2, 3, 8)), expect=expect)


def test_a_pool_of_the_channels_last_domain() -> None:
    proto = pool("MaxPool", (7, 9, 3), kernel_shape=[2, 3], strides=[2, 3], domain="qonnx.custom_op.channels_last")
    x = dyadic((2, 7, 9, 3))
    (ours,) = imported(proto).values([x])
    (theirs,) = imported(pool("MaxPool", kernel_shape=[2, 3], strides=[2, 3])).values([x.transpose(0, 3, 1, 2)])
    assert ours.tolist() == theirs.transpose(0, 2, 3, 1).tolist()


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_the_pool_of_integers_that_drops_bits(layout: str) -> None:
    shape = (3, 7, 5) if layout == "NCHW" else (7, 5, 3)
    quant = node("Quant", ["x", "s", "z", "b"], "q", signed=0, narrow=0)
    attributes = {"kernel": 3, "stride": 2, "ibits": 3, "obits": 4, "signed": 0, "data_layout": layout}
    averaged = node("QuantAvgPool2d", ["q"], **attributes)
    proto = model([quant, averaged], {"s": 1.0, "z": 0.0, "b": 3.0}, x=(1, *shape))
    pool_ = ["SumPool", "Affine", "Quantize"]
    expect = ["Quantize", *(["Transpose", *pool_, "Transpose"] if layout == "NCHW" else pool_)]
    graph = imported(proto)
    assert [type(n.layer).__name__ for n in graph if n.inputs] == expect
    x = np.random.default_rng(1).integers(0, 8, (2, *shape)).astype(float)
    image = x.transpose(0, 2, 3, 1) if layout == "NCHW" else x
    wanted = np.array([[image[:, i : i + 3, j : j + 3].sum(axis=(1, 2)) // 4 for j in (0, 2)] for i in (0, 2, 4)])
    wanted = wanted.transpose(2, 3, 0, 1) if layout == "NCHW" else wanted.transpose(2, 0, 1, 3)
    assert graph.values([x])[0].tolist() == wanted.tolist()


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (pool("MaxPool"), "node p: MaxPool has no kernel_shape"),
        (pool("MaxPool", kernel_shape=[2, 2], dilations=[2, 1]), r"a pool with dilations \(2, 1\) is not supported"),
        (pool("MaxPool", kernel_shape=[8, 2]), "a window of 8 x 2 does not fit the image of 7 x 9"),
        (pool("MaxPool", kernel_shape=[2, 2], pads=[2, 0, 0, 0]), "would lie wholly in the rows of padding"),
        (
            pool("AveragePool", (64, 40, 40), kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            "it averages 4 to 9 elements by position, and has 102,400 results; at most 65,536 are supported: use",
        ),
        (
            pool("AveragePool", kernel_shape=[2, 2], pads=[2, 0, 0, 0]),
            r"a window of \(2, 2\) would lie wholly in the padding \(2, 0, 0, 0\)",
        ),
        (pool("AveragePool", (9,), kernel_shape=[2]), "AveragePool of a tensor of shape .* is not supported"),
        (pool("QuantAvgPool2d", kernel=2, stride=2, ibits=4, obits=4, signed=0), "drops bits of integers"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        imported(proto)


def test_indices_that_are_used_are_refused() -> None:
    nodes = [node("MaxPool", ["x"], ["v", "i"], "p", kernel_shape=[2, 2]), node("Identity", ["i"], "y")]
    with pytest.raises(ModelError, match="node p: the indices that MaxPool gives are used"):
        imported(model(nodes, x=(1, 3, 7, 9)))
