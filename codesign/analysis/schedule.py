"""When a kernel reads and writes within a sample: its static schedule, and how deep its pipeline is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

from codesign.analysis.primitives import in_dsp, signed_digits
from codesign.errors import IRError
from codesign.ir.kernels import (
    Append,
    Apply,
    Border,
    Depthwise,
    Fork,
    Grouped,
    IndexOfMax,
    InsideMatVec,
    Join,
    Kernel,
    MatVec,
    Multiplier,
    Permute,
    Pick,
    PoolUnit,
    Reorder,
    Repack,
    Repeat,
    SoftmaxUnit,
    Times,
    WideWindow,
    Window,
)
from codesign.ir.kernels.adder_graph import AdderGraph
from codesign.ir.layers.requantize import MultiplyShift, Table, Thresholds

Steps = NDArray[np.int64]

LEVEL_NS = 1.6
"""Time of one level of addition with its routing on UltraScale+; 200 MHz holds three levels between registers."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A loop of `steps` iterations per sample, one per cycle: beat k of read port i is taken in iteration
    `reads[i][k]`, beat k of write port i is given in iteration `writes[i][k]`, a pipeline's depth later."""

    steps: int
    reads: tuple[Steps, ...] = ()
    writes: tuple[Steps, ...] = ()


@singledispatch
def stages(kernel: Kernel) -> tuple[Stage, ...]:
    """The loops of a kernel, each working on one sample while the loop before it works on the next."""
    raise IRError(f"schedule: {type(kernel).__name__} has no schedule")


@stages.register
def _(kernel: MatVec) -> tuple[Stage, ...]:
    return _product(kernel, kernel.positions)


@stages.register
def _(kernel: Grouped) -> tuple[Stage, ...]:
    return _product(kernel, kernel.positions * kernel.groups)


def _product(kernel: MatVec | Grouped, vectors: int) -> tuple[Stage, ...]:
    reads, folds = kernel.inputs // kernel.simd, kernel.outputs // kernel.pe
    start = np.arange(vectors)[:, None] * reads * folds
    read = (start + np.arange(reads)).ravel()
    write = (start + np.arange(1, folds + 1) * reads - 1).ravel()
    return (Stage(kernel.interval, (read,), (write,)),)


@stages.register
def _(kernel: InsideMatVec) -> tuple[Stage, ...]:
    beats, folds = kernel.beats, kernel.outputs // kernel.pe
    start = (np.cumsum(beats) - beats) * folds
    write = (start[:, None] + np.arange(1, folds + 1) * beats[:, None] - 1).ravel()
    return (Stage(kernel.interval, (_runs(start, beats),), (write,)),)


@stages.register(Apply)
@stages.register(Fork)
def _(kernel: Apply | Fork) -> tuple[Stage, ...]:
    every = np.arange(kernel.interval)
    return (Stage(kernel.interval, (every,) * len(kernel.reads), (every,) * len(kernel.writes)),)


