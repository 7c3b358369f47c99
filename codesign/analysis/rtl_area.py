"""What the SystemVerilog of a design takes: the model of `cost`, calibrated kernel by kernel on what Yosys makes.

`cost` chooses foldings for either back end, and none of its terms is fitted. Here LUTs and flip-flops of each kind
of kernel are its terms times a factor, plus a constant for the control, both fitted; `python -m benchmarks.area` prints
how far they are off. FIFOs have formulas of their own. DSP slices and block RAM are those of `cost`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from codesign.analysis.cost import DesignCost, kernel_cost, memory_cost
from codesign.analysis.primitives import ram_bram18, ram_luts, rom_bram18
from codesign.errors import IRError
from codesign.ir.design import Design, Stream
from codesign.ir.kernels import (
    Append,
    Apply,
    Border,
    Depthwise,
    Fork,
    Grouped,
    IndexOfMax,
    InsideMatVec,
    InsideWindow,
    Join,
    Kernel,
    MatVec,
    MemoryStyle,
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
from codesign.ir.layers.requantize import MultiplyShift, Shift, Table, Thresholds
from codesign.targets import Resources

LUTRAM_WORDS = 256
"""Of a table; longer ones are in block RAM."""
SHALLOW = 64
"""Words of a ROM that are as many inputs as a LUT has."""
ROM_LUTS = 3.5
"""LUTs that Yosys takes for one of a deeper ROM: it knows no ROM of LUTs, and makes logic of the words; 1.6 to 5 were
found."""


def design_area(design: Design, ultrascale: bool = True) -> DesignCost:
    """The estimate for each process and the FIFO of each stream, for UltraScale+ or 7-series."""
    streams = {name: fifo_area(stream, ultrascale) for name, stream in design.streams.items()}
    return DesignCost({p.name: kernel_area(p.kernel) for p in design}, streams)


def fifo_area(stream: Stream, ultrascale: bool = True) -> Resources:
    """The module codesign_fifo: two pointers and a count, and words in LUT RAM or in block RAM.

    LUT RAM comes in 14 bits of 32 words for 8 LUTs on UltraScale+, 6 bits for 4 LUTs on 7-series (7 and 3 bits of 64
    words); Yosys keeps a register of its own for the address that is read there. Block RAM is read a cycle ahead, so
    that a word which is written just then goes past it.
    """
    depth, width = stream.depth, stream.width
    address, count = max(1, (depth - 1).bit_length()), depth.bit_length()
    if stream.memory is MemoryStyle.BRAM:
        return Resources(width + 5 * address, width + 1 + count + 2 * address, 0, ram_bram18(depth, width) / 2)
    luts, bits = (8, 14) if ultrascale else (4, 6)
    words = min(ceil(width / bits) * ceil(depth / 32), ceil(2 * width / bits) * ceil(depth / 64))
    banks = ceil(depth / 64)
    choice = width * ceil((banks - 1) / 3) + 4 * banks if banks > 1 else 0  # three inputs more to a LUT
    return Resources(luts * words + choice + 4 * address + 4, count + 3 * address)


def kernel_area(kernel: Kernel) -> Resources:
    """A process, with its control; IRError for a kernel that was never compared."""
    terms, fit = _terms(kernel), _fit(kernel)
    held = [(m, memory_cost(m).lut) for m in kernel.memories()]
    deep, shallow = (sum(lut for m, lut in held if (m.depth > SHALLOW) is found) for found in (True, False))
    lut = fit.lut * (terms.lut - deep - shallow) + ROM_LUTS * deep + shallow + fit.lut_control
    return Resources(lut, fit.ff * terms.ff + fit.ff_control, terms.dsp, terms.bram36, terms.uram)


@dataclass(frozen=True)
class Fit:
    """What the terms are multiplied with, and what the control adds."""

    lut: float
    lut_control: float
    ff: float
    ff_control: float


PRODUCTS = {
    Multiplier.ADDERS: Fit(0.9, 20, 1.1, 30),
    Multiplier.LUT: Fit(1.4, 20, 0.8, 30),
    Multiplier.PACKED: Fit(0.9, 120, 0.6, 40),
    Multiplier.DSP: Fit(0.9, 120, 0.6, 40),
}
STEPS = {
    Shift: Fit(0.35, 5, 1.0, 8),
    MultiplyShift: Fit(1.0, 5, 1.0, 5),
    Thresholds: Fit(2.15, 30, 0.65, 5),
    Table: Fit(1.0, 10, 0.85, 5),
}
KERNELS: Mapping[type[Kernel], Fit] = {
    Append: Fit(2.2, 5, 1.05, 3),
    Border: Fit(0.4, 12, 1.0, 11),
    Depthwise: Fit(1.0, 5, 0.8, 5),
    Fork: Fit(0.1, 2, 1.0, 1),
    IndexOfMax: Fit(0.55, 5, 0.4, 15),
    InsideWindow: Fit(0.9, 20, 1.65, 5),
    Join: Fit(0.7, 5, 2.7, 5),
    Permute: Fit(1.9, 10, 1.0, 18),
    Pick: Fit(1.0, 6, 1.0, 3),
    PoolUnit: Fit(0.6, 5, 1.0, 7),
    Reorder: Fit(1.0, 2, 1.5, 5),
    Repack: Fit(0.9, 4, 1.0, 5),
    Repeat: Fit(1.0, 20, 1.45, 15),
    SoftmaxUnit: Fit(1.4, 15, 0.5, 10),
    Times: Fit(0.9, 5, 2.0, 5),
    WideWindow: Fit(0.3, 5, 0.85, 5),
    Window: Fit(0.85, 5, 0.95, 5),
}


def _fit(kernel: Kernel) -> Fit:
    """By the kind of kernel, what its products are made of or how its steps are computed."""
    match kernel:
        case MatVec() | InsideMatVec() | Grouped():
            return PRODUCTS[kernel.multiplier]
        case Apply():
            return STEPS[type(kernel.function)]
    found = KERNELS.get(type(kernel))
    if found is None:
        raise IRError(f"area: {type(kernel).__name__} was never compared with synthesis")
    return found


def _terms(kernel: Kernel) -> Resources:
    """Those of `cost`, but for what the SystemVerilog makes otherwise: sums of channels that take turns are kept in
    LUT RAM, tables of more than 256 words in block RAM, and a fork has a register."""
    match kernel:
        case Fork():
            return kernel_cost(kernel) + Resources(ff=kernel.lanes * kernel.x.width)
        case PoolUnit() if kernel.folds > 1:
            one = kernel_cost(replace(kernel, folds=1))
            return one + Resources(lut=ram_luts(kernel.folds, kernel.lanes * kernel.y.width))
        case Apply(function=Table() as table):
            turns = kernel.channels // kernel.lanes if table.channels > 1 else 1
            words = table.entries.shape[1] * turns
            if words > LUTRAM_WORDS:
                blocks = kernel.lanes * rom_bram18(words, kernel.y.width)
                return Resources(ff=kernel.lanes * (kernel.x.width + kernel.y.width), bram36=blocks / 2)
    return kernel_cost(kernel)
