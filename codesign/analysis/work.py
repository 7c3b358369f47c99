"""What a design has to do for a sample, however it does it: products, weights and rows to be read."""

from __future__ import annotations

from math import ceil, prod

import numpy as np

from codesign.analysis.primitives import dsp_slices, in_dsp, packable
from codesign.ir.design import Design, Process
from codesign.ir.kernels import Apply, Depthwise, Grouped, Kernel, MatVec, Multiplier, Repack, Times, WideWindow, Window
from codesign.ir.kernels.sliding import Sliding
from codesign.ir.layers.requantize import MultiplyShift

Matrix = MatVec | Depthwise | Grouped


def matrices(design: Design) -> dict[str, Matrix]:
    """The kernels that multiply by a matrix of weights, by the name of their process."""
    return {p.name: p.kernel for p in design if isinstance(p.kernel, (MatVec, Depthwise, Grouped))}


def at_a_time(kernel: Matrix) -> int:
    """The products that a kernel can make in a cycle: a word of weights holds those."""
    return int(kernel.weights.words.shape[1])


def necessary(design: Design) -> dict[str, int]:
    """The products per sample that each process has to make, of those that make any; whatever it does make."""
    return {name: _macs(design.processes[name], kernel, design) for name, kernel in matrices(design).items()}


def _macs(process: Process, kernel: Matrix, design: Design) -> int:
    """Products with weights that are not zero. Those of taps in the padding are none: their sums are constants."""
    windows = _windows(process, design)
    if windows is None or not _of_windows(kernel, windows):
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


def _of_windows(kernel: Matrix, windows: Sliding) -> bool:
    """Whether each vector that is multiplied is a window, or a group's part of one."""
    inputs = windows.taps * windows.channels
    match kernel:
        case MatVec():
            vectors = kernel.inputs == inputs
        case Grouped():
            parts = isinstance(windows, Window) and windows.by_channel
            vectors = kernel.inputs * kernel.groups == inputs and (
                kernel.inputs % (windows.taps * windows.lanes) == 0 if parts else kernel.groups == 1
            )
        case Depthwise():
            vectors = (kernel.taps, kernel.channels) == (windows.taps, windows.channels)
    return vectors and kernel.positions == prod(windows.count)


def row_bits(kernel: Sliding) -> tuple[int, int]:
    """(bits that have to be read from the rows before, per sample; bits that the row buffers give per cycle).

    A row of windows is complete with its last row of pixels, which need not have been stored; each pixel of its other
    rows inside the image is read once for it, and registers keep it for the windows beside.
    """
    inside, beside = kernel.inside()
    starts = np.arange(kernel.count[1]) * kernel.stride[1] - kernel.padding[2]
    columns = starts[:, None] + np.arange(kernel.size[1]) * kernel.dilation[1]
    stored = int(np.maximum(inside.sum(axis=1) - 1, 0).sum())
    bits = kernel.channels * kernel.x.width
    words = kernel.size[0] - 1 if isinstance(kernel, WideWindow) else 1
    wide = bits if isinstance(kernel, WideWindow) else kernel.lanes * kernel.x.width
    return stored * len(np.unique(columns[beside])) * bits, words * wide


def least_slices(kernel: Kernel, macs: int, interval: int) -> float:
    """DSP slices, if all of them multiply in every cycle, of what a kernel makes in slices; `macs` of a matrix.

    Two products share one where the operands allow it; constants, which no multipliers take turns with, need none.
    """
    match kernel:
        case MatVec() | Grouped() if kernel.reuse_factor > 1 and _sliced(kernel.multiplier):
            return macs / interval * _per_product(kernel)
        case Depthwise() if kernel.weights.depth > 1 and _sliced(kernel.products):
            return macs / interval * _per_product(kernel)
        case Apply(function=MultiplyShift() as f) if f.channels > 1 and kernel.channels > kernel.lanes:
            bits = int(np.abs(f.multiplier).max()).bit_length() + 1
            elements = kernel.positions * kernel.channels
            return elements / interval * dsp_slices(kernel.x.width, bits) if in_dsp(kernel.x.width, bits) else 0
        case Times():
            u, v = (f.width for f in kernel.factors)
            return kernel.beats * kernel.lanes / interval * dsp_slices(u, v) if in_dsp(u, v) else 0
        case _:
            return 0


def _sliced(multiplier: Multiplier) -> bool:
    return multiplier in (Multiplier.DSP, Multiplier.PACKED)


def _per_product(kernel: Matrix) -> float:
    x, w = kernel.x, kernel.weights.element
    return 0.5 if packable(x, w) else dsp_slices(x.width, w.width)


def least_words(bits: int, interval: int, width: int = 1) -> int:
    """Ports of so many bits that give `bits` in an interval."""
    return ceil(bits / (interval * width))
