"""What a layer is: parameters, a type rule and a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self

from codesign.errors import IRError, LayerError
from codesign.ir.halfline import Region
from codesign.ir.tensor import Array, Floats, Numbers, Tensor, Values, as_codes
from codesign.ir.vector import Vector


@dataclass(frozen=True)
class Layer:
    """Base of all layers. A subclass gives `result`, and `evaluate` or `real` or both.

    `evaluate` maps integer codes to integer codes and is used where inputs and result have codes; `real`
    maps exact values to exact values and is used where one of them has none, or where there is no `evaluate`.
    """

    integer: ClassVar[bool] = False
    """Whether the layer has an `evaluate`."""

    def result(self, *inputs: Tensor) -> Tensor:
        """The type of the result; IRError if the inputs do not fit."""
        raise IRError(f"{type(self).__name__} has no type rule")

    def rows(self, *inputs: Tensor) -> str:
        """The set that the rows of the result run over: that of all inputs, which must be one; LayerError otherwise."""
        found = list(dict.fromkeys(x.rows for x in inputs))
        if len(found) > 1:
            raise LayerError(f"its inputs have rows of different sets: {', '.join(r or 'the batch' for r in found)}")
        return found[0] if found else ""

    def result_on_rows(self, *inputs: Tensor) -> Tensor:
        """`result`, on its `rows`."""
        rows, result = self.rows(*inputs), self.result(*inputs)
        return result if result.rows == rows else replace(result, rows=rows)

    def evaluate(self, *inputs: Array) -> Array:
        """Codes (n, *shape) of the result."""
        raise IRError(f"{type(self).__name__} has no meaning on codes")

    def real(self, *inputs: Values) -> Values:
        """Exact values (n, *shape) of the result."""
        raise IRError(f"{type(self).__name__} has no meaning on real values")

    def floats(self, *inputs: Floats) -> Floats:
        """The result (n, *shape) of float64 numbers, each within a few roundings of float64; indices are integers."""
        raise IRError(f"{type(self).__name__} has no meaning on floats")

    def run(self, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Numbers]) -> Numbers:
        """`evaluate` where all tensors have codes, else `real` on decoded values, encoded again."""
        if self.integer and not result.real and not any(t.real for t in types):
            return self.evaluate(*map(as_codes, inputs))
        found = self.real(*(t.exact(x) for t, x in zip(types, inputs, strict=True)))
        return found if result.real else result.encode(found)


@dataclass(frozen=True)
class Elementwise(Layer):
    """A function of each element alone, the same for all elements of a channel (the last axis)."""

    def preimage(self, region: Region, channel: int) -> Region:
        """The x that the function maps into `region`; only for monotone functions, IRError for others."""
        raise IRError(f"{type(self).__name__} is not monotone")

    def channel(self, c: int) -> Self:
        """The function of one channel alone."""
        vectors = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{k: Vector((v[c],)) for k, v in vectors.items() if isinstance(v, Vector)})

    @property
    def monotone(self) -> bool:
        """Whether `preimage` exists: the function never turns around."""
        return True

    @property
    def per_channel(self) -> bool:
        """Whether channels differ in their parameters."""
        return False
