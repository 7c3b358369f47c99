"""Scale and offset per channel: they change how codes are read, never the codes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

import numpy as np

from codesign.errors import LayerError
from codesign.ir.halfline import HalfLine, Region
from codesign.ir.layers.base import Elementwise
from codesign.ir.tensor import Array, Floats, Tensor, Values
from codesign.ir.vector import ONE, ZERO, Vector


@dataclass(frozen=True)
class Affine(Elementwise):
    """x * scale + offset, exact. On codes it costs nothing: the result's type reads the same codes anew."""

    scale: Vector = ONE
    offset: Vector = ZERO

    integer = True

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        for v in (self.scale, self.offset):
            if len(v) not in (1, x.channels):
                raise LayerError(f"{len(v)} scales or offsets for {x.channels} channels")
        if x.real:
            return x
        return Tensor.of_codes(x.shape, x.low, x.high, x.step * self.scale, x.offset * self.scale + self.offset)

    def evaluate(self, *inputs: Array) -> Array:
        return inputs[0]

    def real(self, *inputs: Values) -> Values:
        values: Values = inputs[0] * self.scale.array() + self.offset.array()
        return values

    def preimage(self, region: Region, channel: int) -> Region:
        return region.affine(self.scale[channel], self.offset[channel]) if isinstance(region, HalfLine) else region

    @property
    def per_channel(self) -> bool:
        return not (self.scale.uniform and self.offset.uniform)

    def floats(self, *inputs: Floats) -> Floats:
        return inputs[0] * np.array(self.scale.values, np.float64) + np.array(self.offset.values, np.float64)


@dataclass(frozen=True)
class BatchNorm(Elementwise):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta per channel, as the file has it.

    The square root is taken exactly where it is rational, else to 2^-256 relative: no threshold of a sane
    model can fall between, since that would need a code within 2^-200 of one.
    """

    gamma: Vector
    beta: Vector
    mean: Vector
    variance: Vector
    epsilon: Fraction

    integer = True

    def affine(self) -> Affine:
        """The same function as one multiplication and addition."""
        roots = Vector(tuple(square_root(v + self.epsilon) for v in self.variance.values))
        scale = self.gamma / roots
        return Affine(scale, self.beta - self.mean * scale)

    def result(self, *inputs: Tensor) -> Tensor:
        least = min(self.variance.values) + self.epsilon
        if least <= 0:
            raise LayerError(f"the variance plus epsilon is {least}, not positive")
        return self.affine().result(*inputs)

    def evaluate(self, *inputs: Array) -> Array:
        return inputs[0]

    def real(self, *inputs: Values) -> Values:
        return self.affine().real(*inputs)

    def preimage(self, region: Region, channel: int) -> Region:
        return self.affine().preimage(region, channel)

    @property
    def per_channel(self) -> bool:
        return self.affine().per_channel

    def floats(self, *inputs: Floats) -> Floats:
        return self.affine().floats(*inputs)


def square_root(x: Fraction, bits: int = 256) -> Fraction:
    """The root of a positive rational: exact if it is rational, else to `bits` bits."""
    n, d = isqrt(x.numerator), isqrt(x.denominator)
    if n * n == x.numerator and d * d == x.denominator:
        return Fraction(n, d)
    shift = 2 * bits + 2 * max(0, x.denominator.bit_length() - x.numerator.bit_length())
    return Fraction(isqrt((x.numerator << shift) // x.denominator), 1 << (shift // 2))
