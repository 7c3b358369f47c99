"""Kernels that look at all channels of a position: arg max and softmax."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.layers.argmax import ArgMax
from codesign.ir.layers.softmax import SoftmaxTable
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class IndexOfMax(Kernel):
    """The first index of the largest of `channels` elements, read `lanes` per cycle; one beat per position."""

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
        return (Beats(self.y, 1, self.positions),)

    @property
    def interval(self) -> int:
        return self.positions * self.channels // self.lanes

    @property
    def first_output(self) -> int:
        return self.channels // self.lanes

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        return (ArgMax().evaluate(x.reshape(len(x), self.positions, self.channels)).reshape(len(x), -1, 1),)


@dataclass(frozen=True, eq=False)
class SoftmaxUnit(Kernel):
    """The integer softmax of `channels` elements, read `lanes` per cycle.

    A position of one beat is done at once: largest, table, sum and quotients in one pipeline, a beat per cycle.
    One of several beats takes three sweeps over a buffer, each of channels/lanes cycles: the largest while reading,
    the table and the sum, the quotients while writing. The sweeps of one position follow one another, so it costs
    3 * channels / lanes cycles.
    """

    softmax: SoftmaxTable
    positions: int
    channels: int
    lanes: int
    x: Fixed
    y: Fixed

    @property
    def at_once(self) -> bool:
        """Whether a position is one beat."""
        return self.lanes == self.channels

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.positions * self.channels // self.lanes),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.y, self.lanes, self.positions * self.channels // self.lanes),)

    @property
    def interval(self) -> int:
        return self.positions if self.at_once else 3 * self.positions * self.channels // self.lanes

    @property
    def first_output(self) -> int:
        return 1 if self.at_once else 2 * self.channels // self.lanes + 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        y = self.softmax.evaluate(x.reshape(len(x), self.positions, self.channels))
        return (y.reshape(x.shape),)
