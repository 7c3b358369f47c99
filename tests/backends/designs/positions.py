"""What gives one result for the channels of a position."""

from __future__ import annotations

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.kernels import IndexOfMax, SoftmaxUnit
from codesign.ir.layers.softmax import SoftmaxTable
from tests.backends.designs.builder import Builder, Wire


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
