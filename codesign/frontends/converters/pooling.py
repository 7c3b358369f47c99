"""Pools: the largest value or the average of windows, or of whole images."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from codesign.frontends.converters.building import Building
from codesign.frontends.converters.conversion import Conversion, Stream
from codesign.frontends.converters.windows import Windows, image, image_back, windows
from codesign.frontends.names import spelled
from codesign.ir.fixed import Rounding
from codesign.ir.layers import Affine, MaxPool, Pad, Quantize, Reshape, SumPool
from codesign.ir.vector import Vector


def max_pool(node: Conversion) -> tuple[Stream, None]:
    """Of images and sequences, padding never wins: MaxPool."""
    x = node.stream(0)
    node.op.other("storage_order")
    if len(node.op.outputs) > 1 and node.op.outputs[1] in node.read:
        node.refuse("the indices that MaxPool gives are used; only its values are supported")
    pixels = image(node, x)
    w = windows(node, pixels, None, node.op.flag("ceil_mode", False))
    if w.dilation != (1, 1):
        node.refuse(f"a pool with dilations {w.dilation} is not supported; only windows without gaps")
    y = node.emit(MaxPool(w.size, w.stride, w.padding), pixels)
    return image_back(node, y, x.rank), None


def average_pool(node: Conversion) -> Stream:
    """Of images and sequences, with or without what is padded: SumPool and Affine, by position where counts differ."""
    x = node.stream(0)
    pixels = image(node, x)
    ceil, counted = node.op.flag("ceil_mode", False), node.op.flag("count_include_pad", False)
    stated, w = windows(node, pixels, None), windows(node, pixels, None, ceil)
    if w.dilation != (1, 1):
        node.refuse(f"a pool with dilations {w.dilation} is not supported; only windows without gaps")
    y = averaged(node, pixels, w, np.outer(*(window_counts(node, pixels, w, stated, k, counted) for k in (0, 1))))
    return image_back(node, y, x.rank)


def averaged(node: Building, pixels: Stream, w: Windows, counts: NDArray[np.int64]) -> Stream:
    """The sum of each window, divided by its count."""
    if any(w.padding):
        pixels = node.emit(Pad(*w.padding), pixels, part="pad")
    y = node.emit(SumPool(w.size, w.stride), pixels)
    if len(np.unique(counts)) == 1:
        return node.emit(Affine(Vector.of(Fraction(1, int(counts[0, 0])))), y, part="mean")
    return _mean(node, y, counts)


def window_counts(
    node: Building, pixels: Stream, w: Windows, stated: Windows, axis: int, padding: bool
) -> NDArray[np.int64]:
    """How many elements of an axis each window averages: those of the image, and of its `stated` padding if that counts
    (what ceil_mode adds behind it never does)."""
    length = pixels.shape[axis]
    size, stride, before, after = w.size[axis], w.stride[axis], w.padding[2 * axis], w.padding[2 * axis + 1]
    first, last = (-before, length + stated.padding[2 * axis + 1]) if padding else (0, length)
    start = np.arange(0, before + length + after - size + 1, stride) - before
    count = np.minimum(start + size, last) - np.maximum(start, first)
    if count.min(initial=1) < 1:
        node.refuse(f"a window of {w.size} would lie wholly in the padding {w.padding}; use smaller pads")
    return count


def _mean(node: Building, sums: Stream, counts: NDArray[np.int64]) -> Stream:
    """The sums divided by the count of each position."""
    if sums.type.size > MOST_MEANS:
        node.refuse(
            f"it averages {int(counts.min())} to {int(counts.max())} elements by position, and has {sums.type.size:,} "
            f"results; at most {MOST_MEANS:,} are supported: use count_include_pad=1 and ceil_mode=0, or pad the image"
        )
    flat = node.emit(Reshape((sums.type.size,)), sums, part="flat")
    each = [Fraction(1, int(n)) for n in counts.ravel().repeat(sums.shape[-1])]
    return node.emit(Reshape(sums.shape), node.emit(Affine(Vector.of(each)), flat, part="mean"), part="shape")


def global_average_pool(node: Conversion) -> Stream:
    """The average of each channel: SumPool over the whole image and Affine."""
    x = node.stream(0)
    pixels = image(node, x)
    height, width, _ = pixels.shape
    y = node.emit(SumPool((height, width), (1, 1)), pixels)
    y = node.emit(Affine(Vector.of(Fraction(1, height * width))), y, part="mean")
    return image_back(node, y, x.rank)


def global_max_pool(node: Conversion) -> Stream:
    """The largest value of each channel: MaxPool over the whole image."""
    x = node.stream(0)
    pixels = image(node, x)
    height, width, _ = pixels.shape
    return image_back(node, node.emit(MaxPool((height, width), (1, 1)), pixels), x.rank)


def quant_avg_pool(node: Conversion) -> Stream:
    """FINN's pool of integers, the low bits of each sum dropped: SumPool, Affine and Quantize."""
    x = node.stream(0)
    size, stride = node.op.integer("kernel", 1), node.op.integer("stride", 1)
    bits, out_bits = node.op.integer("ibits", 1), node.op.integer("obits", 1)
    node.op.flag("signed", False)  # says how the result may be stored, which its range says better
    layout = node.op.text("data_layout", "NCHW")
    if layout not in ("NCHW", "NHWC") or x.rank != 4:
        node.refuse(f"its data_layout {spelled(layout)} does not fit a tensor of {x.rank} axes; use NCHW or NHWC")
    whole = not x.type.real and all(v.denominator == 1 for v in (*x.type.step.values, *x.type.offset.values))
    if not whole:
        node.refuse("QuantAvgPool2d drops bits of integers; put a quantizer of scale 1 before it")
    if min(size, stride, bits, out_bits) < 1:
        node.refuse(f"its kernel {size}, stride {stride}, ibits {bits} and obits {out_bits} must be positive")
    shift = max(0, ((2**bits - 1) * size * size).bit_length() - out_bits)
    pixels = x if layout == "NHWC" else node.put_last(x, 0)
    y = node.emit(SumPool((size, size), (stride, stride)), pixels)
    y = node.emit(Affine(Vector.of(Fraction(1, 2**shift))), y, part="shift")
    t = y.type
    ends = [
        code * step + offset
        for step, offset in zip(t.step.expand(t.channels), t.offset.expand(t.channels), strict=True)
        for code in (t.low, t.high)
    ]
    y = node.emit(Quantize(floor(min(ends)), floor(max(ends)), rounding=Rounding.FLOOR), y, part="floor")
    return y if layout == "NHWC" else node.put_back(y, 0)


MOST_MEANS = 1 << 16
"""The most results of an average over counts that differ by position: each has a step function of its own."""
