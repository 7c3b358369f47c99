"""Kernels that move elements between streams: lane converters, forks and permutations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class Repack(Kernel):
    """The same `size` elements in beats of another number of lanes; one of the two divides the other."""

    size: int
    lanes_in: int
    lanes_out: int
    x: Fixed

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes_in, self.size // self.lanes_in),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes_out, self.size // self.lanes_out),)

    @property
    def interval(self) -> int:
        return self.size // min(self.lanes_in, self.lanes_out)

    @property
    def first_output(self) -> int:
        return max(1, self.lanes_out // self.lanes_in)

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        return (inputs[0].reshape(len(inputs[0]), -1, self.lanes_out),)


@dataclass(frozen=True, eq=False)
class Fork(Kernel):
    """Each beat copied to `copies` streams, so that every stream has one reader."""

    copies: int
    beats: int
    lanes: int
    x: Fixed

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.beats),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return self.reads * self.copies

    @property
    def interval(self) -> int:
        return self.beats

    @property
    def first_output(self) -> int:
        return 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        return inputs * self.copies


@dataclass(frozen=True, eq=False)
class Permute(Kernel):
    """Element k of the result is element `source[k]` of the sample, through a buffer of one sample (two in use
    in turn, so that reading the next overlaps writing the last)."""

    source: Array
    lanes: int
    x: Fixed

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.interval),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return self.reads

    @property
    def interval(self) -> int:
        return len(self.source) // self.lanes

    @property
    def first_output(self) -> int:
        return self.interval

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        return (np.ascontiguousarray(x.reshape(len(x), -1)[:, self.source]).reshape(x.shape),)
