"""What looks at all channels of a position."""

from __future__ import annotations

from math import ceil, log2

from codesign.analysis.cost.kernel import kernel_cost
from codesign.analysis.cost.memories import ram, rom
from codesign.ir.kernels import IndexOfMax, SoftmaxUnit
from codesign.targets import Resources


@kernel_cost.register
def _(kernel: IndexOfMax) -> Resources:
    """A tree of comparisons (two bits to a LUT), each choosing a value and its index."""
    one = ceil(kernel.x.width / 2) + kernel.x.width + kernel.y.width
    return Resources(lut=kernel.lanes * one, ff=kernel.lanes * (kernel.x.width + kernel.y.width))


@kernel_cost.register
def _(kernel: SoftmaxUnit) -> Resources:
    """Per lane a comparison, a ROM, an adder, and a divider of a subtraction per bit of the quotient; two buffers,
    which are registers where a position is one beat."""
    x, e = kernel.x.width, int(kernel.softmax.table.max()).bit_length()
    total = e + ceil(log2(kernel.channels)) + 1
    quotient = kernel.softmax.frac + 2
    lane = Resources(lut=2 * x + total + quotient * total, ff=2 * quotient * total) + rom(len(kernel.softmax.table), e)
    return lane * kernel.lanes + ram(kernel.channels // kernel.lanes, kernel.lanes * (x + e))
