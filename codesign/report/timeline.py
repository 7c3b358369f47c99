"""Who works when for one sample: the cycle model of a design, in as many steps as a picture can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from codesign.analysis.activity import activities
from codesign.analysis.bounded import Flow
from codesign.analysis.schedule import Steps
from codesign.ir.design import Design, Port

STEPS = 400
"""How many steps of time are told apart at most."""


@dataclass(frozen=True)
class TimelineRow:
    """A port, a process, or one of its loops; in cycles from the first beat of the sample's inputs.

    `busy[i]` is the number of cycles in step `begin` + i of the timeline in which it begins an iteration for this
    sample, `still[i]` of those in which it stands still, as a result finds no room. From `start` to before `stop` it
    waits for beats in all others. `others[i]` counts the iterations for other samples in step i, in a long run.
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
    still: tuple[int, ...] = ()
    others: tuple[int, ...] = ()

    @property
    def works(self) -> int:
        """Cycles in which it works for the sample."""
        return sum(self.busy)

    @property
    def room(self) -> int:
        """Cycles in which it waits for room."""
        return sum(self.still)

    @property
    def waits(self) -> int:
        """Cycles from its first to its last one in which it waits for beats."""
        return self.stop - self.start - self.works - self.room


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


def timelines(design: Design, flow: Flow) -> tuple[Timeline, Timeline]:
    """That of a sample on its own, and that of one in a long run, of a design that is `running`."""
    return _timeline(design, flow, 0), _timeline(design, flow, flow.samples - 1)


def _timeline(design: Design, flow: Flow, sample: int) -> Timeline:
    interval, steady = design.interval(), sample > 0
    every = list(_rows(design, flow, sample))
    before = max(0, *(-int(row.cycles[0]) for row in every))
    # Later than the last output only where a part of an image is cut off.
    total = before + max(row.finish for row in every)
    step = -(-total // STEPS)
    rows = []
    for row in every:
        start, cycles = int(row.cycles[0]), row.cycles + before
        busy, still = _counts(cycles, step), _counts(row.still + before, step)
        begin, others = int(cycles[0]) // step, np.zeros(0, dtype=np.int64)
        if steady:
            others = _repeated(cycles, interval, total, step)
            others[: len(busy)] -= busy
        counts = (tuple(n.tolist()) for n in (busy[begin:], still[begin:], others))
        rows.append(TimelineRow(row.name, row.what, start, int(row.cycles[-1]) + 1, row.finish, begin, *counts))
    latency = max(row.finish for row in every if row.what == "output")
    return Timeline(steady, total, before, latency, interval, step, tuple(rows))


@dataclass(frozen=True, eq=False)
class _Row:
    name: str
    what: str
    cycles: Steps
    still: Steps
    finish: int


def _rows(design: Design, flow: Flow, sample: int) -> Iterator[_Row]:
    """Inputs, the loops of the processes in the order of the design, outputs."""
    for port in design.inputs:
        cycles = _cycles(port, flow, sample)
        still = np.setdiff1d(np.arange(cycles[0], cycles[-1]), cycles)  # beats are offered without a pause
        yield _Row(port.name, "input", cycles, still, int(cycles[-1]) + 1)
    found = activities(flow, sample)
    for activity in found:
        loop = activity.loop
        what = type(design.processes[loop.process].kernel).__name__
        if loop.before is not None or loop.behind is not None:
            what += ", writing" if loop.writes else ", reading"
        yield _Row(loop.process, what, activity.begin, activity.still, activity.finish)
    for port in design.outputs:
        cycles = _cycles(port, flow, sample)
        yield _Row(port.name, "output", cycles, np.zeros(0, dtype=np.int64), int(cycles[-1]) + 1)


def _cycles(port: Port, flow: Flow, sample: int) -> Steps:
    """Those in which the beats of a port are written: an input's when there is room, an output's when they come."""
    assert flow.interval is not None
    cycles: Steps = flow.written[port.stream].reshape(flow.samples, -1)[sample] - sample * flow.interval
    return cycles


def _counts(cycles: Steps, step: int) -> Steps:
    """How many of them lie in each step, up to the last that has any."""
    return np.bincount(cycles // step).astype(np.int64)


def _repeated(cycles: Steps, interval: int, total: int, step: int) -> Steps:
    """The same for these cycles and those of all samples before and after, over the whole time."""
    busy = np.zeros(interval, dtype=np.int64)
    np.add.at(busy, cycles % interval, 1)
    along = busy[np.arange(total) % interval]
    return np.add.reduceat(along, np.arange(0, total, step))
