"""Apply as an instance of shift.hpp, multiply_shift.hpp, thresholds.hpp or table.hpp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.backends.instances.base import Beat, Constant, Instance, Rom, channelwise, covering, span
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.apply import Apply
from codesign.ir.kernels.base import MemoryStyle
from codesign.ir.layers.requantize import MultiplyShift, Shift, Table, Thresholds

_LUTRAM_DEPTH = 256
"""A table of at most this many entries is made of LUTs: four LUT6 per output bit (UG574), where a block RAM would
be nearly empty."""


@dataclass(frozen=True, eq=False)
class ShiftInstance(Instance):
    """y = clip(round((x + bias) / 2^right), low, high), or times 2^left."""

    function = "shift"
    header = "shift.hpp"

    beats: int
    x: Beat
    y: Beat
    wide: Fixed
    bias: Constant
    half: Constant
    right: int
    left: int
    even: bool
    low: Constant
    high: Constant
    clip_low: bool
    clip_high: bool


@dataclass(frozen=True, eq=False)
class MultiplyShiftInstance(Instance):
    """y = clip((x * multiplier[c] + addend[c]) >> right, low, high)."""

    function = "multiply_shift"
    header = "multiply_shift.hpp"

    positions: int
    folds: int
    x: Beat
    y: Beat
    multiplier: Fixed
    multiplier_folds: int
    multiplier_lanes: int
    addend: Fixed
    addend_folds: int
    addend_lanes: int
    wide: Fixed
    right: int
    low: Constant
    high: Constant
    clip_low: bool
    clip_high: bool


@dataclass(frozen=True, eq=False)
class ThresholdsInstance(Instance):
    """y = base[c] +- count(x >= levels[c])."""

    function = "thresholds"
    header = "thresholds.hpp"

    positions: int
    folds: int
    steps: int
    x: Beat
    y: Beat
    level: Fixed
    level_folds: int
    level_lanes: int
    base: Fixed
    base_folds: int
    base_lanes: int
    fall: Fixed
    fall_folds: int
    fall_lanes: int
    rising: bool
    falling: bool
    wide: Fixed
    count: Fixed


@dataclass(frozen=True, eq=False)
class TableInstance(Instance):
    """y = entries[c][x - first]."""

    function = "table"
    header = "table.hpp"

    positions: int
    folds: int
    codes: int
    x: Beat
    y: Beat
    entry: Fixed
    entry_folds: int
    entry_lanes: int
    index: Fixed
    first: Constant


def apply(name: str, kernel: Apply) -> Instance:
    """The instance for the kernel's step function."""
    match kernel.function:
        case Shift() as function:
            return _shift(kernel, function)
        case MultiplyShift() as function:
            return _multiply_shift(name, kernel, function)
        case Thresholds() as function:
            return _thresholds(name, kernel, function)
        case Table() as function:
            return _table(name, kernel, function)
        case other:
            raise IRError(f"hls: process {name}: no template for the step function {type(other).__name__}")


def _shift(kernel: Apply, f: Shift) -> ShiftInstance:
    right, left = max(f.shift, 0), max(-f.shift, 0)
    even = f.even and right > 0
    half = (1 << (right - 1)) - 1 if even else 0
    low, high = kernel.x.low + f.bias, kernel.x.high + f.bias
    first, last = _half_even(low, right) if even else low >> right, _half_even(high, right) if even else high >> right
    first, last = first << left, last << left
    # The rounding constants may carry past the largest sum, and a shift by the whole width is left to no type.
    wide = span(kernel.x.low, kernel.x.high, f.bias, low, high + half + int(even), first, last, f.low, f.high)
    wide = Fixed(max(wide.width, right + 1), 0, wide.signed)
    return ShiftInstance(
        roms=(),
        beats=kernel.interval,
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
        wide=wide,
        bias=Constant(f.bias),
        half=Constant(half),
        right=right,
        left=left,
        even=even,
        low=Constant(f.low),
        high=Constant(f.high),
        clip_low=first < f.low,
        clip_high=last > f.high,
    )


def _half_even(x: int, shift: int) -> int:
    return (x + (1 << (shift - 1)) - 1 + ((x >> shift) & 1)) >> shift


