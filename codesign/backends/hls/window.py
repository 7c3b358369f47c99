"""Window as an instance of window.hpp: every step through the image as a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from codesign.backends.hls.instance import Beat, Constant, Instance, declaration
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.window import Window


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

    def members(self) -> list[str]:
        """The members of the configuration; each move is three of them."""
        plain = [f.name for f in fields(self) if f.name not in ("roms", "moves")]
        found = [declaration(name, getattr(self, name)) for name in plain]
        for loop, move in self.moves.items():
            for what, number in zip(("row", "column", "next"), move, strict=True):
                found.append(declaration(f"{what}_{loop}", Constant(number)))
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
