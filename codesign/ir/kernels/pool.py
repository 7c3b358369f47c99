"""The largest or the sum of each channel over the pixels of a window."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class PoolUnit(Kernel):
    """For each of `positions` groups of `taps` pixels of `folds` beats the largest (or the sum) of each channel.

    A beat holds `beside` pixels of all its lanes, one behind the other; several only where a pixel is one beat. The
    unit keeps one register per lane and fold, so a window comes channel by channel (folds = 1, a position for each
    fold of channels); a whole image comes as it is (one position, as many folds as a pixel has beats).
    """

    positions: int
    taps: int
    folds: int
    lanes: int
    largest: bool
    x: Fixed
    y: Fixed
    beside: int = 1

    def __post_init__(self) -> None:
        if self.taps % self.beside or (self.beside > 1 and self.folds > 1):
            raise IRError(f"pool: {self.beside} of {self.taps} pixels of {self.folds} beats")

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.beside * self.lanes, self.interval),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.y, self.lanes, self.positions * self.folds),)

    @property
    def interval(self) -> int:
        return self.positions * self.taps // self.beside * self.folds

    @property
    def first_output(self) -> int:
        return (self.taps // self.beside - 1) * self.folds + 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        groups = x.reshape(len(x), self.positions, self.taps, self.folds, self.lanes)
        y: Array = groups.max(axis=2) if self.largest else groups.sum(axis=2)
        return (y.reshape(len(x), -1, self.lanes),)
