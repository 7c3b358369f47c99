"""The cycles of a design whose FIFOs have ends: who waits for room, and what that does to latency and interval.

`Flow` is the cycle model of the hardware, exactly: a beat that is written in cycle w can be taken from w + 1 on; it
keeps its place up to the cycle in which it is taken; it is written only if fewer beats than the depth hold places, and
until then the loop that gives it stands still as a whole. Times are found without stepping through cycles. Every
iteration and every write has an equation by earlier ones (`analysis/rigid.py` for one loop); the equations of all
loops are solved again and again, forwards and backwards through the design, where something that they depend on has
changed. Whatever it starts from, this ends in the one solution: what happens first depends on nothing, so it is right
after the first round, what depends only on that after the next, and so on.

A time depends on times of the same sample and of those before it. So the times of the first samples do not change with
how many follow, and a deadlock cannot be among them unless one sample alone has it (`analysis/deadlock.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codesign.analysis.rigid import NEVER_WAITS, pipeline
from codesign.analysis.schedule import Stage, Steps, pipeline_depth, stages
from codesign.ir.design import Design


@dataclass(frozen=True, eq=False)
class Loop:
    """One loop of a process, with the streams of its ports; `before` and `behind` are the loops that it shares two
    buffers with, by their places in `loops`."""

    process: str
    stage: Stage
    depth: int
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    before: int | None
    behind: int | None


def loops(design: Design, clock_mhz: float, pipelines: float = 1) -> list[Loop]:
    """All loops of a design, in topological order; `pipelines` stretches their pipelines."""
    found: list[Loop] = []
    for p in design:
        parts, depth = stages(p.kernel), round(pipelines * pipeline_depth(p.kernel, clock_mhz))
        reads, writes = list(p.reads), list(p.writes)
        for i, stage in enumerate(parts):
            taken, reads = tuple(reads[: len(stage.reads)]), reads[len(stage.reads) :]
            given, writes = tuple(writes[: len(stage.writes)]), writes[len(stage.writes) :]
            here = len(found)
            before, behind = here - 1 if i else None, here + 1 if i + 1 < len(parts) else None
            found.append(Loop(p.name, stage, depth, taken, given, before, behind))
    return found


class Flow:
    """All times of the first `samples` samples of a design, for FIFOs of any depths.

    `begin[i]` is the cycle of each iteration of loop i, `leave[i]` that in which what it gives is written, one sample
    behind the other; `written` and `taken` the cycles of each beat of a stream. Inputs are offered a beat per cycle, a
    sample each `interval` cycles or, without one, as fast as they are accepted. Outputs are taken as soon as they are
    there.
    """

    def __init__(
        self, design: Design, samples: int, interval: int | None, clock_mhz: float, pipelines: float = 1
    ) -> None:
        self.design, self.samples, self.interval = design, samples, interval
        self.loops = loops(design, clock_mhz, pipelines)
        self.depths: dict[str, int | None] = dict.fromkeys(design.streams)
        self.reader = {s: (i, k) for i, loop in enumerate(self.loops) for k, s in enumerate(loop.reads)}
        self.writer = {s: (i, k) for i, loop in enumerate(self.loops) for k, s in enumerate(loop.writes)}
        self.read_at = [[self._numbers(loop, at) for at in loop.stage.reads] for loop in self.loops]
        self.write_at = [[self._numbers(loop, at) for at in loop.stage.writes] for loop in self.loops]
        self.begin = [np.full(samples * loop.stage.steps, NEVER_WAITS, dtype=np.int64) for loop in self.loops]
        self.leave = list(self.begin)
        self.stalled = [False] * len(self.loops)
        self.solved = 0
        """Iterations whose times were computed so far, each time counted: what the work is proportional to."""
        self.taken: dict[str, Steps] = {}
        self.written: dict[str, Steps] = {}
        self.inputs = {port.stream for port in design.inputs}
        self.outputs = {port.stream for port in design.outputs}
        for name, stream in design.streams.items():
            self.taken[name] = self.written[name] = np.full(samples * stream.beats, NEVER_WAITS, dtype=np.int64)
        self.stale = set(range(len(self.loops)))
        for name in self.inputs:
            self._offer(name)
        self.solve()

    def _numbers(self, loop: Loop, at: Steps) -> Steps:
        """The iterations of all samples."""
        return (np.arange(self.samples)[:, None] * loop.stage.steps + at).ravel()

    def deepen(self, depths: Mapping[str, int | None]) -> None:
        """Gives FIFOs these depths (None is endless); `solve` then finds the times."""
        for name, depth in depths.items():
            if depth == self.depths[name]:
                continue
            self.depths[name] = depth
            if name in self.inputs:
                self._offer(name)
            else:
                self.stale.add(self.writer[name][0])

    def solve(self, latest: Sequence[Steps] | None = None) -> bool:
        """Solves all equations; False as soon as an iteration is found to begin later than `latest` has it, for each
        loop. The times are then not those of the design: `restore` some that were.

        Does not end if the design deadlocks and nothing is asked to be on time.
        """
        while self.stale:
            for order in (range(len(self.loops)), range(len(self.loops) - 1, -1, -1)):
                for i in order:
                    if i in self.stale:
                        self.stale.remove(i)
                        self._update(i)
                        if latest is not None and (self.begin[i] > latest[i]).any():
                            return False
        return True

    def latest(self, later: int = 0) -> list[Steps]:
        """The latest cycle in which each iteration of each loop may begin, if no beat of an output is to come more
        than `later` cycles behind where it is now: what follows from the ways to the outputs, room apart."""
        found: list[Steps] = [np.zeros(0, dtype=np.int64)] * len(self.loops)
        for i in reversed(range(len(self.loops))):
            loop, steps = self.loops[i], self.loops[i].stage.steps
            leave = np.full(self.samples * steps, 1 << 40, dtype=np.int64)
            for name, at in zip(loop.writes, self.write_at[i]):
                if name in self.outputs:
                    leave[at] = np.minimum(leave[at], self.written[name] + later)
                else:
                    reader, port = self.reader[name]
                    leave[at] = np.minimum(leave[at], found[reader][self.read_at[reader][port]] - 1)
            begin = leave - loop.depth
            if loop.behind is not None:
                begin[steps - 1 :: steps] = found[loop.behind][:: self.loops[loop.behind].stage.steps] - 1
            t = np.arange(len(begin))
            found[i] = t + np.minimum.accumulate((begin - t)[::-1])[::-1]
        return found

    def occupancy(self) -> dict[str, int]:
        """The most beats that ever hold places in each stream at once."""
        found = {}
        for name, written in self.written.items():
            gone = np.searchsorted(self.taken[name], written, side="left")  # those taken before this one was written
            found[name] = int((np.arange(1, len(written) + 1) - gone).max())
        return found

    def reach(self) -> int:
        """How many samples back a time can depend on: FIFOs may hold several, pipelines be longer than one, and pairs
        of buffers reach back two."""
        loops = (-(-loop.depth // loop.stage.steps) for loop in self.loops)
        fifos = (-(-(depth or 0) // self.design.streams[name].beats) for name, depth in self.depths.items())
        return max(2, *loops, *fifos)

    def repeats(self) -> bool:
        """Whether every further sample is the last one, an interval later: if as many in a row are as a time can
        depend on."""
        assert self.interval is not None
        reach = self.reach()
        times = (np.diff(t.reshape(self.samples, -1), axis=0) for t in (*self.begin, *self.leave))
        return reach < self.samples and all((t[-reach:] == self.interval).all() for t in times)

    def state(self) -> _State:
        """All times, to come back to."""
        return _State(dict(self.depths), list(self.begin), list(self.leave), list(self.stalled),
                      dict(self.taken), dict(self.written))  # fmt: skip

    def restore(self, state: _State) -> None:
        """Back to those times."""
        self.depths, self.begin, self.leave = dict(state.depths), list(state.begin), list(state.leave)
        self.stalled, self.taken, self.written = list(state.stalled), dict(state.taken), dict(state.written)
        self.stale = set()

    def _update(self, i: int) -> None:
        """Solves the equations of one loop; marks the loops that depend on what has changed."""
        loop, steps = self.loops[i], self.loops[i].stage.steps
        self.solved += self.samples * steps
        need = np.zeros(self.samples * steps, dtype=np.int64)
        for name, at in zip(loop.reads, self.read_at[i]):
            need[at] = np.maximum(need[at], self.written[name] + 1)
        if loop.before is not None:  # its buffer must be full
            need[::steps] = np.maximum(need[::steps], self._ends(loop.before) + 1)
        if loop.behind is not None:  # and one of the two empty
            need[2 * steps :: steps] = np.maximum(need[2 * steps :: steps], self._ends(loop.behind)[:-2] + 1)
        room = np.full(len(need), NEVER_WAITS, dtype=np.int64)
        for name, at in zip(loop.writes, self.write_at[i]):
            depth = self.depths[name]
            if depth is not None and depth < len(at):
                room[at[depth:]] = np.maximum(room[at[depth:]], self.taken[name][:-depth] + 1)
        begin, leave = pipeline(need, room, loop.depth)
        self.stalled[i] = bool(leave[-1] > begin[-1] + loop.depth or (leave > begin + loop.depth).any())
        if not np.array_equal(begin, self.begin[i]):
            self.begin[i] = begin
            self.stale.update(other for other in (loop.before, loop.behind) if other is not None)
            for name, at in zip(loop.reads, self.read_at[i]):
                self.taken[name] = begin[at]
                self._give_room(name)
        if not np.array_equal(leave, self.leave[i]):
            self.leave[i] = leave
            for name, at in zip(loop.writes, self.write_at[i]):
                self.written[name] = leave[at]
                self._give(name)

    def _ends(self, i: int) -> Steps:
        steps = self.loops[i].stage.steps
        return self.begin[i][steps - 1 :: steps]

    def _give(self, name: str) -> None:
        """The reader has to be solved again."""
        if name in self.outputs:
            self.taken[name] = self.written[name] + 1
        else:
            self.stale.add(self.reader[name][0])

    def _give_room(self, name: str) -> None:
        """The writer has to be solved again, if room is what it waits for."""
        depth = self.depths[name]
        if name in self.inputs:
            self._offer(name)
        elif depth is not None and depth < len(self.taken[name]):
            i = self.writer[name][0]
            if self.stalled[i] or (self.taken[name][:-depth] >= self.written[name][depth:]).any():
                self.stale.add(i)

    def _offer(self, name: str) -> None:
        """Solves the equations of an input: the cycles in which its beats are accepted."""
        beats, depth = self.design.streams[name].beats, self.depths[name]
        k = np.arange(self.samples * beats)
        due = k if self.interval is None else k % beats + k // beats * self.interval
        if depth is not None and depth < len(k):
            due = np.concatenate([due[:depth], np.maximum(due[depth:], self.taken[name][:-depth] + 1)])
        found = k + np.maximum.accumulate(due - k)
        if not np.array_equal(found, self.written[name]):
            self.written[name] = found
            self.stale.add(self.reader[name][0])


class Unsettled(Exception):
    """The times of further samples cannot be told from those of the first ones. Behind FIFOs that end a design may need
    several samples until it repeats itself, or very many."""


def settled(design: Design, clock_mhz: float, pipelines: float = 1, least: int = 4) -> Flow:
    """The times with endless FIFOs, for so many samples, `least` at least, that from some on all are the same.

    Unsettled where that would be too many samples."""
    samples = least
    while samples <= _MOST:
        flow = Flow(design, samples, design.interval(), clock_mhz, pipelines)
        under_way = max(int(end[-1]) for end in flow.leave) // design.interval() - samples + 2
        if flow.repeats() and samples >= under_way + 3:
            return flow
        samples = max(samples + 2, under_way + 3) if flow.repeats() else 2 * samples
    raise Unsettled(f"{design.name} does not repeat itself within {_MOST} samples")


_MOST = 4096
"""Samples. Times settle within the number of samples that are under way at once."""


@dataclass(frozen=True, eq=False)
class _State:
    depths: dict[str, int | None]
    begin: list[Steps]
    leave: list[Steps]
    stalled: list[bool]
    taken: dict[str, Steps]
    written: dict[str, Steps]
