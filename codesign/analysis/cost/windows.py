"""Windows of images, and pools."""

from __future__ import annotations

from math import ceil

from codesign.analysis.cost.kernel import kernel_cost
from codesign.analysis.cost.memories import ram, rom
from codesign.ir.kernels import InsideWindow, PoolUnit, WideWindow, Window
from codesign.targets import Resources


@kernel_cost.register
def _(kernel: Window) -> Resources:
    """The ring, a choice between its word and the padding's, and eleven counters of a LUT and a flip-flop per bit."""
    word = kernel.lanes * kernel.x.width
    bits = 11 * (kernel.height * kernel.width * kernel.folds).bit_length()
    return ram(kernel.ring, word) + Resources(lut=word + bits, ff=word + bits)


@kernel_cost.register
def _(kernel: InsideWindow) -> Resources:
    """The ring, ten counters of a LUT and a flip-flop per bit, and a table of how the windows of a row and of a column
    start and end."""
    bits = 10 * (kernel.height * kernel.width * kernel.folds).bit_length()
    return (
        ram(kernel.ring, kernel.lanes * kernel.x.width)
        + inside_tables(kernel, kernel.ring)
        + Resources(lut=bits, ff=bits)
    )


def inside_tables(window: InsideWindow, places: int) -> Resources:
    """ROMs with a number of taps and a place for each row and column of windows."""
    taps, place = max(window.size).bit_length(), places.bit_length()
    return sum((rom(n, taps + place) for n in window.count), Resources())


@kernel_cost.register
def _(kernel: WideWindow) -> Resources:
    """The row buffers; a register for each place that a window covers, and for each element that it gives; there a
    choice of the padding's code (two bits to a LUT, both with the tap's row and column) and, where a window has several
    parts, one among these (three inputs more to a LUT); ten counters, and a comparison for each row and column of
    taps, of a LUT and a flip-flop per bit."""
    bits, (down, across) = kernel.x.width, kernel.size
    pixel, elements = kernel.channels * bits, kernel.taps * kernel.channels
    masks = ceil(elements * bits / 2) if any(kernel.padding) else 0
    choice = kernel.lanes * bits * ceil((kernel.parts - 1) / 3)
    control = (10 + down + across) * (kernel.height * kernel.pitch).bit_length()
    registers = down * kernel.extent[1] * pixel + elements * bits
    rows = ram(kernel.row_depth, pixel) * (down - 1)
    return rows + Resources(lut=masks + choice + control, ff=registers + control)


@kernel_cost.register
def _(kernel: PoolUnit) -> Resources:
    """Per element an adder, or a comparison (two bits to a LUT) and a choice; a register for each channel, and a choice
    among those of all folds (three inputs more to a LUT)."""
    y = kernel.y.width
    one = (ceil(y / 2) + y if kernel.largest else y) * kernel.beside
    return Resources(
        lut=kernel.lanes * (one + y * ceil((kernel.folds - 1) / 3)), ff=kernel.lanes * y * (kernel.folds + 1)
    )
