"""What convolutions and pools share: sequences as images of one row, and windows as Keras pads them."""

from __future__ import annotations

from codesign.frontends.converters.building import Stream, shape_text
from codesign.frontends.converters.windows import Windows
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.names import spelled
from codesign.ir.layers import Reshape
from codesign.ir.layers.window import Pair


def image(node: KerasLayer, axes: int) -> Stream:
    """What the layer reads as (height, width, channels); a sequence is an image of one row."""
    x = node.x
    layout = node.fields.text("data_format", "channels_last")
    if layout != "channels_last":
        node.refuse(f"its data_format is {spelled(layout)}; only channels_last is supported: build the model so")
    if x.rank != axes + 2:
        names = "(batch, length, channels)" if axes == 1 else "(batch, height, width, channels)"
        node.refuse(f"{node.kind} reads a tensor of shape {names}, not {shape_text(x)}")
    return x if axes == 2 else node.emit(Reshape((1, *x.shape)), x, part="row")


def image_back(node: KerasLayer, y: Stream, axes: int) -> Stream:
    """The result as a sequence again, if the layer read one."""
    return y if axes == 2 else node.emit(Reshape(y.shape[1:]), y, part="sequence")


def windows(node: KerasLayer, x: Stream, size: tuple[int, ...], stride: tuple[int, ...], dilation: Pair) -> Windows:
    """The windows over the image `x`: padding valid, same as TensorFlow does it (more at the end), or causal."""
    mode = node.fields.text("padding", "valid").lower()
    tall_size, tall_stride = pair(size, 1), pair(stride, 1)
    if min(*tall_size, *tall_stride, *dilation) < 1:
        node.refuse(f"a window of {list(size)} with strides {list(stride)} is none; they must be positive")
    ends = [(0, 0), (0, 0)]
    for axis in range(2 - len(size), 2):
        n, s = x.shape[axis], tall_stride[axis]
        reach = dilation[axis] * (tall_size[axis] - 1) + 1
        if mode == "same":
            total = max((-(-n // s) - 1) * s + reach - n, 0)
            ends[axis] = total // 2, total - total // 2
        elif mode == "causal" and len(size) == 1:
            ends[axis] = reach - 1, 0
        elif mode != "valid":
            node.fields.fail("padding", mode, "valid or same" if len(size) == 2 else "valid, same or causal")
    whole = [n + sum(e) for n, e in zip(x.shape[:2], ends, strict=True)]
    node.check_size(whole)
    (top, bottom), (left, right) = ends
    one_window = (min(tall_stride[0], whole[0]), min(tall_stride[1], whole[1]))
    return Windows(tall_size, one_window, dilation, (top, bottom, left, right))


def pair(values: tuple[int, ...], first: int) -> Pair:
    """Vertical and horizontal; `first` where there is one axis alone, the horizontal one."""
    return (first, values[0]) if len(values) == 1 else (values[0], values[1])
