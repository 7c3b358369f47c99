"""What a design needs of a device: a first model, from how each kernel is built out of adders, ROMs and FIFOs.

Every term is derived where it stands; none is fitted. A two-input adder counts one LUT per bit. Compared with
(this model / the other):

- Yosys 0.70, `synth_xilinx -family xcup -nodsp`, LUTs of matrix-vector products of 1 to 8 bits, folded and with
  constant weights: 0.8 to 1.8 (`tests/analysis/test_cost.py` repeats some);
- Vivado HLS, dense layers of DeepCalo on the U50 (2304 x 256 and 256 x 256, 16 bits, 128 products at a time):
  block RAM 1.00, DSP slices 1.00, LUTs 0.5 (HLS reports are themselves several times what is placed);
- the same, adder graphs: 0.9 to 1.0;
- the 16-64-32-32-5 jet tagger with 6 bits, fully unrolled: 55,000 LUTs as adder graphs, 92,000 without sharing of sums;
  published placed designs have 40,000 to 63,000, which share adders, and some prune weights.

Use it to choose, not to promise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from math import ceil, log2

import numpy as np

from codesign.analysis.primitives import (
    dsp_slices,
    fifo_luts,
    in_dsp,
    packed_luts,
    prefers_bram,
    product_luts,
    ram_bram18,
    ram_luts,
    rom_bram18,
    rom_luts,
    signed_digits,
)
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
    Memory,
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
from codesign.ir.layers.requantize import MultiplyShift, Shift, StepFunction, Table, Thresholds
from codesign.ir.tensor import Array
from codesign.targets import Resources

CONTROL = Resources(lut=40, ff=60)
"""The counters and handshakes of one process."""


@dataclass(frozen=True)
class DesignCost:
    """What each process and each stream's FIFO needs, and all of them together."""

    processes: Mapping[str, Resources]
    streams: Mapping[str, Resources]

    @property
    def total(self) -> Resources:
        """The sum of all."""
        return sum((*self.processes.values(), *self.streams.values()), Resources())


def design_cost(design: Design) -> DesignCost:
    """The needs of a design, by process and stream."""
    streams = {name: stream_cost(stream) for name, stream in design.streams.items()}
    return DesignCost({p.name: CONTROL + kernel_cost(p.kernel) for p in design}, streams)


def stream_cost(stream: Stream) -> Resources:
    """Its FIFO, or one of every lane: shift registers (32 x 1 bits per LUT) and an output register, or block RAM. Each
    has counters and flags of its own."""
    width = stream.width // stream.fifos
    if stream.memory is MemoryStyle.BRAM:
        one = Resources(lut=30, ff=width + 30, bram36=ram_bram18(stream.depth, width) / 2)
    else:
        one = Resources(lut=fifo_luts(stream.depth, width), ff=width + 12)
    return one * stream.fifos


def fifo_memory(depth: int, width: int) -> MemoryStyle:
    """What one FIFO of `depth` words of `width` bits is best made of."""
    in_blocks = prefers_bram(fifo_luts(depth, width), ram_bram18(depth, width))
    return MemoryStyle.BRAM if in_blocks else MemoryStyle.LUTRAM


def memory_cost(memory: Memory) -> Resources:
    """A ROM as its style says; constants in registers are logic and counted there."""
    match memory.style:
        case MemoryStyle.REGISTERS if memory.depth == 1:
            return Resources()
        case MemoryStyle.REGISTERS | MemoryStyle.LUTRAM:
            return Resources(lut=rom_luts(memory.depth, memory.width), ff=memory.width)
        case MemoryStyle.BRAM:
            return Resources(bram36=rom_bram18(memory.depth, memory.width) / 2)
        case MemoryStyle.URAM:
            return Resources(uram=ceil(memory.depth / 4096) * ceil(memory.width / 72))


@singledispatch
def kernel_cost(kernel: Kernel) -> Resources:
    """The needs of a kernel, without its FIFOs and control."""
    raise IRError(f"cost: {type(kernel).__name__} has no cost")


