"""What moves elements and computes nothing."""

from __future__ import annotations

from math import prod

from hypothesis import strategies as st

from codesign.ir.layers import Concat, Crop, Pad, Reshape, Slice, Transpose, Upsample
from tests.strategies.draft import Draft
from tests.strategies.pixels import image, paddable
from tests.strategies.scales import one_number


def reshape(d: Draft, x: str) -> str:
    """Another shape: the channels stay unless one number describes them all."""
    t = d.type(x)
    leading = t.shape[:-1]
    kept = [(prod(leading), t.channels), (*leading, 1, t.channels), (*reversed(leading), t.channels)]
    mixed = [(t.size,), (t.size, 1), (1, t.size)] + [(t.size // 2, 2)] * (t.size % 2 == 0)
    return d.put(Reshape(d.choose(*kept, *(mixed if one_number(t) else []))), x)


def transpose(d: Draft, x: str) -> str:
    """Axes in another order: the channels stay last unless one number describes them all."""
    t = d.type(x)
    axes = list(range(len(t.shape)))
    if one_number(t):
        return d.put(Transpose(tuple(d.draw(st.permutations(axes)))), x)
    return d.put(Transpose((*d.draw(st.permutations(axes[:-1])), axes[-1])), x)


def swap_channels(d: Draft, x: str) -> str:
    """The channels from the middle on before the others, or only some of them."""
    c = d.type(x).channels
    if c < 2:
        return x
    k = d.draw(st.integers(1, c - 1))
    last = d.put(Slice(k, c), x)
    return last if d.draw(st.booleans()) else d.put(Concat(), last, d.put(Slice(0, k), x))


def upsample(d: Draft, x: str) -> str:
    pixels = image(d, x)
    if pixels is None or d.type(x).size > 40:
        return x
    return d.put(Upsample((d.draw(st.integers(1, 2)), d.draw(st.integers(1, 3)))), pixels)


def pad(d: Draft, x: str) -> str:
    if not paddable(d, x) or (pixels := image(d, x)) is None:
        return x
    return d.put(Pad(*(d.draw(st.integers(0, 2)) for _ in range(4))), pixels)


def crop(d: Draft, x: str) -> str:
    """Some neighbouring elements along each axis, often all."""
    shape = d.type(x).shape
    start = [d.choose(0, d.draw(st.integers(0, n - 1))) for n in shape]
    stop = [d.choose(n, d.draw(st.integers(a + 1, n))) for a, n in zip(start, shape, strict=True)]
    return d.put(Crop(tuple(start), tuple(stop)), x)


def pixel_shuffle(d: Draft, x: str) -> str:
    """The channels of each pixel as a block of pixels, or blocks of pixels as channels; of one number for all channels,
    or of channels that stay the innermost."""
    if d.type(x).size > 60 or (pixels := image(d, x)) is None:
        return x
    height, width, channels = d.type(pixels).shape
    blocks = [k for k in range(1, channels + 1) if channels % k == 0]
    down, across = d.choose(*blocks), 1
    if one_number(d.type(x)):
        across = d.choose(*(k for k in blocks if channels // down % k == 0))
    else:
        down = 1
    left = channels // down // across
    if d.draw(st.booleans()) or not one_number(d.type(x)):
        spread, order = (height, width, down, across, left), (0, 2, 1, 3, 4)
    else:
        spread, order = (height, width, left, down, across), (0, 3, 1, 4, 2)
    y = d.put(Transpose(order), d.put(Reshape(spread), pixels))
    return d.put(Reshape((height * down, width * across, left)), y)


def nothing(d: Draft, x: str) -> str:
    return x
