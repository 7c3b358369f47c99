"""Repeat, Border, Append and Pick as instances of upsample.hpp and concat.hpp."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.backends.instances.base import Beat, Constant, Instance
from codesign.ir.kernels.concat import Append, Pick
from codesign.ir.kernels.upsample import Border, Repeat


@dataclass(frozen=True, eq=False)
class RepeatInstance(Instance):
    """Every pixel `across` times beside and every row `down` times below itself."""

    function = "repeat"
    header = "upsample.hpp"

    height: int
    width: int
    folds: int
    down: int
    across: int
    x: Beat


@dataclass(frozen=True, eq=False)
class BorderInstance(Instance):
    """A border of one code; the image lies from `top` to before `bottom` and from `left` to before `right`."""

    function = "border"
    header = "upsample.hpp"

    rows: int
    columns: int
    folds: int
    top: int
    bottom: int
    left: int
    right: int
    x: Beat
    fill: Constant


@dataclass(frozen=True, eq=False)
class AppendInstance(Instance):
    """At each position the beats of one stream, then those of the other."""

    function = "append"
    header = "concat.hpp"

    positions: int
    folds: int
    first: int
    x: Beat
    y: Beat
    z: Beat


@dataclass(frozen=True, eq=False)
class PickInstance(Instance):
    """At each position the beats from `start` to before `stop`."""

    function = "pick"
    header = "concat.hpp"

    positions: int
    folds: int
    start: int
    stop: int
    x: Beat
    y: Beat


def repeat(name: str, kernel: Repeat) -> RepeatInstance:
    """The instance of a repetition."""
    return RepeatInstance(
        roms=(),
        height=kernel.height,
        width=kernel.width,
        folds=kernel.folds,
        down=kernel.factors[0],
        across=kernel.factors[1],
        x=Beat(kernel.x, kernel.lanes),
    )


def border(name: str, kernel: Border) -> BorderInstance:
    """The instance of a border."""
    top, bottom, left, right = kernel.padding
    return BorderInstance(
        roms=(),
        rows=top + kernel.height + bottom,
        columns=left + kernel.width + right,
        folds=kernel.folds,
        top=top,
        bottom=top + kernel.height,
        left=left,
        right=left + kernel.width,
        x=Beat(kernel.x, kernel.lanes),
        fill=Constant(kernel.fill),
    )


def append(name: str, kernel: Append) -> AppendInstance:
    """The instance of two streams behind each other."""
    return AppendInstance(
        roms=(),
        positions=kernel.positions,
        folds=kernel.first + kernel.second,
        first=kernel.first,
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
        z=Beat(kernel.z, kernel.lanes),
    )


def pick(name: str, kernel: Pick) -> PickInstance:
    """The instance of a part of the channels."""
    return PickInstance(
        roms=(),
        positions=kernel.positions,
        folds=kernel.folds,
        start=kernel.start,
        stop=kernel.stop,
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
    )
