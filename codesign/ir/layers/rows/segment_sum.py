"""Sums of the rows that name the same row of another set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.errors import LayerError
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.layers.base import Layer
from codesign.ir.layers.rows.sets import check_index
from codesign.ir.tensor import Floats, Numbers, Tensor, as_codes, as_values
from codesign.ir.vector import ZERO


@dataclass(frozen=True)
class SegmentSum(Layer):
    """SegmentSum(values, index, like): for each row n of `like` the sum of all values[i] with index[i] == n, 0 of none.

    Codes stay codes where `terms` says how many rows are summed at most, and are exact; else the result is real.
    """

    terms: int | None = None

    def rows(self, *inputs: Tensor) -> str:
        return inputs[2].rows

    def result(self, *inputs: Tensor) -> Tensor:
        values, index, like = inputs
        check_index(index, like.rows)
        if values.index:
            raise LayerError("row numbers cannot be summed")
        if values.rows != index.rows:
            raise LayerError(f"it sums rows of {values.rows or 'the batch'}, its index is one for each of {index.rows}")
        if self.terms is None or values.real or values.offset != ZERO:
            return Tensor(values.shape)
        if self.terms < 0:
            raise LayerError(f"at most {self.terms} terms in a sum")
        low, high = self.terms * min(values.low, 0), self.terms * max(values.high, 0)
        if Fixed.covering(low, high).width > MAX_WIDTH:
            raise LayerError(
                f"a sum of {self.terms} codes {values.low}..{values.high} needs more than {MAX_WIDTH} bits"
            )
        return Tensor.of_codes(values.shape, low, high, values.step)

    def run(self, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Numbers]) -> Numbers:
        values, index, like = inputs
        rows = as_codes(index)
        if result.real:
            exact = as_values(types[0].exact(values))
            sums = np.full((len(like), *types[0].shape), Fraction(0), dtype=object)
            np.add.at(sums, rows, exact)
            return sums
        counts = np.bincount(rows, minlength=len(like))
        if counts.max(initial=0) > (self.terms or 0):
            raise LayerError(f"row {counts.argmax()} sums {counts.max()} rows, at most {self.terms} were promised")
        codes = np.zeros((len(like), *types[0].shape), dtype=np.int64)
        np.add.at(codes, rows, as_codes(values))
        return codes

    def floats(self, *inputs: Floats) -> Floats:
        values, index, like = inputs
        sums = np.zeros((len(like), *values.shape[1:]))
        np.add.at(sums, index, values)
        return sums
