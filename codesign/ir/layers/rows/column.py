"""One of several indices that each row has."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Array, Floats, Tensor


@dataclass(frozen=True)
class Column(Layer):
    """The index in `column` of a tensor of indices (n, columns): of an edge list, the sources or the targets."""

    column: int

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if not x.index or len(x.shape) != 1:
            raise LayerError(f"several indices for each row are expected, found {x}")
        if not 0 <= self.column < x.channels:
            raise LayerError(f"column {self.column} is none of the {x.channels} that there are")
        return x.with_shape(())

    def evaluate(self, *inputs: Array) -> Array:
        return inputs[0][:, self.column]

    def floats(self, *inputs: Floats) -> Floats:
        return inputs[0][:, self.column]
