"""Kernels that put the channels of two streams behind each other, or take some out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class Append(Kernel):
    """At each position `first` beats of the first stream, then `second` beats of the other."""

    positions: int
    first: int
    second: int
    lanes: int
    x: Fixed
    y: Fixed
    z: Fixed

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (
            Beats(self.x, self.lanes, self.positions * self.first),
            Beats(self.y, self.lanes, self.positions * self.second),
        )

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.z, self.lanes, self.interval),)

    @property
    def interval(self) -> int:
        return self.positions * (self.first + self.second)

    @property
    def first_output(self) -> int:
        return 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        parts = [x.reshape(len(x), self.positions, -1) for x in inputs]
        return (np.concatenate(parts, axis=-1).reshape(len(parts[0]), -1, self.lanes),)


@dataclass(frozen=True, eq=False)
class Pick(Kernel):
    """Of the `folds` beats of each position those from `start` to before `stop`."""

    positions: int
    folds: int
    start: int
    stop: int
    lanes: int
    x: Fixed
    y: Fixed

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.interval),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.y, self.lanes, self.positions * (self.stop - self.start)),)

    @property
    def interval(self) -> int:
        return self.positions * self.folds

    @property
    def first_output(self) -> int:
        return self.start + 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        y = x.reshape(len(x), self.positions, self.folds, self.lanes)[:, :, self.start : self.stop]
        return (np.ascontiguousarray(y).reshape(len(x), -1, self.lanes),)
