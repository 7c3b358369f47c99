"""Who works when for one sample: the cycle model of a design, in as many steps as a picture can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from codesign.analysis.latency import Activity, Timing
from codesign.analysis.schedule import Steps, stages
from codesign.ir.design import Design

STEPS = 400
"""How many steps of time are told apart at most."""


@dataclass(frozen=True)
class TimelineRow:
    """A port, a process, or one of its loops; in cycles from the first beat of the sample's inputs.

    `busy[i]` is the number of cycles in step `begin` + i of the timeline in which it begins an iteration for this
    sample; from `start` to before `stop` it waits for beats in all others. `others[i]` counts those for other samples
    in step i, in a long run.
    """

    name: str
    what: str
    """input, output, the kernel; of a process with two loops, also which."""
    start: int
    stop: int
    finish: int
    """When all of it is done: its last iteration begun, its last result written."""
    begin: int
    busy: tuple[int, ...]
    others: tuple[int, ...] = ()

    @property
    def works(self) -> int:
        """Cycles in which it works for the sample."""
        return sum(self.busy)

    @property
    def waits(self) -> int:
        """Cycles from its first to its last one in which it waits for beats."""
        return self.stop - self.start - self.works


@dataclass(frozen=True)
class Timeline:
    """What a design does for a sample, in `cycles` cycles. They begin `before` cycles ahead of the first beat of its
    inputs (in a long run a process may begin with what needs none, as a border); `latency` cycles after that beat the
    last result is there.

    A step of the rows is `step` cycles long. In a long run (`steady`) a sample begins every `interval` cycles.
    """

    steady: bool
    cycles: int
    before: int
    latency: int
    interval: int
    step: int
    rows: tuple[TimelineRow, ...]


def timelines(design: Design, times: Timing) -> tuple[Timeline, Timeline]:
    """That of a sample on its own, and that of one in a long run."""
    return _timeline(design, times, steady=False), _timeline(design, times, steady=True)


def _timeline(design: Design, times: Timing, *, steady: bool) -> Timeline:
    every = list(_rows(design, times.steady if steady else times.first))
    before = max(0, *(-int(row.cycles[0]) for row in every))
    # Later than the last output only where a part of an image is cut off.
    total = before + max(row.finish for row in every)
    step = -(-total // STEPS)
    rows = []
    for row in every:
        start, cycles = int(row.cycles[0]), row.cycles + before
        busy = np.bincount(cycles // step).astype(np.int64)
        begin, others = int(cycles[0]) // step, np.zeros(0, dtype=np.int64)
        if steady:
            others = _repeated(cycles, times.interval, total, step)
            others[: len(busy)] -= busy
        counts = tuple(busy[begin:].tolist()), tuple(others.tolist())
        rows.append(TimelineRow(row.name, row.what, start, int(row.cycles[-1]) + 1, row.finish, begin, *counts))
    latency = times.steady_latency if steady else times.latency
    return Timeline(steady, total, before, latency, times.interval, step, tuple(rows))


@dataclass(frozen=True, eq=False)
class _Row:
    name: str
    what: str
    cycles: Steps
    finish: int


def _rows(design: Design, activities: Mapping[str, Activity]) -> Iterator[_Row]:
    """Inputs, the loops of the processes in the order of the design, outputs."""
    for port in design.inputs:
        cycles = np.arange(design.streams[port.stream].beats)
        yield _Row(port.name, "input", cycles, len(cycles))
    given: dict[str, Steps] = {}
    for process in design:
        activity, loops = activities[process.name], stages(process.kernel)
        written = [cycles[w] for cycles, loop in zip(activity.loops, loops, strict=True) for w in loop.writes]
        depth = activity.finish - max(int(w[-1]) for w in written)
        given |= {name: w + depth for name, w in zip(process.writes, written, strict=True)}
        kernel = type(process.kernel).__name__
        for i, cycles in enumerate(activity.loops):
            last = max(activity.finish if loops[i].writes else 0, int(cycles[-1])) + 1
            what = kernel if len(loops) == 1 else f"{kernel}, {'writing' if loops[i].writes else 'reading'}"
            yield _Row(process.name, what, cycles, last)
    for port in design.outputs:
        cycles = given[port.stream]
        yield _Row(port.name, "output", cycles, int(cycles[-1]) + 1)


def _repeated(cycles: Steps, interval: int, total: int, step: int) -> Steps:
    """The same for these cycles and those of all samples before and after, over the whole time."""
    busy = np.zeros(interval, dtype=np.int64)
    np.add.at(busy, cycles % interval, 1)
    along = busy[np.arange(total) % interval]
    return np.add.reduceat(along, np.arange(0, total, step))
