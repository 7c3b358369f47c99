"""Hypothesis strategies for designs: chains of kernels with random types, sizes, foldings and constants.

Hypothesis draws a seed and the rest follows from it. Every example costs seconds of g++, so shrinking would take
longer than reading the failing chain, and the first example must be as rich as any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from codesign.backends.hls.sources import DOCUMENTED_WORD
from codesign.config import Strategy
from codesign.ir.design import Design, Port, Process, Stream, StreamKind
from codesign.ir.fixed import MAX_WIDTH, Fixed
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
from codesign.ir.layers.softmax import SoftmaxTable
from codesign.ir.tensor import Tensor
from codesign.passes.adder_graph import has_adder_graph
from codesign.passes.strategy import made_of, multipliers

T = TypeVar("T")


@dataclass
class Wire:
    """The end of a chain that grows: a stream of positions x channels elements."""

    name: str
    element: Fixed
    positions: int
    channels: int
    lanes: int

    @property
    def size(self) -> int:
        return self.positions * self.channels

    @property
    def beats(self) -> int:
        return self.size // self.lanes


@dataclass
class Builder:
    """Adds chains to a design, choosing by `rng`."""

    design: Design
    rng: np.random.Generator
    count: int = 0

    def integer(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high, endpoint=True))

    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def codes(self, fixed: Fixed, shape) -> np.ndarray:
        """Random codes of which some are the extremes."""
        found = self.rng.integers(fixed.low, fixed.high, size=shape, endpoint=True, dtype=np.int64)
        which = self.rng.random(shape)
        return np.where(which < 0.1, fixed.low, np.where(which > 0.9, fixed.high, found))

    def fixed(self, least: int = 1, most: int = 12) -> Fixed:
        return Fixed(self.integer(least, most), 0, self.choice([True, False]))

    def divisor(self, n: int) -> int:
        return self.choice([k for k in range(1, n + 1) if n % k == 0])

    def name(self, what: str) -> str:
        self.count += 1
        return f"{what}_{self.count}"

    def source(self, x: Fixed, positions: int, channels: int, lanes: int | None = None) -> Wire:
        """A new input."""
        wire = Wire(self.name("x"), x, positions, channels, lanes or self.divisor(channels))
        self.packed(self.stream(wire))
        tensor = Tensor.of_fixed((positions, channels), x)
        self.design.inputs.append(Port(wire.name, wire.name, tensor, f"/{wire.name}"))
        return wire

    def stream(self, wire: Wire) -> Wire:
        """A new stream of any kind; an array where no word holds its beats."""
        kind = self.choice([kind for kind in StreamKind if wire.lanes == 1 or kind is not StreamKind.SINGLE])
        if wire.lanes * wire.element.width > DOCUMENTED_WORD:
            kind = StreamKind.ARRAY
        self.design.add_stream(Stream(wire.name, wire.element, wire.lanes, wire.beats, kind))
        return wire

    def packed(self, wire: Wire) -> None:
        """A port carries words."""
        stream = self.design.streams[wire.name]
        if stream.kind is StreamKind.ARRAY:
            self.design.streams[wire.name] = replace(stream, kind=StreamKind.STRUCT)

    def sink(self, wire: Wire) -> None:
        """The end of a chain."""
        self.packed(wire)
        tensor = Tensor.of_fixed((wire.positions, wire.channels), wire.element)
        self.design.outputs.append(Port(f"y_{wire.name}", wire.name, tensor, f"/{wire.name}"))

    def process(self, what: str, kernel: Kernel, reads: list[Wire], writes: list[Wire]) -> None:
        name = self.name(what)
        self.design.add(Process(name, kernel, tuple(r.name for r in reads), tuple(w.name for w in writes), f"/{name}"))

    def after(
        self, wire: Wire, element: Fixed, channels: int | None = None, lanes: int | None = None,
        positions: int | None = None,
    ) -> Wire:  # fmt: skip
        channels = wire.channels if channels is None else channels
        positions = wire.positions if positions is None else positions
        return self.stream(Wire(self.name("s"), element, positions, channels, wire.lanes if lanes is None else lanes))

    def image(self, wire: Wire) -> tuple[int, int]:
        """The positions as rows and columns of some image."""
        rows = self.divisor(wire.positions)
        return rows, wire.positions // rows


def matvec(b: Builder, x: Wire) -> Wire:
    """Any folding of the outputs; the accumulator is the narrowest that holds every result."""
    outputs = b.choice([1, 2, 3, 4, 6])
    x = narrowed(b, x, MAX_WIDTH - 6)
    w = b.fixed(1, min(b.choice([3, 8, 40]), MAX_WIDTH - 5 - x.element.width))
    matrix = b.codes(w, (x.channels, outputs))
    bias = b.codes(b.fixed(1, 10), outputs) if b.choice([True, False]) else None
    ends = [matrix.astype(object) * x.element.low, matrix.astype(object) * x.element.high]
    offset = np.zeros(outputs, dtype=object) if bias is None else bias.astype(object)
    low = min(int(v) for v in np.minimum(*ends).sum(axis=0) + offset)
    high = max(int(v) for v in np.maximum(*ends).sum(axis=0) + offset)
    y = b.after(x, Fixed.covering(low, high), outputs, b.divisor(outputs))
    style = b.choice([MemoryStyle.REGISTERS, MemoryStyle.LUTRAM, MemoryStyle.BRAM])
    kernel = MatVec.fold(
        b.name("m"), matrix, bias, w, x.element, y.element, x.positions, y.lanes, x.lanes, style
    )  # fmt: skip
    adders = [Multiplier.ADDERS] * 3 if kernel.reuse_factor == 1 and has_adder_graph(matrix) else []
    kinds = [*multipliers(x.element, w, Strategy.AUTO, kernel.reuse_factor), *adders]
    b.process("dense", made_of(kernel, b.choice(kinds)), [x], [y])
    return y


def shift(b: Builder, x: Wire) -> Wire:
    width = x.element.width
    spare = min(4, (MAX_WIDTH - width) // 2)
    bias = b.integer(-(1 << spare), 1 << spare) if spare > 0 else 0
    f = (bias, b.integer(-spare, min(width - 1, 6)), spare > 0 and b.choice([True, False]))
    # Clipping hides rounding, so half of them only clip what their type cannot hold.
    y = b.fixed(1, 16) if b.choice([True, False]) else Fixed(min(width + 2 * spare + 1, MAX_WIDTH), 0, True)
    low, high = (y.low, y.high) if y.width > width else sorted(b.codes(y, 2).tolist())
    return _apply(b, x, Shift(*f, low, high), y)


def multiply_shift(b: Builder, x: Wire) -> Wire:
    n = b.choice([1, x.channels, x.channels])
    x = narrowed(b, x, MAX_WIDTH - 3)
    m = b.fixed(1, min(MAX_WIDTH - 2 - x.element.width, 18))
    a = Fixed(b.integer(1, min(m.width + x.element.width, 40)), 0, True)
    y = b.fixed(1, 16)
    low, high = sorted(b.codes(y, 2).tolist())
    # Some constants are the same in all channels though they may differ.
    multiplier = b.codes(m, n) if b.choice([True, False]) else np.full(n, b.codes(m, 1)[0])
    return _apply(b, x, MultiplyShift(multiplier, b.codes(a, n), b.integer(0, a.width), low, high), y)


def thresholds(b: Builder, x: Wire) -> Wire:
    n, steps = b.choice([1, x.channels, x.channels]), b.integer(0, 5)
    near = Fixed(min(x.element.width + 1, MAX_WIDTH), 0, True)
    levels = np.sort(b.codes(near, (n, steps)), axis=1)
    y = Fixed(6, 0, True)
    kinds = b.choice([(1,), (-1,), (-1, 1), (-1, 1), (-1, 0, 1), (0,)])
    direction = b.rng.choice(kinds, n).astype(np.int64)
    base = b.codes(Fixed(4, 0, True), n) if b.choice([True, False]) else np.full(n, -3)
    return _apply(b, x, Thresholds(base, direction, levels), y)


def table(b: Builder, x: Wire) -> Wire:
    x = narrowed(b, x, 8)
    y = b.fixed(1, 20)
    n = b.choice([1, x.channels])
    codes = x.element.high - x.element.low + 1
    return _apply(b, x, Table(x.element.low, b.codes(y, (n, codes))), y)


def repack(b: Builder, x: Wire) -> Wire:
    lanes = b.choice(
        [k for k in range(1, x.channels + 1) if x.channels % k == 0 and (k % x.lanes == 0 or x.lanes % k == 0)]
    )
    y = b.after(x, x.element, lanes=lanes)
    b.process("repack", Repack(x.size, x.lanes, lanes, x.element), [x], [y])
    return y


def permute(b: Builder, x: Wire) -> Wire:
    y = b.after(x, x.element)
    b.process("permute", Permute(b.rng.permutation(x.size), x.lanes, x.element), [x], [y])
    return y


def fork_join(b: Builder, x: Wire) -> Wire:
    """left * x + right * x, with as many forks as it takes; a third copy leaves by an output."""
    x = narrowed(b, x, MAX_WIDTH - 6)
    copies = b.integer(2, 3)
    wires = [b.after(x, x.element) for _ in range(copies)]
    b.process("fork", Fork(copies, x.beats, x.lanes, x.element), [x], wires)
    left, right = b.integer(-9, 9), b.integer(-9, 9)
    ends = [k * v for k in (left, right) for v in (x.element.low, x.element.high)]
    z = b.after(x, Fixed.covering(min(0, *ends[:2]) + min(0, *ends[2:]), max(0, *ends[:2]) + max(0, *ends[2:])))
    join = Join(left, right, x.beats, x.lanes, x.element, x.element, z.element)
    b.process("join", join, wires[:2], [z])
    for wire in wires[2:]:
        b.sink(wire)
    return z


def times(b: Builder, x: Wire) -> Wire:
    """(q x + p) (s x + r), each factor plain or with any constants."""
    x = narrowed(b, x, 26)
    wires = [b.after(x, x.element) for _ in range(2)]
    b.process("fork", Fork(2, x.beats, x.lanes, x.element), [x], wires)
    left, right = (b.choice([(1, 0), (1, b.integer(-40, 40)), (b.integer(1, 9), b.integer(-9, 9))]) for _ in range(2))
    ends = [[k * v + a for v in (x.element.low, x.element.high)] for k, a in (left, right)]
    products = [u * v for u in ends[0] for v in ends[1]]
    z = b.after(x, Fixed.covering(min(products), max(products)))
    b.process("times", Times(left, right, x.beats, x.lanes, x.element, x.element, z.element), wires, [z])
    return z


def held(b: Builder, x: Wire) -> Wire:
    """The sum or the product of each position with a vector, an input of its own."""
    x = narrowed(b, x, 26)
    y = b.source(b.fixed(1, 20), 1, x.channels, x.lanes)
    p, r = b.integer(-9, 9), b.integer(-9, 9)
    ends = [[v + a for v in (e.low, e.high)] for e, a in ((x.element, p), (y.element, r))]
    products = [u * v for u in ends[0] for v in ends[1]]
    z = Fixed.covering(min(products), max(products))
    wire, sizes = b.after(x, z), (x.beats, x.lanes, x.element, y.element, z, x.positions)
    if b.choice([True, False]):
        b.process("times", Times((1, p), (1, r), *sizes), [x, y], [wire])
        return wire
    left, right = b.integer(-9, 9), b.integer(-9, 9)
    low, high = (9 * sum(abs(v) for e in (x.element, y.element) for v in (e.low, e.high)) * s for s in (-1, 1))
    b.design.streams.pop(wire.name)
    wire = b.after(x, Fixed.covering(low, high))
    b.process("join", Join(left, right, *sizes[:4], wire.element, x.positions), [x, y], [wire])
    return wire


def argmax(b: Builder, x: Wire) -> Wire:
    y = b.after(x, Fixed.covering(0, x.channels - 1), 1, 1)
    b.process("argmax", IndexOfMax(x.positions, x.channels, x.lanes, x.element, y.element), [x], [y])
    return y


def softmax(b: Builder, x: Wire) -> Wire:
    frac, depth = b.integer(1, 20), b.integer(1, 40)
    entries = np.sort(b.rng.integers(0, 1 << b.integer(1, 30), size=depth))[::-1]
    entries[0] += 1
    unit = SoftmaxTable(np.ascontiguousarray(entries), frac, b.choice([True, False]))
    y = b.after(x, Fixed.covering(0, unit.high))
    b.process("softmax", SoftmaxUnit(unit, x.positions, x.channels, x.lanes, x.element, y.element), [x], [y])
    return y


def sliding(b: Builder, x: Wire):
    """(rows and columns of an image, size, stride, dilation and padding of any window that fits it, and cannot lie in
    its padding)."""
    shape = b.image(x)
    found = []
    for length in shape:
        size, dilation = b.integer(1, 3), b.integer(1, 2)
        extent = (size - 1) * dilation + 1
        before, after = b.integer(0, extent - 1), b.integer(0, extent - 1)
        if before + length + after < extent:
            size, dilation, before, after = 1, 1, 0, 0
        found.append((size, b.integer(1, 3), dilation, (before, after)))
    size, stride, dilation, padding = zip(*found, strict=True)
    return shape, size, stride, dilation, (*padding[0], *padding[1])


def window(b: Builder, x: Wire) -> Wire:
    """A part of one pixel per beat."""
    shape, size, stride, dilation, padding = sliding(b, x)
    by_channel = b.choice([True, False])
    fill = b.codes(x.element, ()).item()
    kernel = Window(*shape, x.channels, x.lanes, size, x.element, stride, dilation, padding, fill, by_channel)
    channels = x.lanes if by_channel else x.channels
    y = b.after(x, x.element, channels, positions=kernel.writes[0].beats * x.lanes // channels)
    b.process("window", kernel, [x], [y])
    return y


def wide_window(b: Builder, x: Wire) -> Wire:
    """Whole windows, or parts of them, of images wide enough for row buffers in RAM, or not; pixels as one beat."""
    if x.lanes != x.channels:
        wide = b.after(x, x.element, lanes=x.channels)
        b.process("repack", Repack(x.size, x.lanes, x.channels, x.element), [x], [wide])
        x = wide
    shape, size, stride, dilation, padding = sliding(b, x)
    elements = size[0] * size[1] * x.channels
    lanes, fill = b.choice([elements, b.divisor(elements)]), b.codes(x.element, ()).item()
    kernel = WideWindow(*shape, x.channels, lanes, size, x.element, stride, dilation, padding, fill)
    y = b.after(x, x.element, elements, lanes, kernel.count[0] * kernel.count[1])
    b.process("wide", kernel, [x], [y])
    return y


def inside(b: Builder, x: Wire) -> Wire:
    """A product of windows that come without their padding."""
    x = narrowed(b, x, MAX_WIDTH - 20)
    shape, size, stride, dilation, padding = sliding(b, x)
    how = (x.channels, x.lanes, size, x.element, stride)
    if not all(i.any(axis=1).all() for i in Window(*shape, *how, dilation, padding).inside()):
        size, dilation, padding = (1, 1), (1, 1), (0, 0, 0, 0)
    window = InsideWindow(*shape, x.channels, x.lanes, size, x.element, stride, dilation, padding)
    seen = b.after(x, x.element, x.lanes, positions=window.writes[0].beats)
    b.process("inside", window, [x], [seen])
    outputs, w = b.choice([1, 2, 3, 4, 6]), b.fixed(1, 6)
    matrix = b.codes(w, (window.taps * x.channels, outputs))
    bias = b.codes(b.fixed(1, 10), outputs) if b.choice([True, False]) else None
    spread = len(matrix) << (x.element.width + w.width)
    element, (below, beside) = Fixed.covering(-spread - 1024, spread + 1024), window.count
    y = b.after(x, element, outputs, b.divisor(outputs), below * beside)
    style = b.choice([MemoryStyle.REGISTERS, MemoryStyle.LUTRAM, MemoryStyle.BRAM])
    multiplier = b.choice([Multiplier.LUT, Multiplier.DSP])
    product = MatVec.fold(
        b.name("m"), matrix, bias, w, x.element, element, y.positions, y.lanes, x.lanes, style, multiplier
    )  # fmt: skip
    b.process("product", InsideMatVec.of(product, window), [seen], [y])
    return y


def side_by_side(b: Builder, x: Wire, taps: int) -> tuple[Wire, int]:
    """(`x` with some of every `taps` pixels in one beat, how many), where pixels are beats."""
    beside = b.divisor(taps) if x.lanes == x.channels else 1
    if beside == 1:
        return x, 1
    y = b.after(x, x.element, beside * x.channels, beside * x.channels, x.positions // beside)
    b.process("beside", Repack(x.size, x.lanes, y.lanes, x.element), [x], [y])
    return y, beside


def pool(b: Builder, x: Wire) -> Wire:
    """The largest or the sum of a divisor of the positions."""
    x = narrowed(b, x, MAX_WIDTH - 10)
    taps, largest = b.divisor(x.positions), b.choice([True, False])
    low, high = (n * (1 if largest else taps) for n in (x.element.low, x.element.high))
    element = Fixed.covering(min(low, 0), high)
    y = b.after(x, element, positions=x.positions // taps)
    folds, (seen, beside) = x.channels // x.lanes, side_by_side(b, x, taps)
    kernel = PoolUnit(y.positions, taps, folds, x.lanes, largest, x.element, element, beside)
    b.process("pool", kernel, [seen], [y])
    return y


def depthwise(b: Builder, x: Wire) -> Wire:
    """Some of the positions as the taps of each channel."""
    x = narrowed(b, x, MAX_WIDTH - 18)
    taps, each = b.divisor(x.positions), b.integer(1, 2)
    w = b.fixed(1, 6)
    matrix = b.codes(w, (taps, x.channels * each))
    bias = b.codes(b.fixed(1, 10), x.channels * each) if b.choice([True, False]) else None
    spread = taps << (x.element.width + w.width)
    element = Fixed.covering(-spread - 1024, spread + 1024)
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
    y = b.after(x, Fixed.covering(-spread - 1024, spread + 1024), groups * outputs, b.divisor(outputs), 1)
    style = b.choice([MemoryStyle.REGISTERS, MemoryStyle.LUTRAM, MemoryStyle.BRAM])
    kernel = Grouped.fold(
        b.name("m"), matrices, bias, w, x.element, y.element, 1, y.lanes, x.lanes, style,
        b.choice(multipliers(x.element, w, Strategy.AUTO, 2)),
    )  # fmt: skip
    b.process("grouped", kernel, [x], [y])
    return y


def repeat(b: Builder, x: Wire) -> Wire:
    factors = b.integer(1, 3), b.integer(1, 3)
    y = b.after(x, x.element, positions=x.positions * factors[0] * factors[1])
    b.process("repeat", Repeat(*b.image(x), x.channels, x.lanes, factors, x.element), [x], [y])
    return y


def border(b: Builder, x: Wire) -> Wire:
    padding = b.integer(0, 2), b.integer(0, 2), b.integer(0, 2), b.integer(0, 2)
    kernel = Border(*b.image(x), x.channels, x.lanes, padding, b.codes(x.element, ()).item(), x.element)
    y = b.after(x, x.element, positions=kernel.interval // kernel.folds)
    b.process("border", kernel, [x], [y])
    return y


def pick_append(b: Builder, x: Wire) -> Wire:
    """Some channels of a copy, and all of another behind them."""
    wires = [b.after(x, x.element) for _ in range(2)]
    b.process("fork", Fork(2, x.beats, x.lanes, x.element), [x], wires)
    folds = x.channels // x.lanes
    start = b.integer(0, folds - 1)
    stop = b.integer(start + 1, folds)
    part = b.after(x, x.element, (stop - start) * x.lanes)
    b.process("pick", Pick(x.positions, folds, start, stop, x.lanes, x.element, x.element), [wires[0]], [part])
    element = Fixed.covering(min(x.element.low, -1), x.element.high)
    y = b.after(x, element, part.channels + x.channels)
    kernel = Append(x.positions, stop - start, folds, x.lanes, x.element, x.element, element)
    b.process("append", kernel, [part, wires[1]], [y])
    return y


def narrowed(b: Builder, x: Wire, width: int) -> Wire:
    """`x` itself if it has at most this width, else its lowest and highest codes clipped to it."""
    if x.element.width <= width:
        return x
    y = Fixed(width, 0, x.element.signed)
    return _apply(b, x, Shift(0, x.element.width - width - 1, False, y.low, y.high), y)


def _apply(b: Builder, x: Wire, f, y: Fixed) -> Wire:
    out = b.after(x, y)
    b.process("apply", Apply(f, x.positions, x.channels, x.lanes, x.element, y), [x], [out])
    return out


def reorder(b: Builder, x: Wire) -> Wire:
    """The beats as an array of several axes, in another order."""
    left, shape = x.beats, []
    while left > 1:
        shape.append(b.choice([k for k in range(2, left + 1) if left % k == 0]))
        left //= shape[-1]
    shape = shape or [1]
    distances = [int(np.prod(shape[k + 1 :])) for k in range(len(shape))]
    order = b.rng.permutation(len(shape)).tolist() if b.choice([True, False]) else [0, *range(len(shape) - 1, 0, -1)]
    kernel = Reorder(tuple((shape[k], distances[k]) for k in order), x.lanes, x.element)
    y = b.after(x, x.element)
    b.process("reorder", kernel, [x], [y])
    return y


IMAGES = (
    window,
    window,
    wide_window,
    wide_window,
    inside,
    inside,
    pool,
    depthwise,
    grouped,
    repeat,
    border,
    pick_append,
    reorder,
)
"""Those that are given images."""

KERNELS = (
    matvec, shift, multiply_shift, thresholds, table, repack, permute, fork_join, times, held, argmax, softmax, *IMAGES
)  # fmt: skip
"""How a chain grows by one kernel (or what the kernel needs); together they reach every kernel."""

STEP_FUNCTIONS = (shift, multiply_shift, thresholds)
"""Those with the most cases."""


def _builder(seed: int) -> Builder:
    return Builder(Design("net", "net.onnx"), np.random.default_rng(seed))


def _input(b: Builder, widest: int) -> Wire:
    return b.source(b.fixed(1, widest), b.choice([1, 3]), b.choice([1, 2, 4, 6]))


def _image(b: Builder, widest: int) -> Wire:
    return b.source(b.fixed(1, widest), b.integer(2, 6) * b.integer(2, 7), b.choice([1, 2, 4, 6]))


def one_of_each(seed: int, each: int) -> Design:
    """Independent chains of one kernel: `each` of every kind, a third of them of up to 63 bits."""
    b = _builder(seed)
    for grow in KERNELS:
        for k in range(each * (2 if grow in STEP_FUNCTIONS else 1)):
            source = _image if grow in IMAGES else _input
            b.sink(grow(b, source(b, MAX_WIDTH if k % 3 == 2 else 8)))
    for lanes in (1, 2, 4):  # a position of one beat is computed by a function of its own
        b.sink(softmax(b, b.source(b.fixed(), 3, 4, lanes)))
    return b.design


def several_chains(seed: int, count: int, longest: int) -> Design:
    """Independent chains of several kernels."""
    b = _builder(seed)
    for _ in range(count):
        wire = _input(b, 10)
        for _ in range(b.integer(2, longest)):
            wire = b.choice(KERNELS)(b, wire)
        b.sink(wire)
    return b.design


def wide_beats(seed: int) -> Design:
    """Kernels that gather, buffer, change, copy, add and split beats of several words."""
    b = _builder(seed)
    x = b.source(b.fixed(54, 56), 2, 160, 40)
    for lanes in (80, 160):  # two words, three words
        wide = b.after(x, x.element, lanes=lanes)
        b.process("widen", Repack(x.size, x.lanes, lanes, x.element), [x], [wide])
        wide = fork_join(b, _apply(b, wide, Shift(1, 1, True, x.element.low, x.element.high), x.element))
        x = b.after(wide, wide.element, lanes=40)
        b.process("narrow", Repack(wide.size, wide.lanes, 40, wide.element), [wide], [x])
        x = narrowed(b, x, 56)
    wide = b.after(x, x.element, lanes=80)
    b.process("widen", Repack(x.size, x.lanes, 80, x.element), [x], [wide])
    b.sink(argmax(b, repeat(b, wide)))
    return b.design


def every_kernel(each: int = 5) -> st.SearchStrategy[Design]:
    return st.integers(0, 2**32 - 1).map(lambda seed: one_of_each(seed, each))


def chains(count: int = 6, longest: int = 5) -> st.SearchStrategy[Design]:
    return st.integers(0, 2**32 - 1).map(lambda seed: several_chains(seed, count, longest))
