"""Window and WideWindow as instances of their headers: every step through the image as a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from codesign.backends.instances.base import Beat, Constant, Instance, Value
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.wide_window import WideWindow
from codesign.ir.kernels.window import Window

SHALLOW = 8
"""Row buffers of fewer pixels are registers: a RAM may be read some cycles before the write of the shift ahead."""


@dataclass(frozen=True, eq=False)
class WindowInstance(Instance):
    """The loop of reading and writing, and where each tap lies from the one before."""

    function = "window"
    header = "window.hpp"

    steps: int
    beats: int
    ring: int
    span: int
    room: int
    begin: int
    height: int
    width: int
    below: int
    beside: int
    x: Beat
    counter: Fixed
    place: Fixed
    fill: Constant
    first_place: int
    first_row: Constant
    first_column: Constant
    outer: int
    middle: int
    inner: int
    beats_beside: Constant
    beats_below: Constant
    moves: Mapping[str, tuple[int, int, int]]
    """(rows, columns of the image, places in the ring) to the next element, by the loop that goes on."""

    def values(self) -> list[tuple[str, Value]]:
        """The members of the configuration; each move is three of them."""
        found = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name not in ("roms", "moves")]
        for loop, move in self.moves.items():
            for what, number in zip(("row", "column", "next"), move, strict=True):
                found.append((f"{what}_{loop}", Constant(number)))
        return found


def window(name: str, kernel: Window) -> WindowInstance:
    """The instance; a place in the ring is a place in the stream modulo the ring, of padding too."""
    (kh, kw), (sh, sw), (dh, dw) = kernel.size, kernel.stride, kernel.dilation
    turns = [(kh, dh, 0, 0), (kw, 0, dw, 0), (kernel.folds, 0, 0, 1)]  # (turns, rows, columns, beats) of each loop
    if kernel.by_channel:
        turns = [turns[2], turns[0], turns[1]]
    last = [sum((n - 1) * step[k] for n, *step in turns) for k in range(3)]  # from the first tap to the last
    steps = {}
    rows = columns = beats = 0
    for loop, (n, *step) in zip(("inner", "middle", "outer"), reversed(turns), strict=True):
        steps[loop] = (step[0] - rows, step[1] - columns, step[2] - beats)  # the loops inside start again
        rows, columns, beats = rows + (n - 1) * step[0], columns + (n - 1) * step[1], beats + (n - 1) * step[2]
    steps["beside"] = (-last[0], sw - last[1], -last[2])
    steps["below"] = (sh - last[0], -(kernel.count[1] - 1) * sw - last[1], -last[2])
    folds, ring = kernel.folds, kernel.ring
    moves = {
        loop: (row, column, ((row * kernel.width + column) * folds + beat) % ring)
        for loop, (row, column, beat) in steps.items()
    }
    pixels = kernel.height * kernel.width
    reach = (pixels + kernel.room + abs(kernel.begin) + abs(kernel.down) + kernel.across) * folds
    top, _, left, _ = kernel.padding
    return WindowInstance(
        roms=(),
        steps=kernel.interval,
        beats=pixels * folds,
        ring=ring,
        span=kernel.span * folds,
        room=kernel.room * folds,
        begin=-kernel.begin * folds,
        height=kernel.height,
        width=kernel.width,
        below=kernel.count[0],
        beside=kernel.count[1],
        x=Beat(kernel.x, kernel.lanes),
        counter=Fixed.covering(-reach, reach),
        place=Fixed.covering(0, ring),
        fill=Constant(kernel.fill),
        first_place=kernel.begin * folds % ring,
        first_row=Constant(-top),
        first_column=Constant(-left),
        outer=turns[0][0],
        middle=turns[1][0],
        inner=turns[2][0],
        beats_beside=Constant(kernel.across * folds),
        beats_below=Constant(kernel.down * folds),
        moves=moves,
    )


@dataclass(frozen=True, eq=False)
class WideWindowInstance(Instance):
    """The shifts of the image through row buffers and registers, and how the windows follow each other."""

    function = "wide_window"
    header = "wide_window.hpp"

    steps: int
    height: int
    width: int
    pitch: int
    first: int
    across: int
    down: int
    below: int
    beside: int
    taps_down: int
    taps_across: int
    reach_down: int
    reach_across: int
    columns: int
    kept_columns: int
    buffers: int
    row_depth: int
    stride_down: int
    stride_across: int
    padded: bool
    elements: int
    parts: int
    first_row: Constant
    first_column: Constant
    x: Beat
    y: Beat
    counter: Fixed
    fill: Constant


@dataclass(frozen=True, eq=False)
class SmallWideWindowInstance(WideWindowInstance):
    """The same with its row buffers in registers."""

    function = "small_wide_window"


def wide_window(name: str, kernel: WideWindow) -> WideWindowInstance:
    """The instance of windows that come whole or in wide parts."""
    (tall, wide), (below, beside), (down, across) = kernel.extent, kernel.count, kernel.stride
    top, _, left, _ = kernel.padding
    elements = kernel.taps * kernel.channels
    most = max(
        kernel.height + tall + down * (below + 1), kernel.pitch + wide + across * (beside + 1), kernel.first,
        kernel.down, kernel.row_depth, kernel.parts,
    )  # fmt: skip
    build = WideWindowInstance if kernel.row_depth >= SHALLOW else SmallWideWindowInstance
    return build(
        roms=(),
        steps=kernel.interval,
        height=kernel.height,
        width=kernel.width,
        pitch=kernel.pitch,
        first=kernel.first,
        across=kernel.across,
        down=kernel.down,
        below=below,
        beside=beside,
        taps_down=kernel.size[0],
        taps_across=kernel.size[1],
        reach_down=kernel.dilation[0],
        reach_across=kernel.dilation[1],
        columns=wide,
        kept_columns=wide - 1,
        buffers=max(1, kernel.size[0] - 1),
        row_depth=kernel.row_depth,
        stride_down=down,
        stride_across=across,
        padded=any(kernel.padding),
        elements=elements,
        parts=kernel.parts,
        first_row=Constant(-top),
        first_column=Constant(-left),
        x=Beat(kernel.x, kernel.channels),
        y=Beat(kernel.x, kernel.lanes),
        counter=Fixed.covering(-most, most),
        fill=Constant(kernel.fill),
    )
