"""InsideWindow and InsideMatVec as instances of inside_window.hpp and inside_matvec.hpp, with their tables."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from codesign.backends.instances.base import Beat, Constant, Instance, Rom
from codesign.backends.instances.matvec import MatVecInstance, matvec
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.inside import InsideMatVec, InsideWindow
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class InsideWindowInstance(Instance):
    """The loop of reading and writing, and where each tap lies from the one before."""

    function = "inside_window"
    header = "inside_window.hpp"

    steps: int
    beats: int
    ring: int
    span: int
    room: int
    begin: int
    below: int
    beside: int
    folds: int
    next_column: int
    next_row: int
    beats_beside: int
    beats_below: Constant
    x: Beat
    counter: Fixed
    place: Fixed
    table: Fixed


@dataclass(frozen=True, eq=False)
class InsideMatVecInstance(MatVecInstance):
    """The folded product with the words of weights that each window begins with."""

    function = "inside_matvec"
    header = "inside_matvec.hpp"

    steps: int
    below: int
    beside: int
    tap_folds: int
    row_folds: int
    counter: Fixed
    table: Fixed


def inside_window(name: str, kernel: InsideWindow) -> InsideWindowInstance:
    """The instance; the tables hold the place in the ring of the first tap that comes."""
    folds, ring, (down, across) = kernel.folds, kernel.ring, kernel.dilation
    top, _, left, _ = kernel.padding
    row = kernel.width * folds
    starts = [
        np.array([(k * stride - before + tap * step) * size % ring for k, tap in enumerate(first)])
        for first, stride, before, step, size in zip(
            kernel.first_taps, kernel.stride, (top, left), kernel.dilation, (row, folds), strict=True
        )
    ]
    roms, table = _tables(name, kernel, starts)
    pixels = kernel.height * kernel.width
    reach = (pixels + kernel.room + abs(kernel.begin) + abs(kernel.down) + kernel.across) * folds
    return InsideWindowInstance(
        roms=roms,
        steps=kernel.interval,
        beats=pixels * folds,
        ring=ring,
        span=kernel.span * folds,
        room=kernel.room * folds,
        begin=-kernel.begin * folds,
        below=kernel.count[0],
        beside=kernel.count[1],
        folds=folds,
        next_column=(across * folds - (folds - 1)) % ring,
        next_row=down * row % ring,
        beats_beside=kernel.across * folds,
        beats_below=Constant(kernel.down * folds),
        x=Beat(kernel.x, kernel.lanes),
        counter=Fixed.covering(-reach, reach),
        place=Fixed.covering(0, ring),
        table=table,
    )


def inside_matvec(name: str, kernel: InsideMatVec) -> InsideMatVecInstance:
    """The instance; the tables hold the first word of weights of the first tap that comes."""
    window, whole = kernel.window, matvec(name, kernel)
    row = window.size[1] * window.folds
    starts = [np.array(first) * size for first, size in zip(window.first_taps, (row, window.folds), strict=True)]
    roms, table = _tables(name, window, starts)
    most = max(kernel.weights.depth + kernel.inputs // kernel.simd, *window.count, *window.size)
    members = {f.name: getattr(whole, f.name) for f in fields(whole) if f.name != "roms"}
    return InsideMatVecInstance(
        roms=(*whole.roms, *roms),
        steps=kernel.interval,
        below=window.count[0],
        beside=window.count[1],
        tap_folds=window.folds,
        row_folds=row,
        counter=Fixed.covering(-1, most),
        table=table,
        **members,
    )


def _tables(name: str, window: InsideWindow, starts: list[Array]) -> tuple[tuple[Rom, ...], Fixed]:
    """(for each row and column of windows how many taps come and where they start, the type of both tables)."""
    tables = [np.stack([np.array(n), start], axis=1) for n, start in zip(window.counts, starts, strict=True)]
    element = Fixed.covering(0, max(int(t.max()) for t in tables))
    return tuple(
        Rom(f"{name}_{axis}", axis, t, element) for axis, t in zip(("rows", "columns"), tables, strict=True)
    ), element
