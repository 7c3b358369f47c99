"""binary and ternary: signs, with a scale or without."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.errors import LayerError
from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.float32 import Single, channels_last, least_squares, nearest_power
from codesign.frontends.keras.quantizers.base import HALF, Alpha, Quantizer, alpha_of, coded, exactly, scaled, steps_of
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.layers import Affine, Quantize
from codesign.ir.vector import ONE, Vector


@dataclass(frozen=True)
class Binary(Quantizer):
    """binary: +alpha for x >= 0, else -alpha; alpha and 0 with use_01."""

    zero: bool
    alpha: Alpha

    name = "binary"

    def for_kernel(self) -> Quantizer:
        return Binary(self.zero, "auto_po2") if self.alpha is None else self

    def constant(self, name: str, x: Single) -> Constant:
        codes = np.where(x >= 0, np.float32(1), np.float32(0 if self.zero else -1))
        bits = Fixed(1, 0, False) if self.zero else Fixed(2)
        if isinstance(self.alpha, str):
            scale = least_squares(self.alpha, x, codes)
            return positive(coded(name, codes, exactly(scale), bits), self.alpha)
        return coded(name, codes, steps_of(self.alpha, Fraction(1), x), bits)

    def stream(self, node: Building, x: Stream, part: str = "") -> Stream:
        y = node.emit(Quantize.bipolar(1), x, part=part)
        if self.zero:
            y = node.emit(Affine(HALF, HALF), y, part=f"{part}_01".strip("_"))
        return scaled(node, y, self.alpha, part)


def binary(fields: Fields) -> Quantizer:
    """-1 and 1, or 0 and 1 with use_01; alpha None or numbers, for weights also 'auto' and 'auto_po2'."""
    fields.ignore("temperature", "use_real_sigmoid")  # of stochastic_binary, in training
    return Binary(fields.flag("use_01", False), alpha_of(fields))


def positive(weights: Constant, alpha: str) -> Constant:
    """`weights`, whose automatic scales must all be positive: one that is not comes from weights that are all 0."""
    assert weights.scale is not None
    if any(s <= 0 for s in weights.scale.ravel()):
        raise LayerError(f"alpha={alpha!r} gives a channel the scale 0; train again, or give alpha as a number")
    return weights


@dataclass(frozen=True)
class Ternary(Quantizer):
    """ternary: sign(x) * alpha where |x| reaches the threshold, else 0. An automatic scale has its own thresholds."""

    alpha: Alpha
    threshold: Fraction
    unrolls: int

    name = "ternary"

    def for_kernel(self) -> Quantizer:
        return Ternary("auto_po2", self.threshold, self.unrolls) if self.alpha is None else self

    def constant(self, name: str, x: Single) -> Constant:
        if not isinstance(self.alpha, str):
            codes = np.sign(x) * (np.abs(x) >= np.float32(self.threshold))
            return coded(name, codes, steps_of(self.alpha, Fraction(1), x), Fixed(2))
        axes = channels_last(x)
        scale: Single = np.float32(2) * np.abs(x).max(axis=axes, keepdims=True) / np.float32(3)
        if self.alpha == "auto_po2":
            scale = nearest_power(scale)
        for _ in range(self.unrolls):
            if not (scale > 0).all():
                raise LayerError(f"alpha={self.alpha!r} gives a channel the scale 0; train again, or give a number")
            codes = np.sign(x) * (np.rint(x / scale) != 0)
            scale = least_squares(self.alpha, x, codes.astype(np.float32))
        return positive(coded(name, codes, exactly(scale), Fixed(2)), self.alpha)

    def stream(self, node: Building, x: Stream, part: str = "") -> Stream:
        # round(x / 2t), half away from zero, is 1 from x = t on.
        step = Vector.of(self.threshold * 2)
        y = node.emit(Quantize(-1, 1, step, rounding=Rounding.HALF_UP), x, part=part)
        y = node.emit(Affine(ONE / step), y, part=f"{part}_sign".strip("_"))
        return scaled(node, y, self.alpha, part)


def ternary(fields: Fields) -> Quantizer:
    """-1, 0 and 1 around a threshold; alpha None or numbers, for weights also 'auto' and 'auto_po2'."""
    fields.ignore("temperature", "use_real_sigmoid")  # of stochastic_ternary, in training
    alpha = alpha_of(fields)
    threshold = fields.single("threshold", 0.33)
    unrolls = fields.integer("number_of_unrolls", 5)
    if threshold <= 0 or (isinstance(alpha, str) and fields.other("threshold") is not None):
        fields.fail("threshold", fields.other("threshold"), "a positive number, and none beside an automatic alpha")
    if not 1 <= unrolls <= 100:
        fields.fail("number_of_unrolls", unrolls, "a whole number from 1 to 100")
    return Ternary(alpha, threshold, unrolls)
