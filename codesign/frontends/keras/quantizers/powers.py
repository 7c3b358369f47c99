"""quantized_po2 and quantized_relu_po2: weights that are powers of two."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.frontends.constants import Constant, grid
from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.float32 import EPSILON, Single, log2
from codesign.frontends.keras.quantizers.base import MAX_BITS, Quantizer, coded
from codesign.frontends.names import spelled
from codesign.ir.fixed import power_of_two


def on_grid(name: str, x: Single) -> Constant:
    """Weights that are few powers of two as integer codes of the smallest."""
    found = grid(x.astype(np.float64), MAX_BITS)
    if found is None:
        raise LayerError(f"the powers of two of {spelled(name)} span more than {MAX_BITS} bits; give fewer bits")
    codes, exponent, bits = found
    return coded(name, codes, power_of_two(exponent), bits)


@dataclass(frozen=True)
class PowerOfTwo(Quantizer):
    """quantized_po2 and quantized_relu_po2: the nearest power of two with an exponent in min..max, by logarithms; what
    is below Keras' epsilon gets the smallest. relu_po2 gives 2^min to all that is not positive."""

    name: str
    least: int
    most: int
    bound: Fraction | None
    quadratic: bool
    floor: bool

    def constant(self, name: str, x: Single) -> Constant:
        sign = np.float32(1) if self.name == "quantized_relu_po2" else np.where(x >= 0, np.float32(1), np.float32(-1))
        size = np.maximum(x, np.float32(0)) if self.name == "quantized_relu_po2" else np.abs(x)
        exponents = self._exponents(size.astype(np.float32))
        return on_grid(name, np.asarray(sign * np.ldexp(np.float32(1), exponents)).astype(np.float32))

    def _exponents(self, size: Single) -> NDArray[np.int64]:
        kept = np.where(size < EPSILON, EPSILON, size)
        if self.bound is not None:
            kept = np.minimum(kept, np.float32(self.bound))
        exponent = log2(np.sqrt(kept) if self.quadratic else kept)
        whole = np.floor(exponent) if self.floor else np.rint(exponent)
        found = np.clip(whole, self.least, self.most) * (2 if self.quadratic else 1)
        return np.where(size < EPSILON, self.least, found).astype(np.int64)

    def stream(self, node: Building, x: Stream, part: str = "") -> Stream:
        node.refuse(f"{self.name} of an activation is not supported; use quantized_bits or quantized_relu")


def quantized_po2(fields: Fields) -> Quantizer:
    """Of weights: any bits, max_value, quadratic_approximation, log2_rounding rnd or floor."""
    return _po2(fields, "quantized_po2", fields.integer("bits", 8) - 1)


def quantized_relu_po2(fields: Fields) -> Quantizer:
    """Of weights: as quantized_po2, without negative_slope."""
    if fields.single("negative_slope", 0.0):
        fields.fail("negative_slope", fields.other("negative_slope"), "0")
    return _po2(fields, "quantized_relu_po2", fields.integer("bits", 8))


def _po2(fields: Fields, name: str, exponent_bits: int) -> Quantizer:
    fields.ignore("qnoise_factor", "var_name", "use_ste", "use_variables")
    bound = None if fields.other("max_value") is None else fields.single("max_value")
    rounding = fields.text("log2_rounding", "rnd")
    quadratic = fields.flag("quadratic_approximation", False)
    if bound is not None and bound <= 0:
        fields.fail("max_value", float(bound), "a positive number")
    if rounding not in ("rnd", "floor"):
        fields.fail("log2_rounding", rounding, "rnd or floor")
    bits = exponent_bits - (bound is None or bound > 1)
    if not 0 <= bits <= 6:
        fields.fail("bits", fields.other("bits"), "a number of bits that leaves 0 to 6 for the exponent")
    most = (1 << bits) - 1
    return PowerOfTwo(name, -(1 << bits), 2 * (most // 2) if quadratic else most, bound, quadratic, rounding == "floor")
