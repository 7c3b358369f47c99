"""Windows out of a stream of pixels, whole or in wide parts, through row buffers and registers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from codesign.errors import IRError
from codesign.ir.kernels.base import Beats
from codesign.ir.kernels.sliding import Sliding
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class WideWindow(Sliding):
    """For each output pixel of an image (H, W, C) all elements that its window sees, in `parts` beats.

    The elements of a window come in the order (row, column, channel); where `lanes` is all of them, it is one beat. A
    pixel is read as one beat. Every pixel shifts the stream on by one place; of it, registers hold what the rows of a
    window cover, and row buffers (a RAM each) what lies between:

        pixel --> [x x x] --> row buffer --> [x x x] --> row buffer --> [x x x]     3 x 3: nine registers, two buffers

    Taps that lie in the padding are given the code `fill` as the window leaves: padding takes neither memory nor
    cycles. A shift that completes a window gives its first part in the same cycle, and the other parts in those that
    follow, from registers of their own, while the stream is shifted on; only the shift that completes the next window
    has to wait for the last of them. So a window costs `parts` cycles or as many as the stream has to be shifted from
    the one before, whichever is more.

    Where padding makes the result wider than the image, `pitch` - W empty places are shifted in behind each row of
    pixels, so that no two windows end at the same place.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.taps * self.channels % self.lanes:
            raise IRError(f"window: {self.lanes} lanes of {self.taps} taps of {self.channels} channels")

    @property
    def parts(self) -> int:
        """Beats per window."""
        return self.taps * self.channels // self.lanes

    @property
    def pitch(self) -> int:
        """Shifts from a pixel to the one below it."""
        (below, beside), (down, across) = self.count, self.stride
        return max(self.width, -(-((beside - 1) * across + 1) // down)) if below > 1 else self.width

    @property
    def first(self) -> int:
        """Shifts until the first window is complete."""
        (tall, wide), (top, _, left, _) = self.extent, self.padding
        return (tall - 1 - top) * self.pitch + wide - left

    @property
    def across(self) -> int:
        """Shifts from one window to the next one beside it."""
        return self.stride[1]

    @property
    def down(self) -> int:
        """Shifts from the last window of a row to the first one of the next; at least one."""
        return self.stride[0] * self.pitch - (self.count[1] - 1) * self.stride[1]

    @property
    def row_depth(self) -> int:
        """Pixels in a row buffer."""
        return self.dilation[0] * self.pitch

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.channels, self.height * self.width),)

    @property
    def interval(self) -> int:
        return self.schedule()[2]

    @property
    def first_output(self) -> int:
        return self.first

    def schedule(self) -> tuple[Array, Array, int]:
        """(cycle in which each pixel is read, cycle in which each window is complete, cycles in all)."""
        return _schedule(
            self.height, self.width, self.pitch, self.first, self.across, self.down, *self.count, self.parts
        )

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        return (self.seen(inputs[0]).reshape(len(inputs[0]), -1, self.lanes),)


@lru_cache(maxsize=4096)
def _schedule(
    height: int, width: int, pitch: int, first: int, across: int, down: int, below: int, beside: int, parts: int
) -> tuple[Array, Array, int]:
    """Window k is complete with shift `need[k]`, which comes in cycle `at[k]`; the other shifts follow each other."""
    steps = np.full(below * beside, across, dtype=np.int64)
    steps[::beside] = down
    steps[0] = 0
    need = first + np.cumsum(steps)
    at: Array = first - 1 + np.cumsum(np.maximum(steps, parts)) - parts
    pixels = (np.arange(height)[:, None] * pitch + np.arange(1, width + 1)).ravel()  # the shift that reads each
    before = np.searchsorted(need, pixels)  # windows that are complete before that shift
    free = np.where(before > 0, at[before - 1] + pixels - need[before - 1], pixels - 1)
    last = np.minimum(before, len(need) - 1)
    reads: Array = np.where(pixels == need[last], at[last], free)
    return reads, at, max(int(at[-1]) + parts, int(reads[-1]) + 1)