@stages.register(Join)
@stages.register(Times)
def _(kernel: Join | Times) -> tuple[Stage, ...]:
    every = np.arange(kernel.interval)
    return (Stage(kernel.interval, (every, every[: kernel.beats // kernel.repeats]), (every,)),)


@stages.register
def _(kernel: Repack) -> tuple[Stage, ...]:
    every = np.arange(kernel.interval)
    ratio = max(kernel.lanes_in, kernel.lanes_out) // min(kernel.lanes_in, kernel.lanes_out)
    if kernel.lanes_out > kernel.lanes_in:
        return (Stage(kernel.interval, (every,), (every[ratio - 1 :: ratio],)),)
    return (Stage(kernel.interval, (every[::ratio],), (every,)),)


@stages.register
def _(kernel: Permute) -> tuple[Stage, ...]:
    every = np.arange(kernel.interval)
    return (Stage(kernel.interval, reads=(every,)), Stage(kernel.interval, writes=(every,)))


@stages.register
def _(kernel: Reorder) -> tuple[Stage, ...]:
    every = np.arange(kernel.beats)
    return (Stage(kernel.interval, (every,), (kernel.delay + every,)),)


@stages.register
def _(kernel: IndexOfMax) -> tuple[Stage, ...]:
    every, beats = np.arange(kernel.interval), kernel.channels // kernel.lanes
    return (Stage(kernel.interval, (every,), (every[beats - 1 :: beats],)),)


@stages.register
def _(kernel: SoftmaxUnit) -> tuple[Stage, ...]:
    if kernel.at_once:
        every = np.arange(kernel.positions)
        return (Stage(kernel.interval, (every,), (every,)),)
    beats = kernel.channels // kernel.lanes
    start = np.arange(kernel.positions)[:, None] * 3 * beats
    read = (start + np.arange(beats)).ravel()
    return (Stage(kernel.interval, (read,), (read + 2 * beats,)),)


@stages.register
def _(kernel: Window) -> tuple[Stage, ...]:
    reads, writes, _ = kernel.schedule()
    read = (reads[:, None] * kernel.folds + np.arange(kernel.folds)).ravel()
    rows, columns = kernel.counts
    write = _runs(writes * kernel.folds, np.outer(rows, columns).ravel() * kernel.folds)
    return (Stage(kernel.interval, (read,), (write,)),)


def _runs(starts: Steps, lengths: Steps) -> Steps:
    """Numbers one after the other from each start, as many as its length says."""
    return np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))


@stages.register
def _(kernel: WideWindow) -> tuple[Stage, ...]:
    reads, complete, steps = kernel.schedule()
    return (Stage(steps, (reads,), ((complete[:, None] + np.arange(kernel.parts)).ravel(),)),)


@stages.register
def _(kernel: PoolUnit) -> tuple[Stage, ...]:
    every = np.arange(kernel.interval)
    write = every.reshape(kernel.positions, -1, kernel.folds)[:, -1].ravel()
    return (Stage(kernel.interval, (every,), (write,)),)


@stages.register
def _(kernel: Depthwise) -> tuple[Stage, ...]:
    every, beats = np.arange(kernel.interval), kernel.taps // kernel.beside
    return (Stage(kernel.interval, (every,), (every[beats - 1 :: beats],)),)


@stages.register
def _(kernel: Repeat) -> tuple[Stage, ...]:
    every = np.arange(kernel.interval)
    shape = (kernel.height, kernel.factors[0], kernel.width, kernel.factors[1], kernel.folds)
    return (Stage(kernel.interval, (every.reshape(shape)[:, 0, :, 0].ravel(),), (every,)),)


@stages.register
def _(kernel: Border) -> tuple[Stage, ...]:
    return (Stage(kernel.interval, (kernel.inside(),), (np.arange(kernel.interval),)),)


@stages.register
def _(kernel: Append) -> tuple[Stage, ...]:
    every = np.arange(kernel.interval)
    position = every.reshape(kernel.positions, -1)
    reads = (position[:, : kernel.first].ravel(), position[:, kernel.first :].ravel())
    return (Stage(kernel.interval, reads, (every,)),)


@stages.register
def _(kernel: Pick) -> tuple[Stage, ...]:
    every = np.arange(kernel.interval)
    write = every.reshape(kernel.positions, kernel.folds)[:, kernel.start : kernel.stop].ravel()
    return (Stage(kernel.interval, (every,), (write,)),)


def pipeline_depth(kernel: Kernel, clock_mhz: float = 200) -> int:
    """Cycles from taking a beat to giving the result computed from it, an estimate until a tool has scheduled it.

    One cycle for the register at the end, three for a DSP slice, and one for each further period that the levels
    of addition fill: log2(terms) for a tree, bits/3 for a product in logic.
    """
    levels, slices = _levels(kernel)
    per_cycle = max(1, int(1000 / clock_mhz / LEVEL_NS))
    return 1 + 3 * slices + ceil(levels / per_cycle)


def _levels(kernel: Kernel) -> tuple[float, int]:
    """(levels of addition, DSP slices) one behind the other."""
    match kernel:
        case MatVec(adders=AdderGraph() as graph):
            return graph.depth + (kernel.bias is not None), 0
        case MatVec() | Grouped():
            a, b = kernel.x.width, kernel.weights.element.width
            tree = log2(kernel.simd) + 1
            match kernel.multiplier:
                case Multiplier.DSP:
                    return tree, 1
                case Multiplier.PACKED:
                    return tree + 2, 1  # both weights put together, the high product corrected
                case _:
                    return tree + min(a, b) / 3, 0
        case Apply(function=MultiplyShift() as f):
            if kernel.lanes == kernel.channels or (f.multiplier == f.multiplier.flat[0]).all():
                return int(signed_digits(f.multiplier).max()) + 1, 0  # a constant in each lane: its digits, a clip
            bits = int(np.abs(f.multiplier).max()).bit_length()
            return (2, 1) if in_dsp(kernel.x.width, bits) else (2 + bits / 3, 0)
        case Apply(function=Thresholds() as f):
            return 2 + max(1, log2(max(1, f.levels.shape[1])) / 2), 0  # a LUT counts several comparisons
        case Apply(function=Table()):
            return 2, 0
        case Apply():
            return 3, 0
        case IndexOfMax():
            return 2 * log2(kernel.lanes) + 1, 0
        case SoftmaxUnit():
            # The largest, the table, the sum, and one level per bit of the quotient: each sweep of a position goes the
            # whole way, since what the last one found is complete only at its end.
            return 2 * log2(kernel.lanes) + 3 + kernel.softmax.frac + 2, 0
        case Depthwise():
            a, b = kernel.x.width, kernel.weights.element.width
            tree = log2(kernel.beside) + 1
            return (tree, 1) if kernel.products is Multiplier.DSP else (tree + min(a, b) / 3, 0)
        case Times():
            u, v = (f.width for f in kernel.factors)
            added = any(f != (1, 0) for f in (kernel.left, kernel.right))
            return (added, 1) if in_dsp(u, v) else (added + min(u, v) / 3, 0)
        case Window() | WideWindow():
            return 3, 0  # where to read, the memory, and whether that was padding
        case PoolUnit():
            return 2 * (log2(kernel.beside) + 1), 0
        case Join():
            return 2, 0
        case Repeat() | Reorder():
            return 1, 0  # the memory
        case _:
            return 0, 0
