"""What moves elements and computes nothing."""

from __future__ import annotations

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Append, Border, Fork, Permute, Pick, Reorder, Repack, Repeat
from tests.backends.designs.builder import Builder, Wire


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
