"""What a layer is: parameters, a type rule and a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self

from codesign.errors import IRError
from codesign.ir.halfline import Region
from codesign.ir.tensor import Array, Numbers, Tensor, Values, as_codes
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

    def evaluate(self, *inputs: Array) -> Array:
        """Codes (n, *shape) of the result."""
        raise IRError(f"{type(self).__name__} has no meaning on codes")

    def real(self, *inputs: Values) -> Values:
        """Exact values (n, *shape) of the result."""
        raise IRError(f"{type(self).__name__} has no meaning on real values")

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
