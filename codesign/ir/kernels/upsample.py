"""Kernels that make an image larger: by repetition, and by a border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.layers.window import Padding, Pair, padded
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class Repeat(Kernel):
    """Every pixel `factors[1]` times beside itself, and every row so made `factors[0]` times, from a buffer of one row.

    A pixel is read where it is first needed; each cycle writes a beat.
    """

    height: int
    width: int
    channels: int
    lanes: int
    factors: Pair
    x: Fixed

    @property
    def folds(self) -> int:
        """Beats per pixel."""
        return self.channels // self.lanes

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.height * self.width * self.folds),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.interval),)

    @property
    def interval(self) -> int:
        return self.height * self.width * self.folds * self.factors[0] * self.factors[1]

    @property
    def first_output(self) -> int:
        return 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        images = x.reshape(len(x), self.height, self.width, self.channels)
        y = images.repeat(self.factors[0], axis=1).repeat(self.factors[1], axis=2)
        return (y.reshape(len(x), -1, self.lanes),)


@dataclass(frozen=True, eq=False)
class Border(Kernel):
    """The image with rows and columns of the code `fill` at its top, bottom, left and right; a beat per cycle."""

    height: int
    width: int
    channels: int
    lanes: int
    padding: Padding
    fill: int
    x: Fixed

    @property
    def folds(self) -> int:
        """Beats per pixel."""
        return self.channels // self.lanes

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.height * self.width * self.folds),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.interval),)

    @property
    def interval(self) -> int:
        top, bottom, left, right = self.padding
        return (top + self.height + bottom) * (left + self.width + right) * self.folds

    @property
    def first_output(self) -> int:
        return 1

    def inside(self) -> Array:
        """The cycles in which the beats of the image are read."""
        top, _, left, right = self.padding
        row = (left + self.width + right) * self.folds
        y = (top + np.arange(self.height))[:, None] * row
        return (y + left * self.folds + np.arange(self.width * self.folds)).ravel()

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        images = x.reshape(len(x), self.height, self.width, self.channels)
        return (padded(images, self.padding, self.fill).reshape(len(x), -1, self.lanes),)
