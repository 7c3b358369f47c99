"""Repack, Fork and Permute as instances of their templates; the loop of a fork is printed, for any number."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.backends.instances.base import Beat, Instance, Rom, covering
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import MemoryStyle
from codesign.ir.kernels.streams import Fork, Permute, Repack


@dataclass(frozen=True, eq=False)
class WidenInstance(Instance):
    """`ratio` beats of x become one of y."""

    function = "widen"
    header = "repack.hpp"

    beats: int
    ratio: int
    x: Beat
    y: Beat


@dataclass(frozen=True, eq=False)
class NarrowInstance(WidenInstance):
    """One beat of x becomes `ratio` of y."""

    function = "narrow"


@dataclass(frozen=True, eq=False)
class ForkInstance(Instance):
    """Each beat to every output: a template would need as many versions as there are numbers of outputs."""

    function = ""
    header = "types.hpp"

    beats: int
    x: Beat


@dataclass(frozen=True, eq=False)
class PermuteInstance(Instance):
    """Through a memory of one sample, one element at a time."""

    function = "permute"
    header = "permute.hpp"
    dataflow = True

    beats: int
    size: int
    x: Beat
    index: Fixed


@dataclass(frozen=True, eq=False)
class PermuteLanesInstance(PermuteInstance):
    """Through registers, several elements at a time."""

    function = "permute_lanes"


def repack(name: str, kernel: Repack) -> WidenInstance:
    """Gathering or splitting, whichever the lanes ask for."""
    small, large = sorted((kernel.lanes_in, kernel.lanes_out))
    if large % small or kernel.size % large:
        raise IRError(f"hls: process {name}: {kernel.size} elements, {kernel.lanes_in} to {kernel.lanes_out} lanes")
    build = NarrowInstance if kernel.lanes_out < kernel.lanes_in else WidenInstance
    return build(
        roms=(),
        beats=kernel.size // large,
        ratio=large // small,
        x=Beat(kernel.x, kernel.lanes_in),
        y=Beat(kernel.x, kernel.lanes_out),
    )


def fork(name: str, kernel: Fork) -> ForkInstance:
    """The instance; how many outputs there are shows in the call."""
    return ForkInstance(roms=(), beats=kernel.beats, x=Beat(kernel.x, kernel.lanes))


def permute(name: str, kernel: Permute) -> PermuteInstance:
    """A memory serves one lane; several lanes need registers."""
    source = kernel.source.reshape(-1, kernel.lanes)
    style = MemoryStyle.REGISTERS if len(source) == 1 else None
    rom = Rom(f"{name}_source", "source", source, covering(source), style)
    build = PermuteInstance if kernel.lanes == 1 else PermuteLanesInstance
    return build(
        roms=(rom,),
        beats=len(source),
        size=source.size,
        x=Beat(kernel.x, kernel.lanes),
        index=rom.element,
    )
