"""Expected cycles of a design: when each beat is written and read, exactly, for the static schedule of its kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codesign.analysis.schedule import Stage, Steps, pipeline_depth, stages
from codesign.errors import IRError
from codesign.ir.design import Design, Process


@dataclass(frozen=True)
class Span:
    """Cycles of the first sample: first iteration, first result written, last result written."""

    start: int
    first_output: int
    finish: int


@dataclass(frozen=True)
class Timing:
    """What to expect of a design, in cycles; FIFOs never full, inputs a beat per cycle at the start of each interval.

    `latency` is from the first beat of an input to the last of the outputs, for a sample on its own;
    `steady_latency` the same in a long run of samples, one per `interval`. `occupancy` is the largest number of
    beats that ever wait in a stream.
    """

    interval: int
    latency: int
    steady_latency: int
    processes: Mapping[str, Span]
    occupancy: Mapping[str, int]


def timing(design: Design, clock_mhz: float = 200, *, pipelines: float = 1) -> Timing:
    """The cycles of a design whose inputs start a sample every `design.interval()` cycles.

    Iteration t of a loop starts a cycle after iteration t - 1, or as soon as the last beat that it takes has been
    written a cycle ago, whichever is later: a max-plus recursion that numpy runs along whole samples. It is repeated
    for further samples until all times differ by exactly one interval from those of the sample before; from
    there on nothing changes. `pipelines` stretches the estimated pipeline depths.
    """
    run = _Run(design, clock_mhz, pipelines)
    latency = run.sample()
    spans = {name: actor.span for name, actor in run.actors.items()}
    for _ in range(_LIMIT):
        before = {name: actor.relative for name, actor in run.actors.items()}
        steady = run.sample()
        if all(_same(before[name], actor.relative) for name, actor in run.actors.items()):
            for _ in range(steady // run.interval + 1):  # until as many samples are under way at once as there ever are
                run.sample()
            return Timing(run.interval, latency, steady, spans, run.occupancy())
    raise IRError(f"timing: {design.name} does not settle after {_LIMIT} samples")


def written(design: Design, samples: int, clock_mhz: float = 200) -> dict[str, Steps]:
    """(samples, beats) by stream: the cycle in which each beat is written, of the first samples of such a run."""
    run = _Run(design, clock_mhz, 1)
    for _ in range(samples):
        run.sample()
    return {name: np.stack(cycles) for name, cycles in run.written.items()}


def alone(design: Design, clock_mhz: float = 200, *, pipelines: float = 1) -> int:
    """The `latency` of `timing`, for a sample on its own."""
    return _Run(design, clock_mhz, pipelines).sample()


def first_samples(design: Design, samples: int, clock_mhz: float = 200) -> tuple[list[int], dict[str, int]]:
    """(the latency of each of the first samples, one per interval; the most beats that wait in each stream by then)."""
    run = _Run(design, clock_mhz, 1)
    return [run.sample() for _ in range(samples)], run.occupancy()


_LIMIT = 10_000
"""Times only ever grow towards their limit, by at least a cycle in some process: far beyond what a design can need."""


class _Actor:
    """One process: its loops, and the cycles of their iterations for the sample at hand."""

    def __init__(self, process: Process, clock_mhz: float, pipelines: float) -> None:
        self.process = process
        self.stages = stages(process.kernel)
        self.depth = round(pipelines * pipeline_depth(process.kernel, clock_mhz))
        self.ends: list[list[int]] = [[] for _ in self.stages]
        self.relative: list[Steps] = []
        self.span = Span(0, 0, 0)

    def run(self, arrivals: list[Steps], start: int) -> tuple[list[Steps], list[Steps]]:
        """(cycles in which each read port's beats are taken, cycles in which each write port's are written)."""
        taken: list[Steps] = []
        written: list[Steps] = []
        cycles = []
        ready = 0
        for i, stage in enumerate(self.stages):
            cycles.append(self._cycles(i, stage, arrivals[len(taken) :], ready))
            taken += [cycles[i][r] for r in stage.reads]
            written += [cycles[i][w] + self.depth for w in stage.writes]
            ready = int(cycles[i][-1]) + 1
            self.ends[i].append(ready)
        self.relative = [c - start for c in cycles]
        self.span = Span(int(cycles[0][0]), min(int(w[0]) for w in written), max(int(w[-1]) for w in written))
        return taken, written

    def _cycles(self, i: int, stage: Stage, arrivals: list[Steps], ready: int) -> Steps:
        need = np.full(stage.steps, ready, dtype=np.int64)
        for beats, arrival in zip(stage.reads, arrivals):
            need[beats] = np.maximum(need[beats], arrival + 1)
        if self.ends[i]:
            need[0] = max(need[0], self.ends[i][-1])
        if i + 1 < len(self.stages) and len(self.ends[i + 1]) >= 2:
            need[0] = max(need[0], self.ends[i + 1][-2])  # two buffers: the one to fill must have been emptied
        t = np.arange(stage.steps)
        return t + np.maximum.accumulate(need - t)


class _Run:
    """Sample after sample through all processes."""

    def __init__(self, design: Design, clock_mhz: float, pipelines: float) -> None:
        self.design = design
        self.interval = design.interval()
        self.actors = {p.name: _Actor(p, clock_mhz, pipelines) for p in design}
        self.samples = 0
        self.written: dict[str, list[Steps]] = {name: [] for name in design.streams}
        self.taken: dict[str, list[Steps]] = {name: [] for name in design.streams}

    def sample(self) -> int:
        """Runs the next sample and gives its latency."""
        start = self.samples * self.interval
        for port in self.design.inputs:
            self.written[port.stream].append(start + np.arange(self.design.streams[port.stream].beats))
        for actor in self.actors.values():
            p = actor.process
            taken, written = actor.run([self.written[name][-1] for name in p.reads], start)
            for name, cycles in zip(p.reads, taken):
                self.taken[name].append(cycles)
            for name, cycles in zip(p.writes, written):
                self.written[name].append(cycles)
        finish = 0
        for port in self.design.outputs:
            cycles = self.written[port.stream][-1]
            self.taken[port.stream].append(cycles + 1)
            finish = max(finish, int(cycles[-1]))
        self.samples += 1
        return finish + 1 - start

    def occupancy(self) -> dict[str, int]:
        """The most beats that wait in each stream at once; a beat leaves its place the cycle after it is taken."""
        found = {}
        for name in self.design.streams:
            written, taken = np.concatenate(self.written[name]), np.concatenate(self.taken[name])
            gone = np.searchsorted(taken, written, side="left")  # those taken before this one was written
            found[name] = int((np.arange(1, len(written) + 1) - gone).max())
        return found


def _same(a: list[Steps], b: list[Steps]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b))
