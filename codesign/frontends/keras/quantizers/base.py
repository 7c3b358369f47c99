"""What a quantizer of QKeras is, and what all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.frontends.constants import Constant
from codesign.frontends.converters.building import Building, Stream
from codesign.frontends.keras.fields import Fields, single
from codesign.frontends.keras.float32 import Single
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Affine
from codesign.ir.tensor import Values
from codesign.ir.vector import Vector

MAX_BITS = 32
"""Bits of a quantizer: float32, in which QKeras rounds, has 24."""

AUTOMATIC = ("auto", "auto_po2")
HALF = Vector.of(Fraction(1, 2))


class Quantizer(ABC):
    """A quantizer with its parameters."""

    name: str

    @abstractmethod
    def constant(self, name: str, x: Single) -> Constant:
        """The quantized weights: integer codes with an exact step."""

    @abstractmethod
    def stream(self, node: Building, x: Stream, part: str = "") -> Stream:
        """The quantized values of a tensor that flows."""

    def for_kernel(self) -> Quantizer:
        """As QKeras sets it up for a kernel: there, no scale means the best power of two."""
        return self


Alpha = None | str | tuple[Fraction, ...]
"""No scale, an automatic one, or one number for each channel or for all."""


def alpha_of(fields: Fields) -> Alpha:
    """The entry alpha."""
    found = fields.other("alpha")
    if found is None or found in AUTOMATIC:
        return found if isinstance(found, str) else None
    if isinstance(found, str):
        fields.fail("alpha", found, "a number, None, 'auto' or 'auto_po2'")
    items = np.asarray(found, dtype=object).ravel().tolist() if isinstance(found, list) else [found]
    numbers = [v for v in items if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if not items or len(numbers) < len(items):
        fields.fail("alpha", found, "a number, None, 'auto' or 'auto_po2'")
    scales = tuple(single(v) for v in numbers)
    if min(scales) <= 0:
        fields.fail("alpha", found, "a positive number")
    return scales


def scaled(node: Building, x: Stream, alpha: Alpha, part: str) -> Stream:
    """The codes of a quantizer times its scale."""
    if isinstance(alpha, str):
        node.refuse(
            f"alpha={alpha!r} of an activation changes with every batch, so hardware has no constant for it; give a "
            "number"
        )
    if alpha is None or alpha == (Fraction(1),):
        return x
    if len(alpha) not in (1, x.type.channels):
        node.refuse(f"its alpha has {len(alpha)} numbers for {x.type.channels} channels")
    return node.emit(Affine(Vector.of(alpha)), x, part=f"{part}_alpha".strip("_"))


def coded(name: str, codes: NDArray[np.generic], step: Fraction | Values, bits: Fixed) -> Constant:
    """Weights of value codes * step; a step per channel broadcasts."""
    steps = step if isinstance(step, np.ndarray) else np.array(step, dtype=object)
    return Constant(name, codes.astype(np.int64), steps, bits)


def steps_of(alpha: tuple[Fraction, ...] | None, step: Fraction, x: Single) -> Values:
    """The step of each channel of weights with a scale; LayerError where there are not as many scales."""
    scales = (Fraction(1),) if alpha is None else alpha
    if len(scales) not in (1, x.shape[-1]):
        raise LayerError(f"its alpha has {len(scales)} numbers for {x.shape[-1]} channels")
    values = np.array([s * step for s in scales], dtype=object)
    return values.reshape(()) if len(scales) == 1 else values


def exactly(scale: Single, step: Fraction = Fraction(1)) -> Values:
    """Scales in float32 as rationals, times `step`."""
    found = np.empty(scale.shape, dtype=object)
    found.reshape(-1)[:] = [Fraction(v) * step for v in scale.ravel().tolist()]
    return found


def bits_of(fields: Fields, default: int) -> int:
    """The entry bits."""
    bits = fields.integer("bits", default)
    if not 1 <= bits <= MAX_BITS:
        fields.fail("bits", bits, f"a whole number from 1 to {MAX_BITS}")
    return bits


def integer_of(fields: Fields) -> int:
    """The entry integer: TensorFlow refuses negative ones."""
    integer = fields.integer("integer", 0)
    if not 0 <= integer <= MAX_BITS:
        fields.fail("integer", integer, f"a whole number from 0 to {MAX_BITS}")
    return integer
