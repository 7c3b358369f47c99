"""Windows out of a stream of pixels, a part of one pixel at a time, through a ring of the last rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from codesign.errors import IRError
from codesign.ir.kernels.base import Beats
from codesign.ir.kernels.sliding import Sliding
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class Window(Sliding):
    """For each output pixel of an image (H, W, C) all elements that its window sees, `lanes` channels per beat.

    The beats of a window come in the order (row, column, channel) or, where `by_channel`, (channel, row, column).

    The last rows and pixels are kept in a ring of beats: input beat n lies in place n mod `ring`. One loop reads at
    most one beat and writes at most one per cycle, side by side. With b the place in the stream of the window's first
    element (negative, if that lies in the padding above), `span` how far it reaches and r the beats read so far:

        write while r >= b + span or all is read        read while r < b + room and not all is read

             b                            b + span       b + room
        ....|[===]......[===]......[===]|...............|......     the stream; r lies in the last part in
            |<------------ kept ---------------------->|            steady state, so that neither waits

    `room` exceeds `span` by the largest step from one window to the next, so that while one is written all that the
    next one needs can be read. At most (kh - 1) * dilation rows and two windows' widths are kept (with a vertical
    stride of one).
    """

    by_channel: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels % self.lanes:
            raise IRError(f"window: {self.lanes} lanes of {self.channels} channels")

    @property
    def folds(self) -> int:
        """Beats per input pixel."""
        return self.channels // self.lanes

    @property
    def begin(self) -> int:
        """The place in the stream of the first window's first element, in pixels; not positive."""
        return -self.padding[0] * self.width - self.padding[2]

    @property
    def across(self) -> int:
        """Pixels of the stream from one window to the next one beside it."""
        return self.stride[1]

    @property
    def down(self) -> int:
        """Pixels of the stream from the last window of a row to the first one of the next; may be negative."""
        return self.stride[0] * self.width - (self.count[1] - 1) * self.stride[1]

    @property
    def span(self) -> int:
        """Pixels of the stream from a window's first element to its last, both included."""
        return (self.extent[0] - 1) * self.width + self.extent[1]

    @property
    def room(self) -> int:
        """Pixels that reading may be ahead of the start of the window that is written."""
        steps = [self.across] * (self.count[1] > 1) + [self.down] * (self.count[0] > 1)
        return self.span + max(steps, default=0)

    @property
    def ring(self) -> int:
        """Beats that are kept."""
        return min(self.room, self.height * self.width) * self.folds

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.lanes, self.height * self.width * self.folds),)

    @property
    def interval(self) -> int:
        return self.schedule()[2] * self.folds

    @property
    def first_output(self) -> int:
        return int(self.schedule()[1][0]) * self.folds + 1

    def schedule(self) -> tuple[Array, Array, int]:
        """(cycle in which each pixel is read, cycle from which each window is written, cycles in all), if a pixel
        were one beat: every cycle of these stands for `folds` cycles."""
        pixels = self.height * self.width
        return _schedule(pixels, self.begin, self.span, self.room, self.across, self.down, *self.counts)

    @property
    def counts(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """How many rows of taps come for each row of windows, and columns of taps for each column of windows."""
        return (self.size[0],) * self.count[0], (self.size[1],) * self.count[1]

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        y = self.seen(x).reshape(len(x), *self.count, self.taps, self.folds, self.lanes)
        if self.by_channel:
            y = y.transpose(0, 1, 2, 4, 3, 5)
        return (np.ascontiguousarray(y).reshape(len(x), -1, self.lanes),)


@lru_cache(maxsize=4096)
def _schedule(
    pixels: int, begin: int, span: int, room: int, across: int, down: int, rows: tuple[int, ...],
    columns: tuple[int, ...],
) -> tuple[Array, Array, int]:  # fmt: skip
    """The loop of a Window, a window at a time: what it reads in its cycles follows from how far reading is ahead."""
    now, read, ahead = 0, 0, -begin
    starts, counts, writes = [], [], []
    for count_down in rows:
        for column, count_across in enumerate(columns):
            taps = count_down * count_across
            wait = max(0, min(span - ahead, pixels - read))
            count = max(0, min(wait + taps, room - ahead, pixels - read))
            starts.append(now)
            counts.append(count)
            writes.append(now + wait)
            now += wait + taps
            read += count
            ahead += count - (across if column < len(columns) - 1 else down)
    starts.append(now)
    counts.append(pixels - read)
    first = np.cumsum(np.array(counts, dtype=np.int64)) - counts
    begins = np.array(starts, dtype=np.int64) - first
    reads: Array = np.repeat(begins, counts) + np.arange(pixels)
    return reads, np.array(writes, dtype=np.int64), now + pixels - read
