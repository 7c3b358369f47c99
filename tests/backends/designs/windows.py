"""Windows of images, and what reads them."""

from __future__ import annotations

from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.kernels import (
    InsideMatVec,
    InsideWindow,
    MatVec,
    MemoryStyle,
    Multiplier,
    PoolUnit,
    Repack,
    WideWindow,
    Window,
)
from tests.backends.designs.builder import Builder, Wire, narrowed


def sliding(b: Builder, x: Wire):
    """(rows and columns of an image, size, stride, dilation and padding of any window that fits it, and cannot lie in
    its padding)."""
    shape = b.image(x)
    found = []
    for length in shape:
        size, dilation = b.integer(1, 3), b.integer(1, 2)
        extent = (size - 1) * dilation + 1
        before, after = b.integer(0, extent - 1), b.integer(0, extent - 1)
        if before + length + after < extent:
            size, dilation, before, after = 1, 1, 0, 0
        found.append((size, b.integer(1, 3), dilation, (before, after)))
    size, stride, dilation, padding = zip(*found, strict=True)
    return shape, size, stride, dilation, (*padding[0], *padding[1])


def window(b: Builder, x: Wire) -> Wire:
    """A part of one pixel per beat."""
    shape, size, stride, dilation, padding = sliding(b, x)
    by_channel = b.choice([True, False])
    fill = b.codes(x.element, ()).item()
    kernel = Window(*shape, x.channels, x.lanes, size, x.element, stride, dilation, padding, fill, by_channel)
    channels = x.lanes if by_channel else x.channels
    y = b.after(x, x.element, channels, positions=kernel.writes[0].beats * x.lanes // channels)
    b.process("window", kernel, [x], [y])
    return y


def wide_window(b: Builder, x: Wire) -> Wire:
    """Whole windows, or parts of them, of images wide enough for row buffers in RAM, or not; pixels as one beat."""
    if x.lanes != x.channels:
        wide = b.after(x, x.element, lanes=x.channels)
        b.process("repack", Repack(x.size, x.lanes, x.channels, x.element), [x], [wide])
        x = wide
    shape, size, stride, dilation, padding = sliding(b, x)
    elements = size[0] * size[1] * x.channels
    lanes, fill = b.choice([elements, b.divisor(elements)]), b.codes(x.element, ()).item()
    kernel = WideWindow(*shape, x.channels, lanes, size, x.element, stride, dilation, padding, fill)
    y = b.after(x, x.element, elements, lanes, kernel.count[0] * kernel.count[1])
    b.process("wide", kernel, [x], [y])
    return y


def inside(b: Builder, x: Wire) -> Wire:
    """A product of windows that come without their padding."""
    x = narrowed(b, x, MAX_WIDTH - 20)
    shape, size, stride, dilation, padding = sliding(b, x)
    how = (x.channels, x.lanes, size, x.element, stride)
    if not all(i.any(axis=1).all() for i in Window(*shape, *how, dilation, padding).inside()):
        size, dilation, padding = (1, 1), (1, 1), (0, 0, 0, 0)
    window = InsideWindow(*shape, x.channels, x.lanes, size, x.element, stride, dilation, padding)
    seen = b.after(x, x.element, x.lanes, positions=window.writes[0].beats)
    b.process("inside", window, [x], [seen])
    outputs, w = b.choice([1, 2, 3, 4, 6]), b.fixed(1, 6)
    matrix = b.codes(w, (window.taps * x.channels, outputs))
    bias = b.codes(b.fixed(1, 10), outputs) if b.choice([True, False]) else None
    spread = len(matrix) << (x.element.width + w.width)
    element, (below, beside) = Fixed.covering(-spread - 1024, spread + 1024), window.count
    y = b.after(x, element, outputs, b.divisor(outputs), below * beside)
    style = b.choice([MemoryStyle.REGISTERS, MemoryStyle.LUTRAM, MemoryStyle.BRAM])
    multiplier = b.choice([Multiplier.LUT, Multiplier.DSP])
    product = MatVec.fold(
        b.name("m"), matrix, bias, w, x.element, element, y.positions, y.lanes, x.lanes, style, multiplier
    )  # fmt: skip
    b.process("product", InsideMatVec.of(product, window), [seen], [y])
    return y


def side_by_side(b: Builder, x: Wire, taps: int) -> tuple[Wire, int]:
    """(`x` with some of every `taps` pixels in one beat, how many), where pixels are beats."""
    beside = b.divisor(taps) if x.lanes == x.channels else 1
    if beside == 1:
        return x, 1
    y = b.after(x, x.element, beside * x.channels, beside * x.channels, x.positions // beside)
    b.process("beside", Repack(x.size, x.lanes, y.lanes, x.element), [x], [y])
    return y, beside


def pool(b: Builder, x: Wire) -> Wire:
    """The largest or the sum of a divisor of the positions."""
    x = narrowed(b, x, MAX_WIDTH - 10)
    taps, largest = b.divisor(x.positions), b.choice([True, False])
    low, high = (n * (1 if largest else taps) for n in (x.element.low, x.element.high))
    element = Fixed.covering(min(low, 0), high)
    y = b.after(x, element, positions=x.positions // taps)
    folds, (seen, beside) = x.channels // x.lanes, side_by_side(b, x, taps)
    kernel = PoolUnit(y.positions, taps, folds, x.lanes, largest, x.element, element, beside)
    b.process("pool", kernel, [seen], [y])
    return y
