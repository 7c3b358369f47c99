"""Step functions of each kind."""

from __future__ import annotations

import numpy as np

from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.layers.requantize import MultiplyShift, Shift, Table, Thresholds
from tests.backends.designs.builder import Builder, Wire, applied, narrowed


def shift(b: Builder, x: Wire) -> Wire:
    width = x.element.width
    spare = min(4, (MAX_WIDTH - width) // 2)
    bias = b.integer(-(1 << spare), 1 << spare) if spare > 0 else 0
    f = (bias, b.integer(-spare, min(width - 1, 6)), spare > 0 and b.choice([True, False]))
    # Clipping hides rounding, so half of them only clip what their type cannot hold.
    y = b.fixed(1, 16) if b.choice([True, False]) else Fixed(min(width + 2 * spare + 1, MAX_WIDTH), 0, True)
    low, high = (y.low, y.high) if y.width > width else sorted(b.codes(y, 2).tolist())
    return applied(b, x, Shift(*f, low, high), y)


def multiply_shift(b: Builder, x: Wire) -> Wire:
    n = b.choice([1, x.channels, x.channels])
    x = narrowed(b, x, MAX_WIDTH - 3)
    m = b.fixed(1, min(MAX_WIDTH - 2 - x.element.width, 18))
    a = Fixed(b.integer(1, min(m.width + x.element.width, 40)), 0, True)
    y = b.fixed(1, 16)
    low, high = sorted(b.codes(y, 2).tolist())
    # Some constants are the same in all channels though they may differ.
    multiplier = b.codes(m, n) if b.choice([True, False]) else np.full(n, b.codes(m, 1)[0])
    return applied(b, x, MultiplyShift(multiplier, b.codes(a, n), b.integer(0, a.width), low, high), y)


def thresholds(b: Builder, x: Wire) -> Wire:
    n, steps = b.choice([1, x.channels, x.channels]), b.integer(0, 5)
    near = Fixed(min(x.element.width + 1, MAX_WIDTH), 0, True)
    levels = np.sort(b.codes(near, (n, steps)), axis=1)
    y = Fixed(6, 0, True)
    kinds = b.choice([(1,), (-1,), (-1, 1), (-1, 1), (-1, 0, 1), (0,)])
    direction = b.rng.choice(kinds, n).astype(np.int64)
    base = b.codes(Fixed(4, 0, True), n) if b.choice([True, False]) else np.full(n, -3)
    return applied(b, x, Thresholds(base, direction, levels), y)


def table(b: Builder, x: Wire) -> Wire:
    x = narrowed(b, x, 8)
    y = b.fixed(1, 20)
    n = b.choice([1, x.channels])
    codes = x.element.high - x.element.low + 1
    return applied(b, x, Table(x.element.low, b.codes(y, (n, codes))), y)
