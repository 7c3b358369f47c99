"""What takes two streams."""

from __future__ import annotations

from math import ceil

import numpy as np

from codesign.analysis.cost.kernel import kernel_cost
from codesign.analysis.primitives import dsp_slices, in_dsp, product_luts, signed_digits
from codesign.ir.kernels import Append, Join, Times
from codesign.targets import Resources


@kernel_cost.register
def _(kernel: Join) -> Resources:
    """An adder, those of the constant multiples, and the vector that is kept."""
    digits = signed_digits(np.array([kernel.left, kernel.right]))
    adders = 1 + int(np.maximum(digits - 1, 0).sum())
    return _held(kernel) + Resources(lut=kernel.lanes * adders * kernel.z.width, ff=kernel.lanes * kernel.z.width)


@kernel_cost.register
def _(kernel: Times) -> Resources:
    """A product per lane, in front of it an adder for each side that has an addend and those of its multiple, and the
    vector that is kept."""
    (u, v), lut = kernel.factors, 0
    for (scale, addend), wide in zip((kernel.left, kernel.right), (u, v), strict=True):
        adders = int(signed_digits(np.array([scale]))[0]) - 1 + (addend != 0)
        lut += adders * wide.width
    if in_dsp(u.width, v.width):
        one = Resources(dsp=dsp_slices(u.width, v.width))
    else:
        one = Resources(lut=product_luts(u.width, v.width))
    return _held(kernel) + (one + Resources(lut=lut, ff=kernel.z.width)) * kernel.lanes


def _held(kernel: Join | Times) -> Resources:
    """Registers for a vector, and for each lane a choice among its beats (three inputs more to a LUT)."""
    word = kernel.lanes * kernel.y.width
    return Resources(lut=word * ceil(max(0, kernel.held - 1) / 3), ff=word * kernel.held)


@kernel_cost.register
def _(kernel: Append) -> Resources:
    """A choice between the two streams."""
    word = kernel.lanes * kernel.z.width
    return Resources(lut=ceil(word / 2), ff=word)
