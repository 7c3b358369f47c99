"""Products with matrices."""

from __future__ import annotations

import numpy as np

from codesign.config import Strategy
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.kernels import Depthwise, Grouped, MatVec, MemoryStyle, Multiplier
from codesign.passes.adder_graph import has_adder_graph
from codesign.passes.strategy import made_of, multipliers
from tests.backends.designs.builder import Builder, Wire, narrowed
from tests.backends.designs.windows import side_by_side


def accumulator(b: Builder, safe: Fixed) -> Fixed:
    """The type for every result, or of fewer bits, in which sums wrap."""
    return safe if safe.width < 3 or b.choice([True, False]) else Fixed(b.integer(2, safe.width - 1))


def matvec(b: Builder, x: Wire) -> Wire:
    """Any folding of the outputs; the accumulator is the narrowest that holds every result, or narrower."""
    outputs = b.choice([1, 2, 3, 4, 6])
    x = narrowed(b, x, MAX_WIDTH - 6)
    w = b.fixed(1, min(b.choice([3, 8, 40]), MAX_WIDTH - 5 - x.element.width))
    matrix = b.codes(w, (x.channels, outputs))
    bias = b.codes(b.fixed(1, 10), outputs) if b.choice([True, False]) else None
    ends = [matrix.astype(object) * x.element.low, matrix.astype(object) * x.element.high]
    offset = np.zeros(outputs, dtype=object) if bias is None else bias.astype(object)
    low = min(int(v) for v in np.minimum(*ends).sum(axis=0) + offset)
    high = max(int(v) for v in np.maximum(*ends).sum(axis=0) + offset)
    y = b.after(x, accumulator(b, Fixed.covering(low, high)), outputs, b.divisor(outputs))
    style = b.choice([MemoryStyle.REGISTERS, MemoryStyle.LUTRAM, MemoryStyle.BRAM])
    kernel = MatVec.fold(
        b.name("m"), matrix, bias, w, x.element, y.element, x.positions, y.lanes, x.lanes, style
    )  # fmt: skip
    adders = [Multiplier.ADDERS] * 3 if kernel.reuse_factor == 1 and has_adder_graph(matrix) else []
    kinds = [*multipliers(x.element, w, Strategy.AUTO, kernel.reuse_factor), *adders]
    b.process("dense", made_of(kernel, b.choice(kinds)), [x], [y])
    return y


def depthwise(b: Builder, x: Wire) -> Wire:
    """Some of the positions as the taps of each channel."""
    x = narrowed(b, x, MAX_WIDTH - 18)
    taps, each = b.divisor(x.positions), b.integer(1, 2)
    w = b.fixed(1, 6)
    matrix = b.codes(w, (taps, x.channels * each))
    bias = b.codes(b.fixed(1, 10), x.channels * each) if b.choice([True, False]) else None
    spread = taps << (x.element.width + w.width)
    element = accumulator(b, Fixed.covering(-spread - 1024, spread + 1024))
    y = b.after(x, element, x.channels * each, x.lanes * each, x.positions // taps)
    style = b.choice([MemoryStyle.REGISTERS, MemoryStyle.LUTRAM, MemoryStyle.BRAM])
    seen, beside = side_by_side(b, x, taps)
    kernel = Depthwise.fold(
        b.name("m"), matrix, bias, w, x.element, element, y.positions, x.channels, x.lanes, style,
        b.choice([Multiplier.LUT, Multiplier.DSP]), beside,
    )  # fmt: skip
    b.process("depthwise", kernel, [seen], [y])
    return y


def grouped(b: Builder, x: Wire) -> Wire:
    """Some of the channels of some positions as groups, each with a matrix of its own."""
    x = narrowed(b, x, MAX_WIDTH - 18)
    groups, outputs, w = b.divisor(x.beats), b.choice([1, 2, 3, 4]), b.fixed(1, 6)
    inputs = x.beats // groups * x.lanes
    matrices = b.codes(w, (groups, inputs, outputs))
    bias = b.codes(b.fixed(1, 10), groups * outputs) if b.choice([True, False]) else None
    spread = inputs << (x.element.width + w.width)
    y = b.after(
        x, accumulator(b, Fixed.covering(-spread - 1024, spread + 1024)), groups * outputs, b.divisor(outputs), 1
    )
    style = b.choice([MemoryStyle.REGISTERS, MemoryStyle.LUTRAM, MemoryStyle.BRAM])
    kernel = Grouped.fold(
        b.name("m"), matrices, bias, w, x.element, y.element, 1, y.lanes, x.lanes, style,
        b.choice(multipliers(x.element, w, Strategy.AUTO, 2)),
    )  # fmt: skip
    b.process("grouped", kernel, [x], [y])
    return y
