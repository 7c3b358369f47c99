"""Kernels that work on each element: requantization by any step function."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.layers.requantize import StepFunction
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class Apply(Kernel):
    """y = function(x) on `lanes` elements per cycle; element e of a sample is of channel e mod `channels`.

    `lanes` divides `channels`, so that fold f of a position always serves channels f * lanes ... + lanes - 1.
    """

    function: StepFunction
    positions: int
    channels: int
    lanes: int
    x: Fixed
    y: Fixed

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.interval),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.y, self.lanes, self.interval),)

    @property
    def interval(self) -> int:
        return self.positions * self.channels // self.lanes

    @property
    def first_output(self) -> int:
        return 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        y = self.function(x.reshape(len(x), self.positions, self.channels))
        return (y.reshape(x.shape),)
