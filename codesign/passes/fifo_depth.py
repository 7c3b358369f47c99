"""FIFO depths with which the design neither deadlocks nor slows down, as small as they can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from codesign.analysis.bounded import loops
from codesign.analysis.cost import fifo_memory
from codesign.analysis.deadlock import Hold, Net
from codesign.analysis.depths import EFFORT, LEAST, Unfound, in_time, minimal_depths
from codesign.analysis.latency import timing
from codesign.analysis.paths import reconvergent_streams
from codesign.errors import IRError
from codesign.ir.design import Design, Stream

SLACK = 16
"""Further words where paths part and meet again. Pipeline depths are estimates until an HLS tool has scheduled the
loops, and a shift register of up to 32 words costs as much as one of two."""

STRETCHES = (1.0, 2.0)
"""By how much pipelines may be deeper than estimated. In SystemVerilog they are exactly as deep."""


def fifo_depth(design: Design, clock_mhz: float = 200, *, lowered: bool = True) -> Design:
    """The same design with the depth of every stream set, and what its FIFOs are made of.

    With these depths the outputs come in the same cycles as with endless FIFOs, where inputs start a sample per
    interval, for pipelines as deep as estimated and twice as deep. The design cannot deadlock whatever the depths of
    its pipelines, nor where HLS pipelines that deep stop for want of input. Depths are minimal for the exact pipelines
    (`analysis/depths.py`), larger where deeper ones need it, and by `SLACK` at the ends of paths that meet. Without
    `lowered`, and where the search finds none within its effort, they are what ever waits with endless FIFOs, which
    takes less time to find and more bits; `minimum` of the streams is then None.
    """
    least = _minimal(design, clock_mhz, STRETCHES[0]) if lowered else None
    depths = None if least is None else _raised(design, least, clock_mhz)
    if depths is None:
        depths = _alive(design, _slack(design, _occupied(design, clock_mhz)), clock_mhz)
    found = design.copy()
    for name, stream in design.streams.items():
        minimum = None if least is None else min(least[name], depths[name])
        found.streams[name] = _deep(stream, depths[name], minimum)
    return found


def fifos(design: Design) -> dict[str, tuple[int, int | None]]:
    """(depth, least depth) of every stream, for `with_fifos`."""
    return {name: (stream.depth, stream.minimum) for name, stream in design.streams.items()}


def with_fifos(design: Design, found: Mapping[str, tuple[int, int | None]]) -> Design:
    """The same design with the depths that `fifos` gave for it before, which are not searched again.

    IRError where these are not the depths of its streams.
    """
    if found.keys() != design.streams.keys() or any(depth < 1 for depth, _ in found.values()):
        raise IRError("fifo_depth: the depths are those of another design")
    design = design.copy()
    for name, (depth, minimum) in found.items():
        design.streams[name] = _deep(design.streams[name], depth, minimum)
    return design


def _deep(stream: Stream, depth: int, minimum: int | None) -> Stream:
    deep = replace(stream, depth=depth, minimum=minimum)
    return replace(deep, memory=fifo_memory(depth, deep.width // deep.fifos))


def _raised(design: Design, depths: dict[str, int], clock_mhz: float) -> dict[str, int] | None:
    """Minimal depths, and what deeper pipelines and those of HLS tools need; None if room that was added makes an
    output late, which can be where pipelines stop, or where the search finds none."""
    in_time_with = {STRETCHES[0]: depths}
    for stretch in STRETCHES[1:]:
        if not in_time(design, depths, clock_mhz, stretch, EFFORT):
            deeper = _minimal(design, clock_mhz, stretch, depths)
            if deeper is None:
                return None
            depths = deeper
        in_time_with[stretch] = depths
    depths = _alive(design, _slack(design, depths), clock_mhz)
    changed = [stretch for stretch in STRETCHES if in_time_with[stretch] != depths]
    return depths if all(in_time(design, depths, clock_mhz, stretch, EFFORT) for stretch in changed) else None


def _minimal(
    design: Design, clock_mhz: float, stretch: float, floor: Mapping[str, int] | None = None
) -> dict[str, int] | None:
    """Minimal depths, where there are any that can be found with the effort that a search is given."""
    try:
        return minimal_depths(design, clock_mhz, stretch, floor, EFFORT)
    except Unfound:
        return None


def _occupied(design: Design, clock_mhz: float) -> dict[str, int]:
    """As many words as ever wait in each stream."""
    waiting = [timing(design, clock_mhz, pipelines=stretch).occupancy for stretch in STRETCHES]
    ports = {port.stream for port in (*design.inputs, *design.outputs)}
    most = _deepest(*waiting)
    return {name: LEAST if name in ports else max(LEAST, most[name]) for name in design.streams}


def _slack(design: Design, depths: Mapping[str, int]) -> dict[str, int]:
    ends = reconvergent_streams(design)
    return {name: depth + SLACK * (name in ends) for name, depth in depths.items()}


def _alive(design: Design, depths: Mapping[str, int], clock_mhz: float) -> dict[str, int]:
    """The depths, and what HLS pipelines need so as not to deadlock that stop, beats in them, for want of input."""
    widths = {name: stream.width for name, stream in design.streams.items()}
    for stretch in STRETCHES:
        depths = Net(design, loops(design, clock_mhz, stretch)).grown(depths, Hold.STALLED, widths)
    return dict(depths)


def _deepest(*several: Mapping[str, int]) -> dict[str, int]:
    return {name: max(depths[name] for depths in several) for name in several[0]}
