"""How long after each beat of an input a beat of an output can come at the earliest: a design's critical paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.analysis.schedule import Steps, pipeline_depth, stages
from codesign.ir.design import Design, Process

NEVER = -(1 << 40)
"""The delay of what does not depend on a beat."""


@dataclass(frozen=True, eq=False)
class Delays:
    """What an output stream waits for, beat by beat of a sample on its own; in cycles.

    `behind[name][j, g]` is the least time from the write of beat g of the stream `name` to the write of beat j of the
    output, both counted along the `shares` of the sample that were asked for; NEVER where j does not need g.
    `from_start[j]` is the first cycle in which beat j can be written, as far as the design's own inputs decide and its
    loops, which start in cycle 0 at the earliest.
    """

    behind: dict[str, NDArray[np.int64]]
    from_start: NDArray[np.int64]


def beats_at(shares: Sequence[float], beats: int) -> list[int]:
    """The beats at these shares of a sample: 0 is the first, 1 the last."""
    return [round(share * (beats - 1)) for share in shares]


def delays(design: Design, output: str, entries: Sequence[str], shares: Sequence[float], clock_mhz: float) -> Delays:
    """The delays to the beats of `output` at these shares of a sample, from those of the streams `entries`.

    The schedules are static: beat j is written max over all g of (the write of g + its delay to j), where the delay is
    the sum of steps and pipelines along the longest path between them: the recursion of `timing`, walked backwards.
    """
    behind: dict[str, Steps] = {}
    last = beats_at(shares, design.streams[output].beats)
    behind[output] = np.full((len(last), design.streams[output].beats), NEVER, dtype=np.int64)
    behind[output][np.arange(len(last)), last] = 0
    start = np.zeros(len(last), dtype=np.int64)
    for process in reversed(list(design)):
        if any(name in behind for name in process.writes):
            before, from_start = _before(process, behind, len(last), clock_mhz)
            behind |= zip(process.reads, before)
            start = np.maximum(start, from_start)
    for port in design.inputs:
        if port.stream in behind:
            found = behind[port.stream]
            start = np.maximum(start, (found + np.arange(found.shape[1])).max(axis=1))
    at = {name: behind[name][:, beats_at(shares, design.streams[name].beats)] for name in entries if name in behind}
    return Delays({name: np.where(found < NEVER // 2, NEVER, found) for name, found in at.items()}, start)


def first_latency(design: Design, clock_mhz: float) -> int:
    """Cycles from the first beat of the inputs to the last of the outputs, for a sample on its own: as `timing` has it,
    without the samples behind."""
    last = (delays(design, port.stream, (), (1.0,), clock_mhz).from_start for port in design.outputs)
    return 1 + max((int(found[0]) for found in last), default=0)


def _before(process: Process, behind: dict[str, Steps], outputs: int, clock_mhz: float) -> tuple[list[Steps], Steps]:
    """The delays from the beats that a process reads, and from its start, by those from the beats that it writes."""
    depth = pipeline_depth(process.kernel, clock_mhz)
    writes = list(process.writes)
    found: list[Steps] = []
    ready = np.full(outputs, NEVER, dtype=np.int64)  # from the start of the loop behind
    for stage in reversed(stages(process.kernel)):
        step = np.full((outputs, stage.steps), NEVER, dtype=np.int64)
        step[:, -1] = ready + stage.steps
        for at in reversed(stage.writes):
            name = writes.pop()
            if name in behind:
                step[:, at] = np.maximum(step[:, at], behind[name] + at + depth)
        step = np.maximum.accumulate(step[:, ::-1], axis=1)[:, ::-1]
        found = [step[:, at] - at + 1 for at in stage.reads] + found
        ready = step[:, 0]
    return found, ready
