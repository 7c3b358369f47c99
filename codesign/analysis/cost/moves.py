"""What moves elements and computes nothing."""

from __future__ import annotations

from math import ceil, log2

from codesign.analysis.cost.kernel import kernel_cost
from codesign.analysis.cost.memories import ram, rom
from codesign.ir.kernels import Border, Fork, Permute, Pick, Reorder, Repack, Repeat
from codesign.targets import Resources


@kernel_cost.register
def _(kernel: Repack) -> Resources:
    """A shift register as wide as the wider side; where it narrows, a choice between loading and shifting."""
    width = max(kernel.lanes_in, kernel.lanes_out) * kernel.x.width
    return Resources(lut=width if kernel.lanes_in > kernel.lanes_out else 0, ff=width)


@kernel_cost.register
def _(kernel: Fork) -> Resources:
    return Resources(lut=4 * kernel.copies)


@kernel_cost.register
def _(kernel: Permute) -> Resources:
    """Two buffers of a sample. With one lane they are RAM; with more, registers and for each lane a choice among all
    beats (three inputs more to a LUT)."""
    size, x = len(kernel.source), kernel.x.width
    if kernel.lanes == 1:
        return ram(2 * size, x) + rom(size, max(1, ceil(log2(size))) if size > 1 else 1)
    return Resources(lut=kernel.lanes * x * ceil((2 * kernel.interval - 1) / 3), ff=2 * size * x)


@kernel_cost.register
def _(kernel: Reorder) -> Resources:
    """The ring, a counter for each loop, and three for the beats and their places, of a LUT and a flip-flop per bit."""
    bits = sum(turns.bit_length() for turns, _ in kernel.loops) + 2 * kernel.ring.bit_length()
    bits += kernel.interval.bit_length()
    return ram(kernel.ring, kernel.lanes * kernel.x.width) + Resources(lut=bits, ff=bits)


@kernel_cost.register
def _(kernel: Repeat) -> Resources:
    """A row of pixels, and a choice between it and the one that is read."""
    word = kernel.lanes * kernel.x.width
    return ram(kernel.width * kernel.folds, word) + Resources(lut=word, ff=word)


@kernel_cost.register
def _(kernel: Border) -> Resources:
    """A choice between the image and the border's code."""
    word = kernel.lanes * kernel.x.width
    return Resources(lut=ceil(word / 2), ff=word)


@kernel_cost.register
def _(kernel: Pick) -> Resources:
    return Resources(ff=kernel.lanes * kernel.y.width)
