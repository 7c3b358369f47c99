"""Transposed convolutions: each pixel spread over a block of pixels, as the convolution that gives the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from codesign.frontends.constants import Constant
from codesign.frontends.converters.conversion import Conversion, Stream
from codesign.frontends.converters.convolution import biased, check_groups, constant_weights
from codesign.frontends.converters.windowed import windowed_product
from codesign.frontends.converters.windows import Windows, each, image, image_back, kernel_size, stated_pads
from codesign.frontends.names import spelled
from codesign.ir.layers import Crop, Reshape, Transpose


def conv_transpose(node: Conversion) -> Stream:
    """Of images and sequences, strided, dilated, padded, grouped: Conv, then Reshape, Transpose, Reshape and Crop.

    Pixel q * s + r of the result, s being the stride, sees the input around pixel q with those weights that lie s
    apart, from r on. So one convolution gives all s results of q as channels; no multiplier sees an inserted zero.
    """
    x, weights = node.stream(0), constant_weights(node)
    pixels = image(node, x)
    groups, channels = node.op.integer("group", 1), weights.shape[0]
    check_groups(node, weights, groups, pixels.shape[-1], channels, channels)
    rows, columns = _phases(node, pixels, weights.shape[2:])
    stride, outputs = (rows.stride, columns.stride), weights.shape[1] * groups
    node.check_size((rows.size, columns.size, channels // groups, outputs * stride[0] * stride[1]))
    padding = (rows.before, rows.after, columns.before, columns.after)
    w = Windows((rows.size, columns.size), (1, 1), (rows.dilation, columns.dilation), padding)
    y = windowed_product(node, pixels, _matrix(weights, groups, rows, columns), channels // groups, w, groups)
    y = biased(node, y, outputs, lambda b: b.reshape(groups, 1, -1).repeat(stride[0] * stride[1], axis=1).ravel())
    height, width, _ = y.shape
    if stride != (1, 1):
        parts = (groups, *stride, outputs // groups)
        y = node.emit(Reshape((height, width, *parts)), y, part="blocks")
        y = node.emit(Transpose((0, 3, 1, 4, 2, 5)), y, part="shuffled")
        y = node.emit(Reshape((height * stride[0], width * stride[1], outputs)), y, part="pixels")
    if y.shape[:2] != (rows.length, columns.length):
        y = node.emit(Crop((0, 0, 0), (rows.length, columns.length, outputs)), y, part="part")
    return image_back(node, y, x.rank)


MOST_PHASES = 256
"""The largest stride: each of its phases has weights of its own."""


@dataclass(frozen=True, eq=False)
class _Phases:
    """One axis of the convolution. Entry (t, r) of `taps` is the weight with which tap t enters result q * stride + r,
    or -1; `length` results are wanted."""

    taps: NDArray[np.int64]
    dilation: int
    before: int
    after: int
    length: int

    @property
    def size(self) -> int:
        return len(self.taps)

    @property
    def stride(self) -> int:
        return int(self.taps.shape[1])


def _phases(node: Conversion, x: Stream, kernel: tuple[int, ...]) -> tuple[_Phases, _Phases]:
    """Both axes of the image `x`, from the attributes."""
    axes = len(kernel_size(node, x, kernel))
    stride, dilation = each(node, "strides", axes), each(node, "dilations", axes)
    if max(stride) > MOST_PHASES:
        node.refuse(f"its strides {list(stride)} are not supported; at most {MOST_PHASES}")
    more = node.op.integers("output_padding") or (0,) * axes
    if len(more) != axes or min(more) < 0:
        node.refuse(f"its output_padding {list(more)} must be {axes} numbers that are not negative")
    lengths = x.shape[2 - axes : 2]
    whole = [
        s * (n - 1) + m + d * (k - 1) + 1 for n, k, s, d, m in zip(lengths, kernel, stride, dilation, more, strict=True)
    ]
    node.check_size(whole)
    before, after = _padding(node, whole, [n * s for n, s in zip(lengths, stride, strict=True)])
    wanted = [n - a - b for n, a, b in zip(whole, before, after, strict=True)]
    if min(wanted) < 1:
        node.refuse(
            f"pads {[*before, *after]} leave nothing of a result of {' x '.join(map(str, whole))}; use smaller pads"
        )
    found = [_axis(*v) for v in zip(lengths, kernel, stride, dilation, before, wanted, strict=True)]
    return (_axis(1, 1, 1, 1, 0, 1), found[0]) if axes == 1 else (found[0], found[1])


def _padding(node: Conversion, whole: list[int], same: list[int]) -> tuple[list[int], list[int]]:
    """What is cut off of the `whole` result (before, after) of each axis: stated, for an output_shape, or SAME, for a
    result of `same` pixels."""
    stated = node.op.integers("output_shape")
    mode = node.op.text("auto_pad", "NOTSET") or "NOTSET"
    if stated is None and not mode.startswith("SAME"):
        return stated_pads(node, len(whole))
    goal = same if stated is None else list(stated[-len(whole) :])
    if stated is not None and (len(stated) not in (len(whole), len(whole) + 2) or min(stated) < 1):
        node.refuse(f"its output_shape {list(stated)} must be {len(whole)} positive numbers")
    if any(node.op.integers("pads") or ()):
        node.refuse("it has both pads and an output_shape or auto_pad; keep one")
    if mode not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        node.refuse(f"its auto_pad {spelled(mode)} is not supported; there are NOTSET, VALID, SAME_UPPER, SAME_LOWER")
    total = [n - g for n, g in zip(whole, goal, strict=True)]
    if stated is not None and min(total) < 0:
        node.refuse(
            f"its output_shape {list(stated)} exceeds the result of {' x '.join(map(str, whole))}; state a smaller one"
        )
    total = [max(0, t) for t in total]
    less, more = [t // 2 for t in total], [t - t // 2 for t in total]
    return (less, more) if mode == "SAME_UPPER" else (more, less)


def _axis(length: int, kernel: int, stride: int, dilation: int, before: int, wanted: int) -> _Phases:
    """Weight k of input pixel i enters result i * stride + k * dilation - before."""
    count = -(-wanted // stride)
    if stride == 1 and before <= dilation * (kernel - 1):  # flipped, and otherwise as it is
        taps = np.arange(kernel)[::-1].reshape(kernel, 1)
        low, high = before - dilation * (kernel - 1), before
        return _Phases(taps, dilation, -low, max(0, count + high - length), wanted)
    at = {
        (r, (r + before - k * dilation) // stride): k
        for r in range(stride)
        for k in range(kernel)
        if (r + before - k * dilation) % stride == 0
    }
    places = [place for _, place in at]
    low, high = min(0, *places), max(0, *places)
    taps = np.full((high - low + 1, stride), -1, dtype=np.int64)
    for (r, place), k in at.items():
        taps[place - low, r] = k
    return _Phases(taps, 1, -low, max(0, count + high - length), wanted)


def _matrix(weights: Constant, groups: int, rows: _Phases, columns: _Phases) -> Constant:
    """The convolution's weights (rows x columns x inputs, outputs): those of each phase, 0 where it has none."""
    inputs = weights.shape[0] // groups
    down, across = rows.taps[:, None, None, None, :, None, None], columns.taps[None, :, None, None, None, :, None]
    channel = np.arange(groups)[:, None] * inputs + np.arange(inputs)[:, None, None]
    channel = channel.reshape(1, 1, inputs, groups, 1, 1, 1)
    output = np.arange(weights.shape[1])
    shape = (rows.size, columns.size, inputs, groups, rows.stride, columns.stride, len(output))
    used = np.broadcast_to((down >= 0) & (across >= 0), shape)

    def gathered(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        spread = numbers.reshape(*numbers.shape[:2], -1, numbers.shape[-1])  # a sequence is one row
        found: NDArray[np.int64] = spread[channel, output, np.maximum(down, 0), np.maximum(across, 0)]
        return found.reshape(rows.size * columns.size * inputs, -1)

    moved = weights.moved(gathered)
    return replace(moved, base=moved.base * used.reshape(moved.shape))
