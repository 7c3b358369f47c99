"""Rows of one set, taken for each row of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from codesign.ir.layers.base import Layer
from codesign.ir.layers.rows.sets import check_index
from codesign.ir.tensor import Floats, Numbers, Tensor, as_codes


@dataclass(frozen=True)
class Gather(Layer):
    """x[index]: for each row of the index, the row of `x` that it names; codes keep how they are read."""

    def rows(self, *inputs: Tensor) -> str:
        return inputs[1].rows

    def result(self, *inputs: Tensor) -> Tensor:
        x, index = inputs
        check_index(index, x.rows)
        return replace(x, rows=index.rows)

    def run(self, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Numbers]) -> Numbers:
        x, index = inputs
        return x[as_codes(index)]  # codes and exact values alike

    def floats(self, *inputs: Floats) -> Floats:
        x, index = inputs
        return x[index]
