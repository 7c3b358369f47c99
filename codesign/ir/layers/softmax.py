"""Softmax over the last axis: the real function, and the integer one that the hardware computes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.layers.lookup import exponential
from codesign.ir.tensor import Array, Tensor, Values
from codesign.ir.vector import ONE, Vector


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x_i) / sum_j exp(x_j), as the file has it: real, so it needs a type before it is hardware."""

    def result(self, *inputs: Tensor) -> Tensor:
        return Tensor(inputs[0].shape)

    def real(self, *inputs: Values) -> Values:
        (x,) = inputs
        powers = np.frompyfunc(exponential, 1, 1)(x - x.max(axis=-1, keepdims=True))
        values: Values = powers / powers.sum(axis=-1, keepdims=True)
        return values


@dataclass(frozen=True, eq=False)
class SoftmaxTable(Layer):
    """round(2^frac * e_i / sum_j e_j), half up, with e_i = table[max(x) - x_i]; 0 beyond the table.

    `table[d]` is round(2^table_frac * exp(-d * step)), so e of the largest input is exactly 2^table_frac and
    the sum never vanishes. The only error against the real softmax is the rounding of the table's entries
    and of the quotient. Codes of the result are unsigned with `frac` fractional bits; 1.0 itself saturates
    to the largest code when `saturate`.
    """

    table: Array
    frac: int
    saturate: bool = True

    integer = True

    @classmethod
    def build(cls, step: Fraction, table_frac: int, frac: int, depth: int) -> SoftmaxTable:
        """The table for inputs of value code * step; at most `depth` entries, fewer where the rest are 0."""
        scale = 1 << table_frac
        entries: list[int] = []
        for d in range(depth):
            entry = round(exponential(-d * step) * scale)
            if entry == 0:
                break
            entries.append(entry)
        return cls(np.array(entries, dtype=np.int64), frac)

    @property
    def high(self) -> int:
        """The largest code of the result."""
        return (1 << self.frac) - int(self.saturate)

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if x.real or not (x.step.uniform and x.offset.uniform) or x.step[0] <= 0:
            raise LayerError("softmax needs inputs of one positive scale")
        return Tensor.of_codes(x.shape, 0, self.high, ONE * Vector.of(Fraction(1, 1 << self.frac)))

    def evaluate(self, *inputs: Array) -> Array:
        (x,) = inputs
        distance = x.max(axis=-1, keepdims=True) - x
        inside = distance < len(self.table)
        e = np.where(inside, self.table[np.where(inside, distance, 0)], 0)
        total = e.sum(axis=-1, keepdims=True)
        y: Array = np.minimum(((e << (self.frac + 1)) + total) // (2 * total), self.high)
        return y
