"""Lower bounds beside a design: what no folding of its network could go below. docs/limits.md derives each.

All hold for designs of streams with at most a pixel per beat through these ports, that read a weight for each product
and a stored pixel for each row of windows it is in. None depends on how deep pipelines are and, but for `folded`, none
on how the work is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log

from codesign.analysis.arrival import arrivals
from codesign.analysis.cost import kernel_cost
from codesign.analysis.latency import alone
from codesign.analysis.primitives import ROM_SHAPES, rom_bram18, signed_digits
from codesign.analysis.work import at_a_time, least_slices, least_words, matrices, necessary, row_bits
from codesign.ir.design import Design
from codesign.ir.kernels import (
    Append,
    Apply,
    Border,
    Depthwise,
    Grouped,
    IndexOfMax,
    Kernel,
    MatVec,
    Pick,
    Repeat,
    SoftmaxUnit,
)
from codesign.ir.kernels.base import Memory, MemoryStyle
from codesign.ir.kernels.sliding import Sliding

ADD_NS = 0.3
"""A two- or three-input addition on the fastest parts, without routing: a LUT and its carry chain."""

BRAM18_BITS = 18_432
PORT_BITS = ROM_SHAPES[0][1]
"""Bits per cycle through one port of an 18 Kb block of RAM."""


@dataclass(frozen=True)
class Limit:
    """A lower bound of a number of cycles: what sets it, and why, with its numbers."""

    by: str
    cycles: int
    because: str


@dataclass(frozen=True)
class Share:
    """How much of something a design has, and the least that does its work at its interval."""

    used: float
    least: float


@dataclass(frozen=True)
class Limits:
    """What bounds a design from below.

    `interval`, `latency`: every lower bound, the largest first. `folded`: the latency of a sample on its own in this
    very folding, if no pipeline had any depth. `macs`: products per sample that have to be made: with weights that are
    not zero, and none with padding. Of the shares, `products` are those made at a time, `dsp` the slices for products
    that are made in slices, `rom_ports` the 18 bit ports of block RAM that give weights, `rom_bits` the bits per cycle
    from weights in LUTs, `row_bits` those from row buffers, `bram36` the blocks of the weights in block RAM.
    """

    macs: int
    interval: tuple[Limit, ...]
    latency: tuple[Limit, ...]
    folded: int
    products: Share
    dsp: Share
    rom_ports: Share
    rom_bits: Share
    row_bits: Share
    bram36: Share


def limits(design: Design, clock_mhz: float = 200) -> Limits:
    """The bounds of a design."""
    work, found, interval = necessary(design), matrices(design), design.interval()
    made = sum(map(at_a_time, found.values()))
    roms = {name: k.weights for name, k in found.items() if k.weights.style is not MemoryStyle.REGISTERS}
    read = {name: work[name] * memory.element.width for name, memory in roms.items()}
    blocks = [name for name, memory in roms.items() if memory.style is MemoryStyle.BRAM]
    luts = [name for name, memory in roms.items() if memory.style is MemoryStyle.LUTRAM]
    rows = [row_bits(p.kernel) for p in design if isinstance(p.kernel, Sliding) and p.kernel.size[0] > 1]
    slices = sum(kernel_cost(p.kernel).dsp for p in design)
    least = sum(least_slices(p.kernel, work.get(p.name, 0), interval) for p in design)
    held = sum(_blocks(roms[name]) for name in blocks)
    return Limits(
        macs=sum(work.values()),
        interval=_interval(design, (sum(work.values()), made), _sums(read, roms), _added(rows)),
        latency=_latency(design, made, clock_mhz),
        folded=alone(design, clock_mhz, pipelines=0),
        products=Share(made, sum(least_words(macs, interval) for macs in work.values())),
        dsp=Share(slices, ceil(least - 1e-9)),
        rom_ports=Share(held, sum(least_words(read[name], interval, PORT_BITS) for name in blocks)),
        rom_bits=Share(sum(roms[name].width for name in luts), sum(least_words(read[name], interval) for name in luts)),
        row_bits=Share(sum(wide for _, wide in rows), sum(least_words(bits, interval) for bits, _ in rows)),
        bram36=Share(held / 2, ceil(sum(roms[n].depth * roms[n].width for n in blocks) / BRAM18_BITS) / 2),
    )


def _interval(
    design: Design, products: tuple[int, int], weights: tuple[int, int], rows: tuple[int, int]
) -> tuple[Limit, ...]:
    """Every bound of the interval; of products and bits (those of a sample, those of a cycle)."""
    port = max((*design.inputs, *design.outputs), key=lambda port: design.streams[port.stream].beats)
    beats = design.streams[port.stream].beats
    slowest = max(design, key=lambda p: indivisible(p.kernel))
    pixels = indivisible(slowest.kernel)
    found = [
        Limit("port", beats, f"{port.name} has {_n(beats, 'beat')}, one per cycle"),
        Limit("pixels", pixels, f"{slowest.name} reads or writes {_n(pixels, 'pixel')}, at most one per beat"),
        _quotient("products", products, "{} products have to be made, {} at a time"),
        _quotient("weight memories", weights, "{} bits of weights have to be read, {} per cycle"),
        _quotient("row buffers", rows, "{} bits have to be read from row buffers, {} per cycle"),
    ]
    return _sorted(found)


def _latency(design: Design, made: int, clock_mhz: float) -> tuple[Limit, ...]:
    """Every bound of the latency that does not depend on the folding, but for how many products it makes at a time."""
    times = arrivals(design)
    port = max(design.outputs, key=lambda port: times.last(port.stream))
    last, levels = times.last(port.stream), _longest_path(design)
    work = times.work(made)
    adds = ceil(levels * ADD_NS * clock_mhz / 1000)
    found = [
        Limit("inputs", last, f"{port.name} waits for the last beat of what it depends on, and gives a beat per cycle"),
        Limit("products", work, f"products of inputs that come late are made after them, {made:,} at a time"),
        Limit("additions", adds, f"{_n(levels, 'addition')} one behind the other, of {ADD_NS:g} ns each"),
    ]
    return _sorted(found)


def _sorted(found: list[Limit]) -> tuple[Limit, ...]:
    return tuple(sorted((limit for limit in found if limit.cycles), key=lambda limit: -limit.cycles))


def _quotient(by: str, work: tuple[int, int], because: str) -> Limit:
    """The cycles of so much at so much per cycle, perfectly balanced."""
    total, rate = work
    return Limit(by, ceil(total / rate) if rate else 0, because.format(f"{total:,}", f"{rate:,}"))


def _n(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _sums(read: dict[str, int], roms: dict[str, Memory]) -> tuple[int, int]:
    return sum(read.values()), sum(memory.width for memory in roms.values())


def _added(rows: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(bits for bits, _ in rows), sum(wide for _, wide in rows)


def _blocks(memory: Memory) -> int:
    """18 Kb blocks of RAM; each is read through one port."""
    return rom_bram18(memory.depth, memory.width)


def indivisible(kernel: Kernel) -> int:
    """Cycles that a kernel takes at any folding, since a beat holds at most one pixel."""
    match kernel:
        case Sliding():
            return max(kernel.height * kernel.width, kernel.count[0] * kernel.count[1])
        case MatVec() | Grouped() | Depthwise() | Apply() | IndexOfMax() | SoftmaxUnit() | Append() | Pick():
            return kernel.positions
        case Border() | Repeat():
            return kernel.interval // kernel.folds
        case _:
            return 1


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
