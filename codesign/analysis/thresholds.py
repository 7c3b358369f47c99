"""The exact integer thresholds of a chain of monotone functions over a range of codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from codesign.ir.halfline import HalfLine
from codesign.ir.layers import Affine, BatchNorm, Clip, Elementwise, Quantize, Relu
from codesign.ir.steps import regions
from codesign.ir.tensor import Array, Tensor


@dataclass(frozen=True, eq=False)
class Steps:
    """y = base[c] + direction[c] * count(x >= levels[c]) for codes x in first..last.

    `levels` is (channels, n) ascending, each in first..last + 1; one row where all channels are alike. Levels at
    `first` are passed by every code and those at last + 1 by none.
    """

    base: Array
    direction: Array
    levels: Array
    first: int
    last: int

    def __call__(self, x: Array, channel: int) -> Array:
        """The step function itself, by definition."""
        count = np.searchsorted(self.levels[channel], x, side="right")
        y: Array = self.base[channel] + self.direction[channel] * count
        return y


def exact_steps(chain: Sequence[Elementwise], x: Tensor, y: Tensor) -> Steps:
    """The steps of `chain`, applied to codes of `x` and giving codes of `y`, by exact rational arithmetic.

    All functions must be monotone, the last must give codes.
    """
    functions: list[Elementwise] = [Affine(x.step, x.offset), *chain]
    channels = x.channels if any(f.per_channel for f in functions) else 1
    rows = [_channel(functions, x, y, c) for c in range(channels)]
    base = np.array([r[0] for r in rows], dtype=np.int64)
    direction = np.array([r[1] for r in rows], dtype=np.int64)
    return Steps(base, direction, np.stack([r[2] for r in rows]), x.low, x.high)


def _channel(functions: Sequence[Elementwise], x: Tensor, y: Tensor, c: int) -> tuple[int, int, Array]:
    found = _clipped_line(functions, x, y, c)
    if found is None:
        found = _by_pulling_back(functions, x, y, c)
    rising, levels = found
    levels = np.sort(levels)
    return (y.low, 1, levels) if rising else (y.low + len(levels), -1, levels)


def _by_pulling_back(functions: Sequence[Elementwise], x: Tensor, y: Tensor, c: int) -> tuple[bool, Array]:
    """Each level pulled back through every function in turn: any chain of monotone functions."""
    found = regions(functions, y, c)
    rising = not any(isinstance(r, HalfLine) and not r.up for r in found)
    levels = np.empty(len(found), dtype=np.int64)
    for k, region in enumerate(found):
        if isinstance(region, HalfLine):
            levels[k] = min(max(region.first_integer(), x.low), x.high + 1)
        else:
            levels[k] = x.low if region == rising else x.high + 1
    return rising, levels


def _clipped_line(functions: Sequence[Elementwise], x: Tensor, y: Tensor, c: int) -> tuple[bool, Array] | None:
    """The same for chains of affine functions, clips and one quantizer at the end, all levels at once.

    Such a chain is quantize(clip(a * code + b, low, high)). With the quantizer's threshold for level j at
    t(j) = (j + shift(j)) * step + offset, shift in {0, -1/2, -1} by rounding mode, code * a + b >= t(j) is solved
    for the smallest integer code by exact integer division.
    """
    quantizer = functions[-1]
    if not isinstance(quantizer, Quantize):
        return None
    line = clipped_line(functions[:-1], c)
    if line is None:
        return None
    a, b, low, high = line
    step, offset = quantizer.step[c], quantizer.offset[c]
    if a == 0 or step <= 0:
        return None
    codes = range(y.low + 1, y.high + 1)
    reaches = [quantizer.rounding.reaches(j) for j in codes]
    closed = np.array([r[1] for r in reaches], dtype=bool)
    values = [t * step + offset for t, _ in reaches]
    scale = lcm(a.denominator, b.denominator, *{step.denominator * 2, offset.denominator})
    a_int = int(a * scale)
    numerators = np.array([int(v * scale) for v in values], dtype=object) - int(b * scale)
    rising = a_int > 0
    if not rising:
        a_int, numerators = -a_int, -numerators
    down = numerators // a_int
    exact = numerators % a_int == 0
    if rising:  # code >= n/a, or > n/a
        levels = np.where(exact & closed, down, down + 1)
    else:  # holds for code <= n/a, or < n/a: the first code where it does not
        levels = np.where(exact & ~closed, down, down + 1)
    always = np.array([low is not None and (v < low or (v == low and k)) for v, k in zip(values, closed, strict=True)])
    never = np.array(
        [high is not None and (v > high or (v == high and not k)) for v, k in zip(values, closed, strict=True)]
    )
    levels = np.where(always, x.low if rising else x.high + 1, levels)
    levels = np.where(never, x.high + 1 if rising else x.low, levels)
    return rising, np.clip(levels, x.low, x.high + 1).astype(np.int64)


def clipped_line(
    functions: Sequence[Elementwise], c: int
) -> tuple[Fraction, Fraction, Fraction | None, Fraction | None] | None:
    """(a, b, low, high) with functions(code) = clip(a * code + b, low, high); None for other functions."""
    a, b = Fraction(1), Fraction(0)
    low: Fraction | None = None
    high: Fraction | None = None
    for f in functions:
        f = f.affine() if isinstance(f, BatchNorm) else f
        if isinstance(f, Affine):
            s, o = f.scale[c], f.offset[c]
            a, b = a * s, b * s + o
            ends = [None if e is None else e * s + o for e in (low, high)]
            low, high = ends if s > 0 else ends[::-1]
        elif isinstance(f, (Relu, Clip)):
            bottom, top = (Fraction(0), None) if isinstance(f, Relu) else (f.low, f.high)
            if bottom is not None:
                low = bottom if low is None else max(low, bottom)
                high = None if high is None else max(high, bottom)
            if top is not None:
                high = top if high is None else min(high, top)
                low = None if low is None else min(low, top)
        else:
            return None
    return a, b, low, high
