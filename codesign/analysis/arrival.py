"""Which input beat each element of a design waits for: what its latency cannot go below, however it is folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np

from codesign.ir.design import Design
from codesign.ir.kernels import (
    Append,
    Apply,
    Border,
    Depthwise,
    Fork,
    Grouped,
    IndexOfMax,
    InsideMatVec,
    Join,
    Kernel,
    MatVec,
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
from codesign.ir.kernels.sliding import Sliding
from codesign.ir.tensor import Array

Work = tuple[Array, Array]
"""Products that have to be made: the cycles after which each operand is there, and how many use it; same shape."""


@dataclass(frozen=True, eq=False)
class Arrivals:
    """When the inputs that the elements of a design depend on have come, and the products that are made of them.

    `streams[name]` is (beats, lanes): the cycles until the last input beat that an element depends on has come, if
    every input brings a beat per cycle from the first cycle on; 1 is the first beat, 0 depends on none.
    `products[c]` is how many products, of those that an output needs for certain, have an operand that is there after c
    cycles, and not before.
    """

    streams: Mapping[str, Array]
    products: Array

    def last(self, stream: str) -> int:
        """The cycles that the beats of an output take at least: one per cycle, none before what it depends on."""
        known = self.streams[stream].max(axis=1)
        beat = np.arange(len(known))
        return int(np.maximum(known - beat, 1).max()) + len(known) - 1

    def work(self, multipliers: int) -> int:
        """The cycles that the products take at least, so many at a time: for every c, those of operands that come in
        cycle c or later are made from then on, so c - 1 + (their number) / multipliers."""
        late = np.cumsum(self.products[::-1])[::-1][1:]
        waits = np.arange(len(late)) + -(-late // max(1, multipliers))
        return int(waits[late > 0].max(initial=0))


def arrivals(design: Design) -> Arrivals:
    """What every element of every stream waits for, through all processes."""
    found: dict[str, Array] = {}
    for port in design.inputs:
        s = design.streams[port.stream]
        found[port.stream] = np.repeat(np.arange(1, s.beats + 1), s.lanes).reshape(s.beats, s.lanes)
    longest = max((int(x.max()) for x in found.values()), default=0)
    products = np.zeros(longest + 1, dtype=np.int64)
    needed = _needed(design)
    for process in design:
        inputs = [found[name] for name in process.reads]
        for name, result in zip(process.writes, awaited(process.kernel, *inputs), strict=True):
            found[name] = result
        if needed.intersection(process.writes):
            operands, uses = made(process.kernel, *inputs)
            products += np.bincount(operands.ravel(), uses.ravel(), len(products)).astype(np.int64)
    products[0] = 0  # products of constants are constants
    return Arrivals(found, products)


def _needed(design: Design) -> set[str]:
    """The streams of which every element reaches an output; what a process drops need not be there before it ends."""
    needed = {port.stream for port in design.outputs}
    for process in reversed(list(design)):
        if needed.intersection(process.writes) and keeps(process.kernel):
            needed |= set(process.reads)
    return needed


def keeps(kernel: Kernel) -> bool:
    """Whether each element that a kernel reads has a part in what it writes; not for certain where it says no."""
    match kernel:
        case Sliding():
            return all(_covered(kernel, axis, n) for axis, n in enumerate((kernel.height, kernel.width)))
        case MatVec():
            return bool((kernel.matrix() != 0).any(axis=1).all())
        case Grouped():
            return bool((kernel.matrices() != 0).any(axis=2).all())
        case Depthwise():
            return bool((kernel.weights.words != 0).all())
        case Append() | Apply() | Border() | Fork() | IndexOfMax() | Join() | Permute() | PoolUnit():
            return True
        case Reorder() | Repack() | Repeat() | SoftmaxUnit() | Times():
            return True
        case _:
            return False


def _covered(kernel: Sliding, axis: int, length: int) -> bool:
    """Whether every row (or column) of the image lies in a window."""
    starts = np.arange(kernel.count[axis]) * kernel.stride[axis] - kernel.padding[2 * axis]
    seen = starts[:, None] + np.arange(kernel.size[axis]) * kernel.dilation[axis]
    return bool(np.isin(np.arange(length), seen).all())


@singledispatch
def awaited(kernel: Kernel, *inputs: Array) -> tuple[Array, ...]:
    """What each element that a kernel writes waits for, (beats, lanes) of each output, by what those that it reads
    wait for; 0 for constants. Where nothing is known of a kernel: what the first of all its elements waits for."""
    first = min(int(x.min()) for x in inputs)
    return tuple(np.full((b.beats, b.lanes), first, dtype=np.int64) for b in kernel.writes)


@awaited.register(Repack)
@awaited.register(Fork)
@awaited.register(Permute)
@awaited.register(Reorder)
@awaited.register(Repeat)
@awaited.register(Pick)
@awaited.register(Append)
def _(kernel: Kernel, *inputs: Array) -> tuple[Array, ...]:
    """Elements move as their codes do."""
    return tuple(y[0] for y in kernel.evaluate(*(x[None] for x in inputs)))


@awaited.register(Window)
@awaited.register(WideWindow)
@awaited.register(Border)
def _(kernel: Window | WideWindow | Border, *inputs: Array) -> tuple[Array, ...]:
    """So do they here, and the padding waits for nothing."""
    return (replace(kernel, fill=0).evaluate(inputs[0][None])[0][0],)


@awaited.register
def _(kernel: Apply, *inputs: Array) -> tuple[Array, ...]:
    return inputs


@awaited.register
def _(kernel: PoolUnit, *inputs: Array) -> tuple[Array, ...]:
    return (replace(kernel, largest=True).evaluate(inputs[0][None])[0][0],)


@awaited.register(Join)
@awaited.register(Times)
def _(kernel: Join | Times, *inputs: Array) -> tuple[Array, ...]:
    x, y = inputs
    return (np.maximum(x.reshape(kernel.repeats, -1, kernel.lanes), y).reshape(x.shape),)


@awaited.register(IndexOfMax)
@awaited.register(SoftmaxUnit)
def _(kernel: IndexOfMax | SoftmaxUnit, *inputs: Array) -> tuple[Array, ...]:
    """All channels of a position decide."""
    latest = inputs[0].reshape(kernel.positions, -1).max(axis=1)
    (written,) = kernel.writes
    return (np.repeat(latest, written.beats * written.lanes // kernel.positions).reshape(written.beats, -1),)


@awaited.register
def _(kernel: MatVec, *inputs: Array) -> tuple[Array, ...]:
    return (_latest(_vectors(kernel, inputs[0]), kernel.matrix()).reshape(-1, kernel.pe),)


@awaited.register
def _(kernel: Grouped, *inputs: Array) -> tuple[Array, ...]:
    vectors = inputs[0].reshape(kernel.positions, kernel.groups, kernel.inputs)
    groups = [_latest(vectors[:, g], w) for g, w in enumerate(kernel.matrices())]
    return (np.stack(groups, axis=1).reshape(-1, kernel.pe),)


@awaited.register
def _(kernel: Depthwise, *inputs: Array) -> tuple[Array, ...]:
    operands, weights = _taps(kernel, inputs[0])
    return ((operands * (weights != 0)).max(axis=2).reshape(-1, kernel.lanes * kernel.multiplier),)


def made(kernel: Kernel, *inputs: Array) -> Work:
    """The products of a matrix kernel with weights that are not zero; of other kernels none."""
    match kernel:
        case MatVec():
            vectors = _vectors(kernel, inputs[0])
            uses = np.count_nonzero(kernel.matrix(), axis=1)
        case Grouped():
            vectors = inputs[0].reshape(kernel.positions, kernel.groups, kernel.inputs)
            uses = np.count_nonzero(kernel.matrices(), axis=2)
        case Depthwise():
            vectors, weights = _taps(kernel, inputs[0])
            uses = np.asarray(weights != 0).astype(np.int64)
        case _:
            vectors = uses = np.zeros(0, dtype=np.int64)
    return vectors, np.broadcast_to(uses, vectors.shape)


def _latest(vectors: Array, matrix: Array) -> Array:
    """(positions, outputs): the latest of the inputs whose weight is not zero."""
    used = matrix != 0
    patterns, which = np.unique(used, axis=1, return_inverse=True)
    found = np.empty((len(vectors), patterns.shape[1]), dtype=np.int64)
    for i, pattern in enumerate(patterns.T):
        found[:, i] = vectors[:, pattern].max(axis=1, initial=0)
    return found[:, which.ravel()]


def _vectors(kernel: MatVec, x: Array) -> Array:
    """(positions, inputs) of what it reads; taps in the padding, which do not come, wait for nothing."""
    if not isinstance(kernel, InsideMatVec):
        return x.reshape(kernel.positions, kernel.inputs)
    window = kernel.window
    vectors = np.zeros((kernel.positions, window.taps, window.channels), dtype=np.int64)
    vectors[window.mask()] = x.reshape(-1, window.channels)
    return vectors.reshape(kernel.positions, kernel.inputs)


def _taps(kernel: Depthwise, x: Array) -> Work:
    """(positions, folds, taps, lanes * m) of what it multiplies, and the weights of one position."""
    seen = x.reshape(kernel.positions, kernel.folds, kernel.taps, kernel.lanes).repeat(kernel.multiplier, axis=-1)
    return seen, kernel.weights.words.reshape(kernel.folds, kernel.taps, -1)
