"""The product of two streams of the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

from codesign.errors import LayerError
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Floats, Numbers, Tensor, Values, as_codes
from codesign.ir.vector import ZERO


@dataclass(frozen=True)
class Multiply(Layer):
    """x * y, element by element, exact: a product of integers for each product of values; the steps multiply.

    An offset of a side is carried where it is the same fraction p / q of the step in all channels: the value is then
    step / q times the integer q * code + p. Where it differs between channels, the result has no codes.
    """

    def result(self, *inputs: Tensor) -> Tensor:
        x, y = inputs
        if x.shape != y.shape:
            raise LayerError(f"shapes {x.shape} and {y.shape} cannot be multiplied")
        sides = [factor(t) for t in inputs if not t.real]
        if len(sides) < 2 or None in sides:
            return Tensor(x.shape)
        (q, p), (s, r) = (side for side in sides if side is not None)
        ends = [(q * end + p) * (s * other + r) for end in (x.low, x.high) for other in (y.low, y.high)]
        low, high = min(ends), max(ends)
        widest = max(Fixed.covering(low, high).width, factor_type(x.type, q, p).width, factor_type(y.type, s, r).width)
        if widest > MAX_WIDTH:
            raise LayerError(
                f"a product of {x.type} with offset {x.offset} and step {x.step} and {y.type} with offset {y.offset} "
                f"and step {y.step} needs {widest} bits, at most {MAX_WIDTH} are supported; use fewer bits"
            )
        return Tensor.of_codes(x.shape, low, high, x.step * y.step / (q * s))

    def run(self, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Numbers]) -> Numbers:
        if result.real:
            return super().run(types, result, inputs)
        (q, p), (s, r) = factors(*types)
        x, y = map(as_codes, inputs)
        return (q * x + p) * (s * y + r)

    def real(self, *inputs: Values) -> Values:
        z: Values = inputs[0] * inputs[1]
        return z

    def floats(self, *inputs: Floats) -> Floats:
        return inputs[0] * inputs[1]


def factors(x: Tensor, y: Tensor) -> tuple[tuple[int, int], tuple[int, int]]:
    """((q, p), (s, r)): the product's code is (q * code(x) + p) * (s * code(y) + r)."""
    sides = factor(x), factor(y)
    if sides[0] is None or sides[1] is None:
        raise LayerError("the offsets of its inputs differ between channels, so no product of codes is exact")
    return sides[0], sides[1]


def factor(x: Tensor) -> tuple[int, int] | None:
    """(q, p), the smallest for which every value of `x` is step / q times q * code + p; None where there are none."""
    if x.offset == ZERO:
        return 1, 0
    if 0 in x.step.values:
        return None
    ratio = x.offset / x.step
    if not ratio.uniform:
        return None
    q = lcm(*(v.denominator for v in ratio.values))
    return q, int(ratio[0] * q)


def factor_type(x: Fixed, q: int, p: int) -> Fixed:
    """The narrowest type that holds q * code + p for every code of `x` (q > 0)."""
    return Fixed.covering(q * x.low + p, q * x.high + p)
