"""quantized_relu: fixed point from zero up, or with a slope below it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.errors import LayerError
from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.float32 import Single
from codesign.frontends.keras.quantizers.base import HALF, Quantizer, bits_of, coded, integer_of
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Affine, LeakyRelu, Quantize
from codesign.ir.vector import Vector


@dataclass(frozen=True)
class QuantizedRelu(Quantizer):
    """quantized_relu: codes from 0, or from -slope * 2^n where a negative slope, a power of two, leaves some."""

    bits: int
    integer: int
    sigmoid: bool
    slope: Fraction
    high: int

    name = "quantized_relu"

    @property
    def levels(self) -> int:
        """Codes up to the largest power of two."""
        return 1 << (self.bits - (self.slope != 0))

    def constant(self, name: str, x: Single) -> Constant:
        if self.sigmoid or self.slope:
            raise LayerError("quantized_relu with a slope or a sigmoid is for activations; use quantized_bits")
        step = Fraction(1 << self.integer, self.levels)
        codes = np.clip(np.rint(x.astype(np.float64) / float(step)), 0, self.high)
        return coded(name, codes, step, Fixed(self.bits, 0, False))

    def stream(self, node: Building, x: Stream, part: str = "") -> Stream:
        m, step = self.levels, Fraction(1 << self.integer, self.levels)
        if self.sigmoid:
            # clip(2 * round(hard_sigmoid(x / 2^integer) * m) / m - 1, 0, 1 - 1 / m), in steps of 2^integer / m.
            sigmoid = Affine(Vector.of(Fraction(1, 2 << self.integer)), HALF)
            y = node.emit(sigmoid, x, part=f"{part}_sigmoid".strip("_"))
            y = node.emit(Quantize(0, m, Vector.of(Fraction(1, m))), y, part=f"{part}_rounded".strip("_"))
            back = Affine(Vector.of(2 << self.integer), Vector.of(-(1 << self.integer)))
            y = node.emit(back, y, part=f"{part}_centred".strip("_"))
            return node.emit(Quantize(0, m - 1, Vector.of(step)), y, part=part)
        if self.slope:
            x = node.emit(LeakyRelu(self.slope), x, part=f"{part}_slope".strip("_"))
        low = -int(self.slope * m)
        return node.emit(Quantize(low, self.high, Vector.of(step)), x, part=part)


def quantized_relu(fields: Fields) -> Quantizer:
    """Any bits and integer; use_sigmoid; a negative_slope that leaves whole codes; relu_upper_bound on a code."""
    fields.ignore("qnoise_factor", "var_name", "use_ste", "use_variables")
    bits, integer = bits_of(fields, 8), integer_of(fields)
    slope, sigmoid = fields.single("negative_slope", 0.0), fields.flag("use_sigmoid", False)
    clipped, bound = fields.flag("is_quantized_clip", True), fields.other("relu_upper_bound")
    if slope and (slope < 0 or (slope.numerator * slope.denominator).bit_count() != 1):
        fields.fail("negative_slope", float(slope), "0 or a positive power of two")
    levels = 1 << (bits - (slope != 0))
    if (slope * levels).denominator != 1:
        fields.fail("negative_slope", float(slope), f"at least 1/{levels}: smaller ones leave no whole code below 0")
    if sigmoid and slope:
        fields.fail("use_sigmoid", True, "no negative_slope beside it")
    high = levels - 1
    if bound is not None and not clipped:  # is_quantized_clip wins over a bound, and is not stored in files
        ratio = fields.single("relu_upper_bound") * levels / (1 << integer)
        if ratio.denominator != 1 or ratio < 0 or sigmoid:
            fields.fail("relu_upper_bound", bound, "a multiple of the quantizer's step, without use_sigmoid")
        high = min(high, int(ratio)) if ratio else high  # QKeras takes 0 for no bound
    return QuantizedRelu(bits, integer, sigmoid, slope, high)
