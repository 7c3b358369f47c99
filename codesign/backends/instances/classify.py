"""IndexOfMax and SoftmaxUnit as instances of argmax.hpp and softmax.hpp."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.backends.instances.base import Beat, Constant, Instance, Rom, covering, span
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import MemoryStyle
from codesign.ir.kernels.classify import IndexOfMax, SoftmaxUnit


@dataclass(frozen=True, eq=False)
class ArgMaxInstance(Instance):
    """The first index of the largest element."""

    function = "argmax"
    header = "argmax.hpp"

    positions: int
    folds: int
    x: Beat
    y: Beat


@dataclass(frozen=True, eq=False)
class SoftmaxInstance(Instance):
    """The integer softmax in three sweeps over the beats of a position."""

    function = "softmax"
    header = "softmax.hpp"

    positions: int
    folds: int
    entries: int
    frac: int
    bounded: bool
    x: Beat
    y: Beat
    high: Constant
    distance: Fixed
    power: Fixed
    total: Fixed
    quotient: Fixed


@dataclass(frozen=True, eq=False)
class SoftmaxAtOnceInstance(SoftmaxInstance):
    """The integer softmax of a position that is one beat."""

    function = "softmax_at_once"


def argmax(name: str, kernel: IndexOfMax) -> ArgMaxInstance:
    """The instance; the result holds every index."""
    if kernel.y.high < kernel.channels - 1:
        raise IRError(f"hls: process {name}: {kernel.y} does not hold the index {kernel.channels - 1}")
    return ArgMaxInstance(
        roms=(),
        positions=kernel.positions,
        folds=kernel.channels // kernel.lanes,
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, 1),
    )


def softmax(name: str, kernel: SoftmaxUnit) -> SoftmaxInstance:
    """The instance; IRError where the division needs more than 64 bits."""
    table, frac = kernel.softmax.table, kernel.softmax.frac
    if table.size == 0 or table[0] <= 0 or table.min() < 0:
        raise IRError(f"hls: process {name}: the table must start above 0 and never fall below")
    distance = kernel.x.high - kernel.x.low
    largest = int(table.max())
    total = largest * kernel.channels
    rom = Rom(f"{name}_table", "table", table, covering(table), MemoryStyle.LUTRAM, banks=True, readers=kernel.lanes)
    form = SoftmaxAtOnceInstance if kernel.at_once else SoftmaxInstance
    return form(
        roms=(rom,),
        positions=kernel.positions,
        folds=kernel.channels // kernel.lanes,
        entries=len(table),
        frac=frac,
        bounded=distance >= len(table),
        x=Beat(kernel.x, kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
        high=Constant(kernel.softmax.high),
        distance=span(0, distance),
        power=rom.element,
        total=span(0, total),
        quotient=span(0, (largest << (frac + 1)) + total, 2 * total, kernel.softmax.high),
    )
