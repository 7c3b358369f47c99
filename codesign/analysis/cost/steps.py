"""Step functions."""

from __future__ import annotations

from functools import singledispatch
from math import ceil

import numpy as np

from codesign.analysis.cost.kernel import kernel_cost
from codesign.analysis.cost.memories import rom
from codesign.analysis.primitives import dsp_slices, in_dsp, product_luts, signed_digits
from codesign.errors import IRError
from codesign.ir.kernels import Apply
from codesign.ir.layers.requantize import MultiplyShift, Shift, StepFunction, Table, Thresholds
from codesign.targets import Resources


@kernel_cost.register
def _(kernel: Apply) -> Resources:
    folds = kernel.channels // kernel.lanes if kernel.function.channels > 1 else 1
    one = _step_cost(kernel.function, kernel.x.width, kernel.y.width, folds)
    return one * kernel.lanes + Resources(ff=kernel.lanes * (kernel.x.width + kernel.y.width))


@singledispatch
def _step_cost(function: StepFunction, x: int, y: int, folds: int) -> Resources:
    """One lane of a step function from `x` to `y` bits, its parameters taken in turn from `folds` sets."""
    raise IRError(f"cost: {type(function).__name__} has no cost")


@_step_cost.register
def _(function: Shift, x: int, y: int, folds: int) -> Resources:
    """An adder for bias and rounding; two comparisons with constants (two bits to a LUT) and a choice to clip."""
    return Resources(lut=(x if function.bias or function.shift > 0 else 0) + x + y)


@_step_cost.register
def _(function: MultiplyShift, x: int, y: int, folds: int) -> Resources:
    """A product, an adder for the addend, and a clip; the parameters from a ROM where channels take turns."""
    m = int(np.abs(function.multiplier).max()).bit_length() + 1
    wide = x + m
    rest = Resources(lut=2 * wide + y, ff=wide) + rom(folds, m + wide)
    if folds == 1:
        return rest + Resources(lut=ceil(float(np.mean(signed_digits(function.multiplier)))) * wide)
    if in_dsp(x, m):
        return rest + Resources(dsp=dsp_slices(x, m))
    return rest + Resources(lut=product_luts(x, m))


@_step_cost.register
def _(function: Thresholds, x: int, y: int, folds: int) -> Resources:
    """A comparison per step (two bits to a LUT) and a LUT to count it; the levels from a ROM where channels
    take turns."""
    steps = function.levels.shape[1]
    return Resources(lut=steps * (ceil(x / 2) + 1) + y, ff=steps) + rom(folds, steps * x + y)


@_step_cost.register
def _(function: Table, x: int, y: int, folds: int) -> Resources:
    """A ROM per lane."""
    return rom(function.entries.shape[1] * folds, y)
