"""Images, and what padding they can have."""

from __future__ import annotations

from hypothesis import strategies as st

from codesign.ir.fixed import Fixed
from codesign.ir.layers import Reshape
from codesign.ir.layers.window import has_zero, zero_codes
from codesign.ir.tensor import Tensor
from codesign.passes.align_channels import aligned
from tests.strategies.draft import Draft


def image(d: Draft, x: str) -> str | None:
    """x as an image (H, W, C): a sequence becomes one row of pixels; None where there is no position."""
    shape = d.type(x).shape
    if len(shape) == 2:
        return d.put(Reshape((1, *shape)), x)
    return x if len(shape) == 3 else None


def window(d: Draft, length: int) -> int:
    return d.draw(st.integers(1, min(3, length)))


def paddable(d: Draft, x: str) -> bool:
    """Whether the value zero has one code for all channels, or can get one."""
    t = d.type(x)
    if t.real or not has_zero(t):
        return False
    return len(set(zero_codes(t).tolist())) == 1 or (not d.typed and alignable(t))


def alignable(t: Tensor) -> bool:
    """Whether the channels have a common step that keeps codes short."""
    layer = aligned(t)
    return layer is not None and Fixed.covering(layer.low, layer.high).width <= 14
