"""quantized_tanh and quantized_sigmoid: a bounded function in fixed point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from codesign.errors import LayerError
from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.float32 import Single
from codesign.frontends.keras.quantizers.base import HALF, Quantizer, bits_of
from codesign.ir.layers import Affine, Quantize, Sigmoid, Tanh
from codesign.ir.vector import Vector


@dataclass(frozen=True)
class Squashed(Quantizer):
    """quantized_tanh and quantized_sigmoid: a bounded function, real or of straight lines, then codes low..m - 1 of
    step 1 / m. The straight lines need no layer: clip(x, -1, 1) and clip(x / 2 + 1 / 2, 0, 1) are the codes' ends."""

    name: str
    low: int
    levels: int
    real: bool

    def constant(self, name: str, x: Single) -> Constant:
        raise LayerError(f"{self.name} is for activations; quantize weights by quantized_bits")

    def stream(self, node: Building, x: Stream, part: str = "") -> Stream:
        inner = f"{part}_function".strip("_")
        if self.real:
            x = node.emit(Tanh() if self.name == "quantized_tanh" else Sigmoid(), x, part=inner)
        elif self.name == "quantized_sigmoid":
            x = node.emit(Affine(HALF, HALF), x, part=inner)
        return node.emit(Quantize(self.low, self.levels - 1, Vector.of(Fraction(1, self.levels))), x, part=part)


def quantized_tanh(fields: Fields) -> Quantizer:
    """Any bits, symmetric or not; use_real_tanh or the straight lines clip(x, -1, 1)."""
    bits = bits_of(fields, 8)
    levels = 1 << (bits - 1)
    low = fields.flag("symmetric", False) - levels
    return Squashed("quantized_tanh", low, levels, fields.flag("use_real_tanh", False))


def quantized_sigmoid(fields: Fields) -> Quantizer:
    """Any bits, symmetric or not; use_real_sigmoid or the straight lines clip(x / 2 + 1 / 2, 0, 1)."""
    levels = 1 << bits_of(fields, 8)
    return Squashed(
        "quantized_sigmoid", int(fields.flag("symmetric", False)), levels, fields.flag("use_real_sigmoid", False)
    )
