"""Beats in another order, through a ring that is only as large as the order needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class Reorder(Kernel):
    """The beats of a sample in the order of nested `loops` of (turns, distance in input beats), outermost first.

    Beat k of the result is beat source[k] of the input, so it can be given once all up to source[k] are read. One loop
    reads a beat and writes one per cycle, `delay` cycles apart; the beats between wait in a ring: input beat n lies in
    place n mod `ring`. Where the order only moves beats within a row of an image, the ring is at most two rows.

        read  |0 1 2 3 4 5 ...                 for k:  k + delay > source[k]   (it was read in an earlier cycle)
        write |      0 3 1 4 ...  source[k]            source[k] + ring >= k + delay   (its place is not yet taken)
    """

    loops: tuple[tuple[int, int], ...]
    lanes: int
    x: Fixed

    def __post_init__(self) -> None:
        if not np.array_equal(np.sort(self._block), np.arange(len(self._block))):
            raise IRError(f"reorder: loops {self.loops} do not give every beat once")

    @property
    def beats(self) -> int:
        """Beats of a sample."""
        return prod(turns for turns, _ in self.loops)

    @property
    def source(self) -> Array:
        """Which beat of the input each beat of the result is."""
        return _places(self.loops)

    @cached_property
    def _block(self) -> Array:
        """The same within a block, where the outermost loop goes forward by whole blocks: all blocks are alike."""
        forward = self.loops and self.loops[0][0] * self.loops[0][1] == self.beats
        return _places(self.loops[1:] if forward else self.loops)

    @cached_property
    def delay(self) -> int:
        """Cycles from reading beat k to writing beat k of the result."""
        return int((self._block - np.arange(len(self._block))).max()) + 1

    @cached_property
    def ring(self) -> int:
        """Beats that are kept."""
        return int((np.arange(len(self._block)) - self._block).max()) + self.delay

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.beats),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return self.reads

    @property
    def interval(self) -> int:
        return self.beats + self.delay

    @property
    def first_output(self) -> int:
        return self.delay + 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        return (np.ascontiguousarray(inputs[0][:, self.source]),)


def _places(loops: tuple[tuple[int, int], ...]) -> Array:
    """The places that nested loops of (turns, distance) visit."""
    places = np.zeros(1, dtype=np.int64)
    for turns, distance in loops:
        places = (places[:, None] + np.arange(turns) * distance).ravel()
    return places