@kernel_cost.register
def _(kernel: MatVec) -> Resources:
    """Products, per output an adder tree over the inputs of a fold and an accumulator, the input's buffer, the ROMs.

    With one fold every weight is a constant: see `_constant_products`; an adder graph is all of these at once.
    """
    x, w, n = kernel.x.width, kernel.weights.element.width, kernel.simd
    accumulators = kernel.pe * kernel.accumulator.width
    if kernel.adders is not None:
        products, adders = Resources(), kernel.adders.adder_bits
    elif kernel.reuse_factor == 1:
        products, adders = _constant_products(kernel), _constant_adders(kernel)
    else:
        products = _products(kernel.pe, n, x, w, kernel.multiplier)
        adders = kernel.pe * _tree_luts(n, x + w) + (accumulators if kernel.inputs > n else 0)
    if kernel.bias is not None and kernel.inputs == n:
        adders += accumulators
    total = products + Resources(lut=adders, ff=adders // 2 + accumulators)
    if kernel.outputs > kernel.pe:
        total += _ram(kernel.inputs // n, n * x)
    return sum(map(memory_cost, kernel.memories()), total)


@kernel_cost.register
def _(kernel: Grouped) -> Resources:
    """As a folded MatVec of one group, with the ROMs of all."""
    x, w, n = kernel.x.width, kernel.weights.element.width, kernel.simd
    accumulators = kernel.pe * kernel.accumulator.width
    adders = kernel.pe * _tree_luts(n, x + w) + (accumulators if kernel.inputs > n or kernel.bias is not None else 0)
    total = _products(kernel.pe, n, x, w, kernel.multiplier) + Resources(lut=adders, ff=adders // 2 + accumulators)
    if kernel.outputs > kernel.pe:
        total += _ram(kernel.inputs // n, n * x)
    return sum(map(memory_cost, kernel.memories()), total)


def _products(outputs: int, inputs: int, x: int, w: int, multiplier: Multiplier) -> Resources:
    """Multipliers of as many inputs of `x` bits with weights of `w` bits for each output."""
    count = outputs * inputs
    match multiplier:
        case Multiplier.LUT:
            return Resources(lut=count * product_luts(x, w), ff=count * (x + w) // 2)
        case Multiplier.DSP:
            return Resources(dsp=count * dsp_slices(x, w))
        case Multiplier.PACKED:
            pairs = outputs // 2 * inputs
            return Resources(lut=pairs * packed_luts(x, w), ff=pairs * (x + w), dsp=count - pairs)
        case Multiplier.ADDERS:
            raise IRError("cost: an adder graph has no multipliers")


def _constant_products(kernel: MatVec) -> Resources:
    """Products with constants: for each input every odd multiple once (tools find equal ones, shifts are free and
    signs go into the adders), made of one adder per digit beyond the first; in a DSP slice, if that is what they are
    to be made of, from three digits on. Two packed weights are one constant, and need no slice where that is zero or
    a power of two."""
    x, w = kernel.x.width, kernel.weights.element.width
    matrix = kernel.matrix()
    if kernel.multiplier is Multiplier.PACKED:
        even = matrix.shape[1] // 2 * 2
        pairs = int((signed_digits(matrix[:, :even]).reshape(len(matrix), -1, 2).sum(axis=2) > 1).sum())
        left = int((signed_digits(matrix[:, even:]) > 2).sum())
        return Resources(lut=pairs * (x + w), ff=pairs * (x + w), dsp=pairs + left)
    lut = ff = dsp = 0
    for row in matrix:
        odd = np.unique(_odd_part(np.abs(row[row != 0])))
        digits = signed_digits(odd)
        slices = int((digits > 2).sum()) if kernel.multiplier is Multiplier.DSP else 0
        adders = int((digits - 1).sum()) if not slices else int((digits == 2).sum())
        lut += adders * (x + w)
        ff += adders * (x + w) // 2
        dsp += slices * dsp_slices(x, w)
    return Resources(lut=lut, ff=ff, dsp=dsp)


def _constant_adders(kernel: MatVec) -> int:
    """LUTs to sum the products: for each output as many adders as it has non-zero weights, less one."""
    terms = (kernel.matrix() != 0).sum(axis=0)
    return sum(_tree_luts(int(k), kernel.x.width + kernel.weights.element.width) for k in terms)


def _odd_part(values: Array) -> Array:
    odd: Array = values // (values & -values)
    return odd


def _tree_luts(terms: int, width: int) -> int:
    """A tree of two-input adders over `terms` numbers of `width` bits, each level a bit wider than the one before."""
    luts = 0
    while terms > 1:
        width += 1
        luts += terms // 2 * width
        terms = (terms + 1) // 2
    return luts


def _ram(depth: int, width: int) -> Resources:
    """A buffer that is written and read: flip-flops for one word, else LUT RAM or block RAM."""
    if depth == 1:
        return Resources(ff=width)
    luts, blocks = ram_luts(depth, width), ram_bram18(depth, width)
    return Resources(bram36=blocks / 2) if prefers_bram(luts, blocks) else Resources(lut=luts, ff=width)


def _rom(depth: int, width: int) -> Resources:
    luts, blocks = rom_luts(depth, width), rom_bram18(depth, width)
    return Resources(bram36=blocks / 2) if prefers_bram(luts, blocks) else Resources(lut=luts, ff=width)


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
    rest = Resources(lut=2 * wide + y, ff=wide) + _rom(folds, m + wide)
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
    return Resources(lut=steps * (ceil(x / 2) + 1) + y, ff=steps) + _rom(folds, steps * x + y)


@_step_cost.register
def _(function: Table, x: int, y: int, folds: int) -> Resources:
    """A ROM per lane."""
    return _rom(function.entries.shape[1] * folds, y)


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
        return _ram(2 * size, x) + _rom(size, max(1, ceil(log2(size))) if size > 1 else 1)
    return Resources(lut=kernel.lanes * x * ceil((2 * kernel.interval - 1) / 3), ff=2 * size * x)


@kernel_cost.register
def _(kernel: Reorder) -> Resources:
    """The ring, a counter for each loop, and three for the beats and their places, of a LUT and a flip-flop per bit."""
    bits = sum(turns.bit_length() for turns, _ in kernel.loops) + 2 * kernel.ring.bit_length()
    bits += kernel.interval.bit_length()
    return _ram(kernel.ring, kernel.lanes * kernel.x.width) + Resources(lut=bits, ff=bits)


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
    lane = Resources(lut=2 * x + total + quotient * total, ff=2 * quotient * total) + _rom(len(kernel.softmax.table), e)
    return lane * kernel.lanes + _ram(kernel.channels // kernel.lanes, kernel.lanes * (x + e))


@kernel_cost.register
def _(kernel: Window) -> Resources:
    """The ring, a choice between its word and the padding's, and eleven counters of a LUT and a flip-flop per bit."""
    word = kernel.lanes * kernel.x.width
    bits = 11 * (kernel.height * kernel.width * kernel.folds).bit_length()
    return _ram(kernel.ring, word) + Resources(lut=word + bits, ff=word + bits)


@kernel_cost.register
def _(kernel: InsideWindow) -> Resources:
    """The ring, ten counters of a LUT and a flip-flop per bit, and a table of how the windows of a row and of a column
    start and end."""
    bits = 10 * (kernel.height * kernel.width * kernel.folds).bit_length()
    return (
        _ram(kernel.ring, kernel.lanes * kernel.x.width)
        + _inside_tables(kernel, kernel.ring)
        + Resources(lut=bits, ff=bits)
    )


@kernel_cost.register
def _(kernel: InsideMatVec) -> Resources:
    """A product, and a table of how the windows of a row and of a column start and end."""
    return kernel_cost.dispatch(MatVec)(kernel) + _inside_tables(kernel.window, kernel.inputs // kernel.simd)


def _inside_tables(window: InsideWindow, places: int) -> Resources:
    """ROMs with a number of taps and a place for each row and column of windows."""
    taps, place = max(window.size).bit_length(), places.bit_length()
    return sum((_rom(n, taps + place) for n in window.count), Resources())


@kernel_cost.register
def _(kernel: WideWindow) -> Resources:
    """The row buffers; a register for each place that a window covers, and for each element that it gives; there a
    choice of the padding's code (two bits to a LUT, both with the tap's row and column) and, where a window has several
    parts, one among these (three inputs more to a LUT); ten counters, and a comparison for each row and column of
    taps, of a LUT and a flip-flop per bit."""
    bits, (down, across) = kernel.x.width, kernel.size
    pixel, elements = kernel.channels * bits, kernel.taps * kernel.channels
    masks = ceil(elements * bits / 2) if any(kernel.padding) else 0
    choice = kernel.lanes * bits * ceil((kernel.parts - 1) / 3)
    control = (10 + down + across) * (kernel.height * kernel.pitch).bit_length()
    registers = down * kernel.extent[1] * pixel + elements * bits
    rows = _ram(kernel.row_depth, pixel) * (down - 1)
    return rows + Resources(lut=masks + choice + control, ff=registers + control)


@kernel_cost.register
def _(kernel: PoolUnit) -> Resources:
    """Per element an adder, or a comparison (two bits to a LUT) and a choice; a register for each channel, and a choice
    among those of all folds (three inputs more to a LUT)."""
    y = kernel.y.width
    one = (ceil(y / 2) + y if kernel.largest else y) * kernel.beside
    return Resources(
        lut=kernel.lanes * (one + y * ceil((kernel.folds - 1) / 3)), ff=kernel.lanes * y * (kernel.folds + 1)
    )


@kernel_cost.register
def _(kernel: Depthwise) -> Resources:
    """Products with a tree of adders and an accumulator per result, and the ROMs."""
    x, w, count = kernel.x.width, kernel.weights.element.width, kernel.lanes * kernel.multiplier
    accumulators, tree = count * kernel.accumulator.width, count * _tree_luts(kernel.beside, x + w)
    adders = Resources(lut=accumulators + tree, ff=2 * accumulators + tree // 2)
    total = _products(1, count * kernel.beside, x, w, kernel.products) + adders
    return sum(map(memory_cost, kernel.memories()), total)


@kernel_cost.register
def _(kernel: Repeat) -> Resources:
    """A row of pixels, and a choice between it and the one that is read."""
    word = kernel.lanes * kernel.x.width
    return _ram(kernel.width * kernel.folds, word) + Resources(lut=word, ff=word)


@kernel_cost.register
def _(kernel: Border) -> Resources:
    """A choice between the image and the border's code."""
    word = kernel.lanes * kernel.x.width
    return Resources(lut=ceil(word / 2), ff=word)


@kernel_cost.register
def _(kernel: Append) -> Resources:
    """A choice between the two streams."""
    word = kernel.lanes * kernel.z.width
    return Resources(lut=ceil(word / 2), ff=word)


@kernel_cost.register
def _(kernel: Pick) -> Resources:
    return Resources(ff=kernel.lanes * kernel.y.width)
