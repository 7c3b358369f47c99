"""A design cycle by cycle, as its hardware is: the reference that faster analyses are held to."""

from __future__ import annotations

from codesign.analysis.schedule import pipeline_depth, stages
from codesign.ir.design import Design, Process


class Loop:
    """One loop of a process in the simulation: a pipeline of `depth` registers, each with the streams to write."""

    def __init__(self, process: Process, index: int, clock_mhz: float, pipelines: float) -> None:
        stage = stages(process.kernel)[index]
        readers = [i for i, s in enumerate(stages(process.kernel)) if s.reads]
        writers = [i for i, s in enumerate(stages(process.kernel)) if s.writes]
        self.steps = stage.steps
        self.reads = {s: set(r.tolist()) for s, r in zip(process.reads if index in readers else (), stage.reads)}
        self.writes = {s: set(w.tolist()) for s, w in zip(process.writes if index in writers else (), stage.writes)}
        depth = round(pipelines * pipeline_depth(process.kernel, clock_mhz))
        self.pipeline: list[list[str]] = [[] for _ in range(depth)]
        self.step = self.sample = 0


class Machine:
    """A design, cycle by cycle: a loop whose beat is missing lets its pipeline run on empty, one whose result finds
    no room stalls as a whole.

    Written from the rules in the docstrings of Stage and Stream, not from `timing`. Inputs start a sample every
    `interval` cycles, or are as fast as they are accepted. `taken` has the cycles in which beats are taken. With
    `stalls` pipelines move as some of HLS tools do: only when an iteration begins, up to the end of the sample, when
    they run empty before the next one begins.
    """

    def __init__(
        self,
        design: Design,
        samples: int,
        clock_mhz: float = 200,
        interval: int | None = None,
        pipelines: float = 1,
        stalls: bool = False,
    ) -> None:
        self.stalls = stalls
        self.design, self.samples, self.now, self.interval = design, samples, 0, interval
        self.chains = [[Loop(p, i, clock_mhz, pipelines) for i in range(len(stages(p.kernel)))] for p in design]
        self.taken: dict[str, list[int]] = {name: [] for name in design.streams}
        self.waiting: dict[str, list[int]] = {name: [] for name in design.streams}  # cycle from which each is there
        self.left = {p.stream: samples * design.streams[p.stream].beats for p in design.inputs}
        self.finished: dict[str, list[int]] = {p.stream: [] for p in design.outputs}

    def run(self, patience: int) -> list[int]:
        """The cycle in which each sample was complete at the outputs; AssertionError on deadlock."""
        idle = 0
        goal = {s: self.samples * self.design.streams[s].beats for s in self.finished}
        while any(len(self.finished[s]) < goal[s] for s in goal):
            idle = 0 if self.cycle() else idle + 1
            assert idle < patience, f"deadlock in cycle {self.now}"
        beats = {s: self.design.streams[s].beats for s in goal}
        return [max(self.finished[s][(k + 1) * beats[s] - 1] for s in goal) for k in range(self.samples)]

    def cycle(self) -> bool:
        """One clock; whether anything moved."""
        full = {name: len(w) >= self.design.streams[name].depth for name, w in self.waiting.items()}
        ready = {name: bool(w) and w[0] < self.now for name, w in self.waiting.items()}
        moved = False
        for name, beats in self.finished.items():
            if ready[name]:
                self.take(name)
                beats.append(self.now)
                moved = True
        for chain in self.chains:
            done = [loop.sample for loop in chain]
            for i, loop in enumerate(chain):
                moved |= self.advance(done, i, loop, full, ready)
        for name in self.left:
            if self.left[name] and self.due(name) > self.now:
                moved = True
            elif self.left[name] and not full[name]:
                self.waiting[name].append(self.now)
                self.left[name] -= 1
                moved = True
        self.now += 1
        return moved

    def due(self, name: str) -> int:
        """The first cycle in which the next beat of an input is offered."""
        beats = self.design.streams[name].beats
        sample, beat = divmod(self.samples * beats - self.left[name], beats)
        return 0 if self.interval is None else sample * self.interval + beat

    def take(self, name: str) -> None:
        self.waiting[name].pop(0)
        self.taken[name].append(self.now)

    def advance(self, done: list[int], i: int, loop: Loop, full: dict[str, bool], ready: dict[str, bool]) -> bool:
        if any(full[s] for s in loop.pipeline[-1]):
            return False
        begins = self.begins(done, i, loop, ready)
        if self.stalls and loop.step and not begins:
            return False
        moving = any(loop.pipeline)
        for s in loop.pipeline[-1]:
            self.waiting[s].append(self.now)
        loop.pipeline = [[], *loop.pipeline[:-1]]
        if begins:
            self.begin(loop)
        return begins or moving

    def begins(self, done: list[int], i: int, loop: Loop, ready: dict[str, bool]) -> bool:
        """Whether the next iteration can begin, as far as its beats and buffers decide."""
        if loop.sample == self.samples:
            return False
        if loop.step == 0 and i > 0 and done[i - 1] <= loop.sample:
            return False  # its buffer is not yet filled
        if loop.step == 0 and i + 1 < len(done) and loop.sample - done[i + 1] >= 2:
            return False  # both buffers are in use
        if self.stalls and loop.step == 0 and any(loop.pipeline):
            return False
        return all(ready[s] for s, steps in loop.reads.items() if loop.step in steps)

    def begin(self, loop: Loop) -> None:
        for s, steps in loop.reads.items():
            if loop.step in steps:
                self.take(s)
        loop.pipeline[0] = [s for s, steps in loop.writes.items() if loop.step in steps]
        loop.step += 1
        if loop.step == loop.steps:
            loop.step, loop.sample = 0, loop.sample + 1
