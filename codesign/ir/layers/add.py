"""The sum of two streams of the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from codesign.errors import LayerError
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Floats, Numbers, Tensor, Values, as_codes
from codesign.ir.vector import Vector, common_step


@dataclass(frozen=True)
class Add(Layer):
    """x + y (x - y when `negate`), exact: on codes, each side is multiplied up to the common step."""

    negate: bool = False

    def result(self, *inputs: Tensor) -> Tensor:
        x, y = inputs
        if x.shape != y.shape:
            raise LayerError(f"shapes {x.shape} and {y.shape} cannot be added")
        if x.real or y.real or not (x.step.uniform and y.step.uniform):
            return Tensor(x.shape)
        step, a, b = self.multipliers(x, y)
        ends = [(a * x.low, a * x.high), (b * y.low, b * y.high)]
        low, high = sum(min(e) for e in ends), sum(max(e) for e in ends)
        if Fixed.covering(low, high).width > MAX_WIDTH:
            steps = f"{x.step} and {y.step}"
            raise LayerError(f"a sum of steps {steps} needs more than {MAX_WIDTH} bits; give both one scale")
        offset = x.offset - y.offset if self.negate else x.offset + y.offset
        return Tensor.of_codes(x.shape, low, high, Vector.of(step), offset)

    def multipliers(self, x: Tensor, y: Tensor) -> tuple[Fraction, int, int]:
        """(step, a, b): the sum's code is a * code(x) + b * code(y), its step `step`."""
        step = common_step((x.step[0], y.step[0]))
        if step == 0:
            return step, 0, 0  # two constants
        sign = -1 if self.negate else 1
        return step, int(x.step[0] / step), sign * int(y.step[0] / step)

    def run(self, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Numbers]) -> Numbers:
        if result.real:
            return super().run(types, result, inputs)
        _, a, b = self.multipliers(types[0], types[1])
        x, y = map(as_codes, inputs)
        return a * x + b * y

    def real(self, *inputs: Values) -> Values:
        x, y = inputs
        z: Values = x - y if self.negate else x + y
        return z

    def floats(self, *inputs: Floats) -> Floats:
        x, y = inputs
        return x - y if self.negate else x + y
