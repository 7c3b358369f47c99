"""Windows that slide over an image (H, W, C): how many there are, and the elements that each tap of them sees."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from codesign.errors import LayerError
from codesign.ir.tensor import Array, Tensor

Pair = tuple[int, int]
"""Vertical, horizontal."""
Padding = tuple[int, int, int, int]
"""Rows and columns added at the top, bottom, left and right."""


def image(x: Tensor) -> tuple[int, int, int]:
    """(H, W, C) of an image; LayerError for another shape."""
    if len(x.shape) != 3:
        raise LayerError(f"expects an image of shape (height, width, channels), not {x.shape}")
    return x.shape


def positions(x: Tensor, size: Pair, stride: Pair, padding: Padding, dilation: Pair = (1, 1)) -> Pair:
    """How many windows fit below and beside each other; LayerError where there is none, or a number makes no sense."""
    height, width, _ = image(x)
    if min(size) < 1 or min(stride) < 1 or min(dilation) < 1 or min(padding) < 0:
        raise LayerError(f"a window of {size}, stride {stride}, dilation {dilation} and padding {padding} is none")
    top, bottom, left, right = padding
    rows, columns = height + top + bottom, width + left + right
    tall, wide = (dilation[0] * (size[0] - 1) + 1, dilation[1] * (size[1] - 1) + 1)
    if tall > rows or wide > columns:
        raise LayerError(
            f"a window of {tall} x {wide} does not fit the image of {rows} x {columns} (padding included); "
            "use a smaller one, or more padding"
        )
    return (rows - tall) // stride[0] + 1, (columns - wide) // stride[1] + 1


def padded(x: np.ndarray, padding: Padding, value: object) -> np.ndarray:
    """The images (n, H, W, C) with rows and columns of `value` (one, or one per channel) around them."""
    top, bottom, left, right = padding
    if not any(padding):
        return x
    n, height, width, channels = x.shape
    out = np.empty((n, top + height + bottom, left + width + right, channels), dtype=x.dtype)
    out[...] = value
    out[:, top : top + height, left : left + width] = x
    return out


def taps(
    x: np.ndarray, size: Pair, stride: Pair, count: Pair, dilation: Pair = (1, 1)
) -> Iterator[tuple[int, int, np.ndarray]]:
    """(row, column, view (n, *count, C)) of each tap: what it sees of the padded images in every window."""
    for row in range(size[0]):
        for column in range(size[1]):
            top, left = row * dilation[0], column * dilation[1]
            down, across = (count[0] - 1) * stride[0] + 1, (count[1] - 1) * stride[1] + 1
            yield row, column, x[:, top : top + down : stride[0], left : left + across : stride[1]]


def has_zero(x: Tensor) -> bool:
    """Whether the value 0 has a code in every channel that the type can hold: a padding of zeros writes it."""
    return _zeros(x) is not None


def zero_codes(x: Tensor) -> Array:
    """The code of the value 0, one for all channels or one per channel; LayerError if there is none."""
    codes = _zeros(x)
    if codes is None:
        raise LayerError(
            f"padding is by zeros, and 0 is not a code of {x}; "
            "give the quantizer before it a zero point inside its range"
        )
    return codes


def _zeros(x: Tensor) -> Array | None:
    step, offset = x.step, x.offset
    if offset.uniform and offset[0] == 0:
        return np.zeros(1, dtype=np.int64)
    if 0 in step.values:
        return None
    codes = (-offset / step).values
    if any(c.denominator != 1 or not x.type.low <= c <= x.type.high for c in codes):
        return None
    return np.array([int(c) for c in codes], dtype=np.int64)