def _multiply_shift(name: str, kernel: Apply, f: MultiplyShift) -> MultiplyShiftInstance:
    multiplier = channelwise(name, "multiplier", f.multiplier, kernel.channels, kernel.lanes)
    addend = channelwise(name, "addend", f.addend, kernel.channels, kernel.lanes)
    products = [m * x for m in _extremes(f.multiplier) for x in (kernel.x.low, kernel.x.high)]
    sums = [p + a for p in products for a in _extremes(f.addend)]
    shifted = [s >> f.shift for s in sums]
    wide = span(0, *products, *sums, *_extremes(f.addend), f.low, f.high)
    return MultiplyShiftInstance(
        roms=(multiplier, addend),
        positions=kernel.positions,
        folds=kernel.channels // kernel.lanes,
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
        multiplier=multiplier.element,
        multiplier_folds=multiplier.values.shape[0],
        multiplier_lanes=multiplier.values.shape[1],
        addend=addend.element,
        addend_folds=addend.values.shape[0],
        addend_lanes=addend.values.shape[1],
        wide=Fixed(max(wide.width, f.shift + 1), 0, wide.signed),
        right=f.shift,
        low=Constant(f.low),
        high=Constant(f.high),
        clip_low=min(shifted) < f.low,
        clip_high=max(shifted) > f.high,
    )


def _thresholds(name: str, kernel: Apply, f: Thresholds) -> ThresholdsInstance:
    channels, lanes, x = kernel.channels, kernel.lanes, kernel.x
    rows = len(f.levels)
    direction = np.broadcast_to(f.direction.reshape(-1), max(rows, f.direction.size))
    if not np.isin(direction, (-1, 0, 1)).all():
        raise IRError(f"hls: process {name}: a step function rises or falls by one code per threshold")
    # A level that x never reaches stands one above the largest x; so does every level of a constant function.
    never = x.high + 1
    levels = np.clip(f.levels, x.low, never) if f.levels.shape[1] else np.full((rows, 1), never)
    if (direction == 0).any():
        levels = np.where((direction == 0)[:, None], never, np.broadcast_to(levels, (len(direction), levels.shape[1])))
    if (levels == levels[0]).all():
        levels = levels[:1]
    steps = levels.shape[1]
    if len(levels) == 1:
        words = levels.reshape(1, steps, 1)
    else:
        words = levels.reshape(channels // lanes, lanes, steps).transpose(0, 2, 1)
    style = MemoryStyle.REGISTERS if len(words) == 1 else None
    level = Rom(f"{name}_levels", "levels", np.ascontiguousarray(words), covering(words), style)
    base = channelwise(name, "base", f.base, channels, lanes)
    fall = channelwise(name, "fall", (direction < 0).astype(np.int64), channels, lanes)
    return ThresholdsInstance(
        roms=(level, base, fall),
        positions=kernel.positions,
        folds=channels // lanes,
        steps=steps,
        x=Beat(x, lanes),
        y=Beat(kernel.y, lanes),
        level=level.element,
        level_folds=words.shape[0],
        level_lanes=words.shape[2],
        base=base.element,
        base_folds=base.values.shape[0],
        base_lanes=base.values.shape[1],
        fall=fall.element,
        fall_folds=fall.values.shape[0],
        fall_lanes=fall.values.shape[1],
        rising=bool((direction >= 0).all()),
        falling=bool((direction < 0).all()),
        wide=span(x.low, never),
        count=Fixed.covering(0, steps),
    )


def _table(name: str, kernel: Apply, f: Table) -> TableInstance:
    folds, codes = kernel.channels // kernel.lanes, f.entries.shape[1]
    if len(f.entries) == 1:
        banks = f.entries
    else:
        banks = f.entries.reshape(folds, kernel.lanes, codes).transpose(1, 0, 2).reshape(kernel.lanes, folds * codes)
    style = MemoryStyle.LUTRAM if banks.shape[1] <= _LUTRAM_DEPTH else MemoryStyle.BRAM
    readers = kernel.lanes // len(banks)
    words = np.ascontiguousarray(banks)
    entries = Rom(f"{name}_entries", "entries", words, covering(banks), style, banks=True, readers=readers)
    return TableInstance(
        roms=(entries,),
        positions=kernel.positions,
        folds=folds,
        codes=codes,
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
        entry=entries.element,
        entry_folds=banks.shape[1] // codes,
        entry_lanes=banks.shape[0],
        index=Fixed.covering(0, codes - 1),
        first=Constant(f.first),
    )


def _extremes(values: np.ndarray) -> tuple[int, int]:
    return int(values.min()), int(values.max())
