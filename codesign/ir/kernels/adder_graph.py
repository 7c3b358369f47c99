"""A product with a constant matrix as a graph of additions, each result used wherever it occurs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from codesign.errors import IRError
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.tensor import Array

CHUNK = 1 << 22
"""How many numbers are held at once where a graph is evaluated."""


@dataclass(frozen=True, slots=True)
class Addition:
    """(left << left_shift) + (right << right_shift), or their difference; operands are numbers of earlier values."""

    left: int
    right: int
    left_shift: int
    right_shift: int
    subtract: bool


@dataclass(frozen=True, slots=True)
class Result:
    """An element of the product: value << shift, or its negative; zero where there is no value."""

    value: int | None
    shift: int
    negative: bool


@dataclass(frozen=True, eq=False)
class AdderGraph:
    """The elements of x @ matrix for x of `inputs` codes of type `x`.

    Values are numbered: first the inputs, then one for each addition, in an order in which they can be computed.
    """

    inputs: int
    x: Fixed
    additions: tuple[Addition, ...]
    results: tuple[Result, ...]

    def __post_init__(self) -> None:
        for number, a in enumerate(self.additions, start=self.inputs):
            if not (0 <= a.left < number and 0 <= a.right < number) or min(a.left_shift, a.right_shift) < 0:
                raise IRError(f"adder graph: addition {number} is {a}")
        for r in self.results:
            if (r.value is not None and not 0 <= r.value < self.inputs + len(self.additions)) or r.shift < 0:
                raise IRError(f"adder graph: a result is {r}")

    @cached_property
    def coefficients(self) -> Array:
        """(values, inputs): with what each value weighs each input."""
        found = np.zeros((self.inputs + len(self.additions), self.inputs), dtype=np.int64)
        found[: self.inputs] = np.eye(self.inputs, dtype=np.int64)
        for number, a in enumerate(self.additions, start=self.inputs):
            right = found[a.right] << a.right_shift
            found[number] = (found[a.left] << a.left_shift) + (-right if a.subtract else right)
        return found

    def matrix(self) -> Array:
        """(inputs, results): the matrix that the graph multiplies by."""
        columns = np.zeros((len(self.results), self.inputs), dtype=np.int64)
        for column, r in zip(columns, self.results):
            if r.value is not None:
                column[:] = (self.coefficients[r.value] << r.shift) * (-1 if r.negative else 1)
        return columns.T

    @cached_property
    def types(self) -> tuple[Fixed, ...]:
        """The narrowest type that holds each value for every input: all of its range can occur.

        IRError where one needs more than 63 bits.
        """
        high, low = self.coefficients.clip(min=0).sum(axis=1), self.coefficients.clip(max=0).sum(axis=1)
        found = [
            Fixed.covering(up * self.x.low + down * self.x.high, up * self.x.high + down * self.x.low)
            for up, down in zip(high.tolist(), low.tolist())
        ]
        widest = max(t.width for t in found)
        if widest > MAX_WIDTH:
            raise IRError(f"adder graph: a sum needs {widest} bits, and {MAX_WIDTH} are the most")
        return tuple(found)

    @cached_property
    def depth(self) -> int:
        """The most additions one behind the other."""
        levels = [0] * self.inputs
        for a in self.additions:
            levels.append(1 + max(levels[a.left], levels[a.right]))
        return max(levels)

    @cached_property
    def adder_bits(self) -> int:
        """The width of all adders together, where results are as wide as they come."""
        return self.adder_bits_of(MAX_WIDTH)

    def adder_bits_of(self, width: int) -> int:
        """The same where results are sums modulo 2^width: adders are only as wide as these depend on.

        Where only the right operand is shifted, the bits below it are the left one's, and so for the left one, unless
        the right is subtracted from it; a negative result is an adder too.
        """
        widths, bits = self.widths(width), 0
        for a, w in zip(self.additions, widths[self.inputs :]):
            free = a.right_shift if not a.left_shift else 0 if a.subtract else a.left_shift
            bits += max(1, w - free) if w else 0
        return bits + sum(
            min(self.types[r.value].width, width) for r in self.results if r.value is not None and r.negative
        )

    def widths(self, width: int) -> list[int]:
        """The low bits of each value that results modulo 2^width depend on; 0 where none does."""
        found = [0] * len(self.types)
        for r in self.results:
            if r.value is not None:
                found[r.value] = max(found[r.value], width - r.shift)
        for number in reversed(range(len(found))):
            found[number] = min(found[number], self.types[number].width)
            if number >= self.inputs:
                a = self.additions[number - self.inputs]
                for value, shift in ((a.left, a.left_shift), (a.right, a.right_shift)):
                    found[value] = max(found[value], found[number] - shift)
        return found

    def evaluate(self, x: Array) -> Array:
        """(n, results) for codes (n, inputs), by its additions."""
        y = np.zeros((len(x), len(self.results)), dtype=np.int64)
        step = max(1, CHUNK // (self.inputs + len(self.additions)))
        for start in range(0, len(x), step):
            y[start : start + step] = self._evaluate(x[start : start + step])
        return y

    def _evaluate(self, x: Array) -> Array:
        values = list(x.T)
        for a in self.additions:
            right = values[a.right] << a.right_shift
            values.append((values[a.left] << a.left_shift) + (-right if a.subtract else right))
        y = np.zeros((len(x), len(self.results)), dtype=np.int64)
        for column, r in zip(y.T, self.results):
            if r.value is not None:
                column[:] = (values[r.value] << r.shift) * (-1 if r.negative else 1)
        return y
