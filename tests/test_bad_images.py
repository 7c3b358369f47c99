"""What is wrong with the images of a file is said by file, node, finding and cure, through the command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontends.models import model, node
from tests.test_bad_input import refused, saved

SHAPE = (3, 7, 6)


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


def quant(x: str, y: str, step: str, **changed: Any) -> Any:
    attributes = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND", **changed}
    return node("Quant", [x, step, "z", "b"], y, f"quant_{y}", **attributes)


def network(*ops: Any, shape: Sequence[int] = SHAPE, **constants: Any) -> Any:
    """x -> Quant -> xq -> the operators -> y."""
    return model([quant("x", "xq", "s"), *ops], {"s": 0.5, "z": 0.0, "b": 4.0, **constants}, x=(1, *shape))


def one(kind: str, shape: Sequence[int] = SHAPE, attributes: dict[str, Any] | None = None, **constants: Any) -> Any:
    """One operator `n`, its constants behind its input."""
    return network(node(kind, ["xq", *constants], "y", "n", **(attributes or {})), shape=shape, **constants)


def conv(*weights: int, shape: Sequence[int] = SHAPE, **attributes: Any) -> Any:
    return one("Conv", shape, attributes, w=ones(*weights))


def spread(*weights: int, **attributes: Any) -> Any:
    return one("ConvTranspose", SHAPE, attributes, w=ones(*weights))


def resize(scales: Sequence[float] | None = None, sizes: Sequence[int] | None = None, **attributes: Any) -> Any:
    given: dict[str, Any] = {"roi": np.zeros(0, np.float32)}
    given["scales"] = np.array(scales or [], np.float32)
    if sizes is not None:
        given["sizes"] = np.array(sizes)
    attributes = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor", **attributes}
    return one("Resize", SHAPE, attributes, **given)


def pool(kind: str, **attributes: Any) -> Any:
    return one(kind, SHAPE, attributes)


def smaller() -> Any:
    return node("MaxPool", ["xq"], "t", "shrink", kernel_shape=[2, 2])


def unequal_scales() -> Any:
    add = node("Add", ["xq", "t"], "y", "n")
    return network(quant("x", "t", "far"), add, s=1e-10, far=1e30)


def zero_points() -> Any:
    """A convolution with padding behind a quantizer with a zero point for each channel that 4 bits do not hold."""
    constants = {"s": 0.5, "z": np.array([0, 1, 99], np.float32).reshape(1, 3, 1, 1), "b": 4.0, "w": ones(4, 3, 3, 3)}
    ops = [quant("x", "xq", "s", signed=0), node("Conv", ["xq", "w"], "y", "n", pads=[1, 1, 1, 1])]
    return model(ops, constants, x=(1, *SHAPE))


LARGE = "elements, at most 67,108,864 are supported; check pads, strides, scales and sizes"

IMAGES: dict[str, tuple[Any, str]] = {
    # what is wrong: (the file, what the message says behind the node)
    "a kernel larger than the image": (
        conv(5, 3, 8, 2),
        "a window of 8 x 2 does not fit the image of 7 x 6 (padding included); use a smaller one, or more padding",
    ),
    "a kernel larger than the padded image": (
        conv(5, 3, 3, 9, pads=[0, 1, 0, 1]),
        "a window of 3 x 9 does not fit the image of 7 x 8 (padding included); use a smaller one",
    ),
    "a dilated kernel larger than the image": (
        conv(5, 3, 3, 2, dilations=[1, 6]),
        "a window of 3 x 7 does not fit the image of 7 x 6",
    ),
    "a pool larger than the image": (
        pool("MaxPool", kernel_shape=[2, 7]),
        "a window of 2 x 7 does not fit the image of 7 x 6",
    ),
    "an average larger than the image": (
        pool("AveragePool", kernel_shape=[9, 2]),
        "a window of 9 x 2 does not fit the image of 7 x 6",
    ),
    "a window in the padding alone": (
        pool("MaxPool", kernel_shape=[2, 2], pads=[2, 0, 0, 0]),
        "a window of (2, 2) would lie wholly in the rows of padding",
    ),
    "a result of a negative size": (
        spread(3, 2, 3, 2, pads=[5, 0, 5, 0]),
        "pads [5, 0, 5, 0] leave nothing of a result of 9 x 7; use smaller pads",
    ),
    "an output shape that cannot be reached": (
        spread(3, 2, 3, 2, output_shape=[10, 7]),
        "its output_shape [10, 7] exceeds the result of 9 x 7; state a smaller one",
    ),
    "a negative output padding": (
        spread(3, 2, 3, 2, output_padding=[-1, 0]),
        "its output_padding [-1, 0] must be 2 numbers that are not negative",
    ),
    "negative pads": (conv(5, 3, 3, 2, pads=[0, -1, 0, 0]), "would cut the image off; only positive padding"),
    "pads that are no integers": (
        conv(5, 3, 3, 2, pads=[1.5, 0.0, 0.0, 0.0]),
        "the attribute pads is [1.5, 0.0, 0.0, 0.0]; it must be a list of integers",
    ),
    "too few pads": (
        conv(5, 3, 3, 2, pads=[1, 1]),
        "its pads [1, 1] must be 4 numbers, all beginnings before all ends",
    ),
    "pads and auto_pad": (
        conv(5, 3, 3, 2, pads=[1, 1, 1, 1], auto_pad="SAME_UPPER"),
        "it has both pads [1, 1, 1, 1] and auto_pad SAME_UPPER; keep one",
    ),
    "an auto_pad that does not exist": (conv(5, 3, 3, 2, auto_pad="same"), "its auto_pad same is not supported; there"),
    "a stride of zero": (conv(5, 3, 3, 2, strides=[0, 1]), "its strides [0, 1] must be 2 positive numbers"),
    "a dilation of zero": (conv(5, 3, 3, 2, dilations=[1, 0]), "its dilations [1, 0] must be 2 positive numbers"),
    "a kernel of no pixels": (
        pool("MaxPool", kernel_shape=[0, 2]),
        "its kernel_shape [0, 2] does not fit an image of 7 x 6",
    ),
    "an odd ceil_mode": (
        pool("MaxPool", kernel_shape=[2, 2], ceil_mode=2),
        "the attribute ceil_mode is 2; it must be 0 or 1",
    ),
    "groups that do not divide the channels": (
        conv(4, 1, 3, 2, group=2),
        "its weights w of shape (4, 1, 3, 2) are not 2 groups of 3 channels; check group and the shape of the weights",
    ),
    "groups that do not divide the outputs": (conv(4, 1, 3, 2, group=3), "are not 3 groups of 3 channels; check group"),
    "no groups": (conv(3, 1, 3, 2, group=0), "are not 0 groups of 3 channels; check group"),
    "weights of another rank": (
        conv(4, 3),
        "its weights w of shape (4, 3) do not fit an input of shape (batch, 3, 7, 6)",
    ),
    "weights of no outputs": (conv(0, 3, 3, 2), "its weights w of shape (0, 3, 3, 2) do not fit an input of shape"),
    "a volume": (
        conv(4, 3, 3, 3, 3, shape=(3, 7, 6, 5)),
        "Conv of a tensor of shape (batch, 3, 7, 6, 5) is not supported; only images (batch, channels, height, width)",
    ),
    "a vector": (
        one("GlobalAveragePool", (3,)),
        "GlobalAveragePool of a tensor of shape (batch, 3) is not supported; only images",
    ),
    "a factor that is not whole": (
        resize([1, 1, 1.5, 2]),
        "resizing axis 2 by 1.5 (asymmetric, floor) does not repeat each element a whole number of times; use",
    ),
    "a size that is not a multiple": (
        resize(sizes=[1, 3, 10, 6]),
        "resizing axis 2 by 1.42857 (asymmetric, floor) does",
    ),
    "a factor of zero": (resize([1, 1, 0, 1]), "resizing axis 2 by 0 (asymmetric, floor) does not repeat"),
    "a negative size": (resize(sizes=[1, 3, 7, -6]), "resizing axis 3 by -1 (asymmetric, floor) does not repeat"),
    "scales for other axes": (resize([2, 2]), "its scales [2.0, 2.0] do not fit a tensor of shape (batch, 3, 7, 6)"),
    "scales and sizes": (resize([1, 1, 2, 1], [1, 3, 14, 6]), "it has both scales and sizes; keep one"),
    "a linear mode": (resize([1, 1, 2, 2], mode="linear"), "its mode linear is not supported; only nearest, by whole"),
    "a mapping that does not repeat": (
        resize([1, 1, 2, 2], nearest_mode="ceil"),
        "resizing axis 2 by 2 (asymmetric, ceil) does not repeat each element a whole number of times",
    ),
    "a join of different images": (
        network(smaller(), node("Concat", ["xq", "t"], "y", "n", axis=1)),
        "tensors of shapes (batch, 3, 7, 6), (batch, 3, 6, 5) cannot be joined along axis 1; the others must agree",
    ),
    "a sum of different images": (
        network(smaller(), node("Add", ["xq", "t"], "y", "n")),
        "(batch, 3, 7, 6) and (batch, 3, 6, 5)",
    ),
    "scales that have no common step": (unequal_scales(), "needs more than 63 bits; give both one scale"),
    "a zero point that is no code": (zero_points(), "padding is by zeros, and 0 is not a code of"),
    "padding by a mirror": (
        one("Pad", SHAPE, {"mode": "reflect"}, p=np.array([0, 0, 1, 0, 0, 0, 0, 0])),
        "padding by mode reflect is not supported; only by zeros",
    ),
    "channels that make no blocks": (
        one("DepthToSpace", SHAPE, {"blocksize": 2}),
        "3 channels are no whole number of blocks of 2 x 2; check blocksize",
    ),
    "blocks of no pixels": (one("SpaceToDepth", SHAPE, {"blocksize": 0}), "its blocksize 0 must be positive"),
    "a pool of powers": (pool("LpPool", kernel_shape=[2, 2]), "the operator LpPool is not supported; the table of"),
    "a pool with gaps": (
        pool("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]),
        "a pool with dilations (2, 2) is not supported; only windows without gaps",
    ),
    "an unknown attribute": (
        conv(5, 3, 3, 2, gaps=1),
        "Conv has the unknown attribute gaps, whose meaning cannot be kept",
    ),
    "pads beyond any memory": (conv(5, 3, 3, 2, pads=[10**12, 0, 0, 0]), LARGE),
    "a border beyond any memory": (one("Pad", p=np.array([0, 0, 10**12, 0, 0, 0, 0, 0])), LARGE),
    "an image beyond any memory": (resize([1, 1, 1e6, 1e6]), LARGE),
    "sizes beyond any memory": (resize(sizes=[1, 3, 7 * 10**9, 6]), LARGE),
    "strides beyond any memory": (spread(3, 2, 3, 2, strides=[10**12, 1]), "its strides [1000000000000, 1] are not"),
    "gaps beyond any memory": (spread(3, 2, 3, 2, dilations=[10**12, 1], strides=[2, 1]), LARGE),
    "windows beyond any memory": (pool("MaxPool", kernel_shape=[10**6] * 2, pads=[10**6 - 1] * 4), LARGE),
}


@pytest.mark.parametrize("what", IMAGES)
def test_an_image_that_cannot_be_compiled_is_refused_by_file_node_and_cure(what: str, tmp_path: Path) -> None:
    proto, words = IMAGES[what]
    message = refused(tmp_path, saved(tmp_path, proto), "--no-csim")
    assert message.startswith("codesign: error: net.onnx: node n: "), message
    assert words in message, message


def test_an_image_of_no_pixels_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, saved(tmp_path, conv(4, 3, 3, 3, shape=(3, 0, 6))), "--no-csim")
    assert "net.onnx: input x has an axis 2 of size 0; only the batch may be open" in message
