"""Kernels that combine two streams element by element: weighted sums and products."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.layers.multiply import factor_type
from codesign.ir.tensor import Array

Factor = tuple[int, int]
"""(q, p): q * code + p."""


class Combination(Kernel):
    """What sums and products share: a beat of each stream per cycle, of the same lanes.

    Where `repeats` is not 1, the second stream is a vector: its beats are read once, at the first of so many positions,
    and kept in registers for the others.
    """

    beats: int
    lanes: int
    x: Fixed
    y: Fixed
    z: Fixed
    repeats: int

    @property
    def held(self) -> int:
        """The beats that are kept; 0 where the second stream has one for each of the first."""
        return self.beats // self.repeats if self.repeats > 1 else 0

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.beats), Beats(self.y, self.lanes, self.beats // self.repeats))

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.z, self.lanes, self.beats),)

    @property
    def interval(self) -> int:
        return self.beats

    @property
    def first_output(self) -> int:
        return 1

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        x, y = inputs
        positions = x.reshape(len(x), self.repeats, -1, self.lanes)
        return (self.combine(positions, y[:, None]).reshape(x.shape),)

    @abstractmethod
    def combine(self, x: Array, y: Array) -> Array:
        """The codes of the results from those of the elements that belong together."""


@dataclass(frozen=True, eq=False)
class Join(Combination):
    """left * x + right * y, element by element."""

    left: int
    right: int
    beats: int
    lanes: int
    x: Fixed
    y: Fixed
    z: Fixed
    repeats: int = 1

    def combine(self, x: Array, y: Array) -> Array:
        return self.left * x + self.right * y


@dataclass(frozen=True, eq=False)
class Times(Combination):
    """(q * x + p) * (s * y + r), element by element, with left = (q, p) and right = (s, r), q and s positive."""

    left: Factor
    right: Factor
    beats: int
    lanes: int
    x: Fixed
    y: Fixed
    z: Fixed
    repeats: int = 1

    @property
    def factors(self) -> tuple[Fixed, Fixed]:
        """The types of what is multiplied."""
        return factor_type(self.x, *self.left), factor_type(self.y, *self.right)

    def combine(self, x: Array, y: Array) -> Array:
        (q, p), (s, r) = self.left, self.right
        return (q * x + p) * (s * y + r)
