"""Lower bounds beside a design: what no design of this network could go below, whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log

import numpy as np

from codesign.analysis.primitives import signed_digits
from codesign.analysis.schedule import stages
from codesign.ir.design import Design, Process
from codesign.ir.kernels import Depthwise, Grouped, Kernel, MatVec, Repack, Window
from codesign.ir.kernels.sliding import Sliding

ADD_NS = 0.3
"""A two- or three-input addition on the fastest parts, without routing: a LUT and its carry chain."""

BRAM36_BITS = 36_864


@dataclass(frozen=True)
class Limits:
    """What bounds a design from below.

    `macs`: products per sample that have to be made: with weights that are not zero, and none with padding.
    `products`: how many at a time at the design's interval, each layer with its own. `interval`: cycles per sample of
    the same number of products, perfectly balanced, or of the same ports, if those are slower. `latency`: cycles that
    the additions of the longest path take, or the slowest layer. `weight_bits`: what the non-constant weights take
    at least, and `bram36` the blocks that hold them.
    """

    macs: int
    products: int
    interval: int
    latency: int
    weight_bits: int
    bram36: int


def limits(design: Design, clock_mhz: float = 200) -> Limits:
    """The bounds of a design."""
    matrices = [p.kernel for p in design if isinstance(p.kernel, (MatVec, Depthwise, Grouped))]
    work = list(necessary(design).values())
    interval = design.interval()
    made = sum(kernel.weights.words.shape[1] for kernel in matrices)
    ports = max(design.streams[port.stream].beats for port in (*design.inputs, *design.outputs))
    bits = sum(k.weights.depth * k.weights.width for k in matrices if k.weights.depth > 1)
    return Limits(
        macs=sum(work),
        products=sum(ceil(macs / interval) for macs in work),
        interval=max(ports, ceil(sum(work) / made) if made else 1),
        latency=max(_slowest(design), ceil(_longest_path(design) * ADD_NS * clock_mhz / 1000)),
        weight_bits=bits,
        bram36=ceil(bits / BRAM36_BITS),
    )


def _slowest(design: Design) -> int:
    """Cycles of the slowest process, whose end the last result waits for; where some process gives its last result
    before it has read all, as one that cuts an image off, only those until an output's own last."""
    loops = {p.name: stages(p.kernel) for p in design}
    ends = {
        name: (max(int(r[-1]) for s in found for r in s.reads), max(int(w[-1]) for s in found for w in s.writes))
        for name, found in loops.items()
    }
    if all(len(loops[name]) > 1 or write >= read for name, (read, write) in ends.items()):
        return design.interval()
    ports = {port.stream for port in design.outputs}
    return max(ends[p.name][1] + 1 for p in design if ports.intersection(p.writes))


def necessary(design: Design) -> dict[str, int]:
    """The products per sample that each process has to make, of those that make any; whatever it does make."""
    return {p.name: _macs(p, design) for p in design if isinstance(p.kernel, (MatVec, Depthwise, Grouped))}


def _macs(process: Process, design: Design) -> int:
    """Products with weights that are not zero. Those of taps in the padding are none: their sums are constants."""
    kernel = process.kernel
    assert isinstance(kernel, (MatVec, Depthwise, Grouped))
    windows = _windows(process, design)
    if windows is None:
        return kernel.positions * int(np.count_nonzero(kernel.weights.words))
    below, beside = (inside.sum(axis=0) for inside in windows.inside())
    rows = np.count_nonzero(kernel.matrix(), axis=1)
    parts = isinstance(kernel, Grouped) and isinstance(windows, Window) and windows.by_channel
    taps = rows.reshape(-1 if parts else 1, windows.taps, windows.lanes if parts else -1).sum(axis=(0, 2))
    return int(np.outer(below, beside).ravel() @ taps)


def _windows(process: Process, design: Design) -> Sliding | None:
    """What gives a process its windows, if anything does."""
    (read,) = process.reads
    before = next((p for p in design if read in p.writes), None)
    if before is not None and isinstance(before.kernel, Repack):
        return _windows(before, design)
    return before.kernel if before is not None and isinstance(before.kernel, Sliding) else None


def _longest_path(design: Design) -> int:
    """Levels of (three-input) addition from an input to an output, along the path that has most of them."""
    behind = {port.stream: 0 for port in design.inputs}
    for process in design:
        levels = max(behind[name] for name in process.reads) + adder_levels(process.kernel)
        behind |= dict.fromkeys(process.writes, levels)
    return max(behind[port.stream] for port in design.outputs)


def adder_levels(kernel: Kernel) -> int:
    """log3 of the most signed digits that one output sums: no tree of three-input adders has fewer levels."""
    if not isinstance(kernel, (MatVec, Depthwise, Grouped)):
        return 0
    terms = int(signed_digits(kernel.matrix()).sum(axis=0).max())
    return ceil(log(terms, 3) - 1e-9) if terms > 1 else 0
