"""What all kernels that give windows of an image know: its size, that of a window, and where the windows lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel
from codesign.ir.layers.window import Padding, Pair, padded, taps
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class Sliding(Kernel):
    """Base of the kernels that write, for each output pixel of an image (H, W, C), all elements that its window sees.

    `lanes` elements are written per beat. What lies in the padding (top, bottom, left, right) is the code `fill`; it
    is never stored. No window lies wholly in the padding.
    """

    height: int
    width: int
    channels: int
    lanes: int
    size: Pair
    x: Fixed
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    fill: int = 0

    def __post_init__(self) -> None:
        top, bottom, left, right = self.padding
        tall, wide = self.extent
        if max(top, bottom) >= tall or max(left, right) >= wide:
            raise IRError(f"window: one of {tall} x {wide} may lie wholly in the padding {self.padding}")
        if min(self.count) < 1:
            raise IRError(f"window: {self.count} positions")
        if not self.x.low <= self.fill <= self.x.high:
            raise IRError(f"window: the padding's code {self.fill} is none of {self.x}")

    @property
    def extent(self) -> Pair:
        """Rows and columns from the first tap to the last."""
        return (self.size[0] - 1) * self.dilation[0] + 1, (self.size[1] - 1) * self.dilation[1] + 1

    @property
    def count(self) -> Pair:
        """Rows and columns of the result."""
        top, bottom, left, right = self.padding
        tall, wide = self.extent
        return (
            (self.height + top + bottom - tall) // self.stride[0] + 1,
            (self.width + left + right - wide) // self.stride[1] + 1,
        )

    @property
    def taps(self) -> int:
        """Pixels that a window sees."""
        return self.size[0] * self.size[1]

    @property
    def writes(self) -> tuple[Beats, ...]:
        elements = self.count[0] * self.count[1] * self.taps * self.channels
        return (Beats(self.x, self.lanes, elements // self.lanes),)

    def inside(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(below, kh) and (beside, kw): whether a row or column of taps lies in the image, for each of windows."""
        found = []
        for axis, length in enumerate((self.height, self.width)):
            starts = np.arange(self.count[axis]) * self.stride[axis] - self.padding[2 * axis]
            places = starts[:, None] + np.arange(self.size[axis]) * self.dilation[axis]
            found.append((places >= 0) & (places < length))
        return found[0], found[1]

    def mask(self) -> NDArray[np.bool_]:
        """(positions, taps): which taps of which windows lie in the image."""
        rows, columns = self.inside()
        return (rows[:, None, :, None] & columns[None, :, None, :]).reshape(-1, self.taps)

    def seen(self, x: Array) -> Array:
        """(n, *count, taps, C): what each window sees of the images (n, H, W, C)."""
        images = padded(x.reshape(len(x), self.height, self.width, self.channels), self.padding, self.fill)
        views = [view for _, _, view in taps(images, self.size, self.stride, self.count, self.dilation)]
        return np.stack(views, axis=3)
