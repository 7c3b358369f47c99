"""quantized_bits: plain fixed point, with a scale or without."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.errors import LayerError
from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.float32 import Single, channels_last, least_squares, magnitudes, nearest_power
from codesign.frontends.keras.quantizers.base import (
    Alpha,
    Quantizer,
    alpha_of,
    bits_of,
    coded,
    exactly,
    integer_of,
    scaled,
    steps_of,
)
from codesign.ir.fixed import Fixed, power_of_two
from codesign.ir.layers import Quantize
from codesign.ir.vector import Vector


@dataclass(frozen=True)
class QuantizedBits(Quantizer):
    """quantized_bits: plain fixed point, clip(round(x * 2^(n - integer))) codes with n bits besides the sign; 1 bit is
    binary. An automatic scale makes the range symmetric and keeps negative values, whatever is asked."""

    bits: int
    integer: int
    symmetric: bool
    keep_negative: bool
    alpha: Alpha

    name = "quantized_bits"

    @property
    def unsigned(self) -> int:
        """Bits besides the sign."""
        return self.bits - self.keep_negative

    @property
    def step(self) -> Fraction:
        """The value of one code, the scale apart."""
        return power_of_two(self.integer - self.unsigned)

    @property
    def range(self) -> tuple[int, int]:
        """The codes."""
        half = 1 << self.unsigned
        return (int(self.symmetric) - half if self.keep_negative else 0), half - 1

    def for_kernel(self) -> Quantizer:
        if self.alpha is not None:
            return self
        return QuantizedBits(self.bits, self.integer, True, self.keep_negative, "auto_po2")

    def constant(self, name: str, x: Single) -> Constant:
        if isinstance(self.alpha, str):
            return self._automatic(name, x, self.alpha)
        if self.unsigned == 0:
            return coded(name, np.where(x >= 0, 1, -1), steps_of(self.alpha, Fraction(1), x), Fixed(2))
        low, high = self.range
        codes = np.clip(np.rint(x.astype(np.float64) / float(self.step)), low, high)
        return coded(name, codes, steps_of(self.alpha, self.step, x), Fixed(self.bits, 0, self.keep_negative))

    def _automatic(self, name: str, x: Single, alpha: str) -> Constant:
        """The scale from the largest weight of each channel; `auto_po2` moves it to the best power of two near it."""
        levels = ((1 << (self.bits - 1)) - 1) * 2
        if not levels:
            raise LayerError(f"quantized_bits of 1 bit has no levels for alpha={alpha!r}; use binary, or alpha=1")
        x = x / np.float32(2.0**self.integer)
        scale = np.abs(x).max(axis=channels_last(x), keepdims=True) * np.float32(2) / np.float32(levels)
        if alpha == "auto_po2":
            scale = nearest_power(scale)
            for _ in range(5):
                codes = magnitudes(x, scale, levels)
                scale = least_squares(alpha, x, codes)
        else:
            codes = magnitudes(x, scale, levels)
        return coded(name, codes, exactly(scale, power_of_two(self.integer)), Fixed(self.bits))

    def stream(self, node: Building, x: Stream, part: str = "") -> Stream:
        if self.unsigned == 0:
            return scaled(node, node.emit(Quantize.bipolar(1), x, part=part), self.alpha, part)
        low, high = self.range
        return scaled(node, node.emit(Quantize(low, high, Vector.of(self.step)), x, part=part), self.alpha, part)


def quantized_bits(fields: Fields) -> Quantizer:
    """Any bits, integer, symmetric, keep_negative; alpha None or numbers, for weights also 'auto' and 'auto_po2'."""
    fields.ignore("qnoise_factor", "var_name", "use_ste", "use_variables")
    alpha = alpha_of(fields)
    bits, keep = bits_of(fields, 8), fields.flag("keep_negative", True)
    return QuantizedBits(
        bits, integer_of(fields), fields.flag("symmetric", False) or isinstance(alpha, str), keep, alpha
    )
