"""Codes modulo a power of two, as adders of so many bits give them."""

from __future__ import annotations

from codesign.ir.fixed import Fixed
from codesign.ir.tensor import Array


def wrapped(codes: Array, to: Fixed) -> Array:
    """The codes modulo 2^width, in the range of the type."""
    low = codes & ((1 << to.width) - 1)
    if not to.signed:
        return low
    half = 1 << (to.width - 1)
    found: Array = (low ^ half) - half
    return found
