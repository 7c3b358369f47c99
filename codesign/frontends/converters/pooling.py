"""Pools: the largest value or the average of windows, or of whole images."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from codesign.frontends.converters.conversion import Conversion, Stream
from codesign.frontends.converters.windows import image, image_back, windows
from codesign.frontends.names import spelled
from codesign.ir.fixed import Rounding
from codesign.ir.layers import Affine, MaxPool, Pad, Quantize, SumPool
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
    """Of images and sequences, padding only where it counts: SumPool and Affine."""
    x = node.stream(0)
    pixels = image(node, x)
    ceil, counted = node.op.flag("ceil_mode", False), node.op.flag("count_include_pad", False)
    w = windows(node, pixels, None)
    if w.dilation != (1, 1):
        node.refuse(f"a pool with dilations {w.dilation} is not supported; only windows without gaps")
    if ceil and windows(node, pixels, None, True) != w:
        node.refuse("ceil_mode=1 would average fewer elements at the end; pad the image, or export with ceil_mode=0")
    if any(w.padding):
        if not counted:
            node.refuse("padding with count_include_pad=0 averages fewer elements at the borders; use 1")
        pixels = node.emit(Pad(*w.padding), pixels, part="pad")
    y = node.emit(SumPool(w.size, w.stride), pixels)
    y = node.emit(Affine(Vector.of(Fraction(1, w.size[0] * w.size[1]))), y, part="mean")
    return image_back(node, y, x.rank)


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
