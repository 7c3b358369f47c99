"""What takes two streams."""

from __future__ import annotations

from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.kernels import Fork, Join, Times
from tests.backends.designs.builder import Builder, Wire, narrowed


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
