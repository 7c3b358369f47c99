"""The quantizers of a trained network: real numbers to codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.errors import LayerError
from codesign.ir.fixed import Rounding
from codesign.ir.halfline import HalfLine, Region
from codesign.ir.layers.base import Elementwise
from codesign.ir.tensor import Numbers, Tensor, Values
from codesign.ir.vector import ONE, ZERO, Vector


@dataclass(frozen=True)
class Quantize(Elementwise):
    """code = clip(round((x - offset) / step), low, high), read back as code * step + offset.

    A QONNX Quant of scale s and zero point z has step s and offset -z * s; BipolarQuant is low 0, high 1,
    step 2s, offset -s with ties upward.
    """

    low: int
    high: int
    step: Vector = ONE
    offset: Vector = ZERO
    rounding: Rounding = Rounding.ROUND

    @classmethod
    def bipolar(cls, scale: object) -> Quantize:
        """+scale for x >= 0, else -scale."""
        s = Vector.of(scale)
        return cls(0, 1, s * 2, -s, Rounding.HALF_CEIL)

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        for v in (self.step, self.offset):
            if len(v) not in (1, x.channels):
                raise LayerError(f"{len(v)} quantizer scales for {x.channels} channels")
        return Tensor.of_codes(x.shape, self.low, self.high, self.step, self.offset)

    def real(self, *inputs: Values) -> Values:
        values: Values = self._codes(inputs[0]) * self.step.array() + self.offset.array()
        return values

    def run(self, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Numbers]) -> Numbers:
        """The codes, without the way over their values and back."""
        if result.real or result.step != self.step or result.offset != self.offset:
            return super().run(types, result, inputs)
        return self._codes(types[0].exact(inputs[0])).astype(np.int64)

    def _codes(self, x: Values) -> Values:
        """Python integers in low..high."""

        def one(x: Fraction, step: Fraction) -> int:
            return min(max(self.rounding.apply(x / step), self.low), self.high)

        if self.offset != ZERO:
            x = x - self.offset.array()
        codes: Values = np.frompyfunc(one, 2, 1)(x, self.step.array())
        return codes

    def preimage(self, region: Region, channel: int) -> Region:
        if isinstance(region, bool):
            return region
        codes = region.affine(self.step[channel], self.offset[channel])
        assert isinstance(codes, HalfLine)
        first = codes.first_integer()
        if not self.low < first <= self.high:
            return (first <= self.low) == region.up
        at, closed = self.rounding.reaches(first)
        at = at * self.step[channel] + self.offset[channel]
        return HalfLine(at, closed == region.up, region.up)

    @property
    def per_channel(self) -> bool:
        return not (self.step.uniform and self.offset.uniform)


@dataclass(frozen=True)
class Truncate(Quantize):
    """QONNX Trunc as a quantizer of values that are already codes: the low bits are dropped."""
