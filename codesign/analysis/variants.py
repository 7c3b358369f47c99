"""A design cycle by cycle, with many sets of FIFO depths side by side: what each of them does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.analysis.bounded import loops
from codesign.analysis.schedule import Steps
from codesign.errors import IRError
from codesign.ir.design import Design


@dataclass(frozen=True)
class Outcome:
    """What a design does with some depths: the cycle in which each sample was complete at the outputs, and whether it
    then stood still before all were.

    `interval` is that of its steady state, once it is seen to repeat itself.
    """

    finished: tuple[int, ...]
    deadlock: bool
    interval: Fraction | None


def outcomes(
    design: Design, depths: Sequence[Mapping[str, int]], samples: int, interval: int, clock_mhz: float = 200
) -> list[Outcome]:
    """What the design does with each of these sets of depths, for inputs that start a sample every `interval` cycles
    (0: as fast as they are accepted)."""
    machine = _Machine(design, depths, samples, interval, clock_mhz)
    while machine.cycle():
        pass
    return machine.outcomes()


_WIDEST = 62
"""Registers of a pipeline that are bits of a number."""


class _Machine:
    """The registers of the hardware, in arrays with a column for each set of depths.

    Written from the rules, and not from the equations of `Flow`: what the pipeline of a loop holds for a stream are the
    bits of a number, shifted where the pipeline advances.
    """

    def __init__(
        self, design: Design, depths: Sequence[Mapping[str, int]], samples: int, interval: int, clock_mhz: float
    ) -> None:
        self.samples, self.interval, self.now = samples, interval, 0
        parts, v = loops(design, clock_mhz), len(depths)
        place = {name: i for i, name in enumerate(design.streams)}
        self.beats = np.array([s.beats for s in design.streams.values()])[:, None]
        self.room = np.array([[*(d[name] for name in design.streams), 1] for d in depths]).T
        self.count = np.zeros(self.room.shape, dtype=np.int64)  # the last stands for no stream
        steps = [loop.stage.steps for loop in parts]
        self.steps, depth = np.array(steps)[:, None], np.array([loop.depth for loop in parts])[:, None]
        if depth.max() > _WIDEST:
            raise IRError(f"variants: {design.name} has a pipeline of {depth.max()} registers; {_WIDEST} are modelled")
        self.at = np.zeros((len(parts), v), dtype=np.int64)
        self.sample = np.zeros((len(parts), v), dtype=np.int64)
        self.reads = _ports([[(place[s], at) for s, at in zip(p.reads, p.stage.reads)] for p in parts], steps)
        self.writes = _ports([[(place[s], at) for s, at in zip(p.writes, p.stage.writes)] for p in parts], steps)
        self.held = np.zeros((len(self.writes.loop), v), dtype=np.int64)
        self.last = depth[self.writes.loop] - 1
        self.mask = (2 << self.last) - 1
        self.pairs = np.array([(p.before, i) for i, p in enumerate(parts) if p.before is not None], dtype=np.int64)
        self.inputs = np.array([place[p.stream] for p in design.inputs])
        self.outputs = np.array([place[p.stream] for p in design.outputs])
        self.given = np.zeros((len(self.inputs), v), dtype=np.int64)
        self.taken = np.zeros((len(self.outputs), v), dtype=np.int64)
        self.complete = np.zeros(v, dtype=np.int64)
        self.finished: list[list[int]] = [[] for _ in depths]
        self.dead = np.zeros(v, dtype=bool)
        self.seen: list[dict[bytes, tuple[int, int]]] = [{} for _ in depths]
        self.intervals: list[Fraction | None] = [None] * v

    def cycle(self) -> bool:
        """One clock; whether any is still to run."""
        full, empty = self.count >= self.room, self.count == 0
        full[-1] = empty[-1] = False
        reads, writes = self.reads, self.writes
        end = (self.held >> self.last) & 1 == 1
        advance = ~np.logical_or.reduceat(end & full[writes.stream], writes.first)
        need = reads.table[reads.start + self.at[reads.loop]]
        go = advance & ~np.logical_or.reduceat(need & empty[reads.stream], reads.first) & (self.sample < self.samples)
        if len(self.pairs):
            filled, emptied = self.sample[self.pairs[:, 0]], self.sample[self.pairs[:, 1]]
            go[self.pairs[:, 0]] &= (self.at[self.pairs[:, 0]] > 0) | (filled - emptied < 2)
            go[self.pairs[:, 1]] &= (self.at[self.pairs[:, 1]] > 0) | (filled > emptied)
        put, take = end & advance[writes.loop], need & go[reads.loop]
        give = writes.table[writes.start + self.at[writes.loop]] & go[writes.loop]
        moves = advance[writes.loop]
        pushed = (moves & (self.held != 0)).any(axis=0)
        self.held = np.where(moves, (self.held << 1 | give) & self.mask, self.held)
        beats = self.beats[self.inputs]
        due = self.given // beats * self.interval + (self.given % beats if self.interval else 0)
        offered = self.given < self.samples * beats
        accept, leave = offered & (due <= self.now) & ~full[self.inputs], ~empty[self.outputs]
        count = self.count.copy()
        count[writes.stream] += put
        count[reads.stream] -= take
        count[self.inputs] += accept
        count[self.outputs] -= leave
        count[-1] = 0
        self.count = count
        self.given += accept
        self.taken += leave
        self.at += go
        done = self.at == self.steps
        self.at[done] = 0
        self.sample += done
        complete = (self.taken // self.beats[self.outputs]).min(axis=0)
        moved = (
            go.any(axis=0)
            | put.any(axis=0)
            | leave.any(axis=0)
            | pushed
            | (offered & (accept | (due > self.now))).any(axis=0)
        )
        self.dead |= ~moved & (complete < self.samples)
        for k in np.flatnonzero(complete > self.complete):
            self.finished[k].append(self.now)
            self._recognise(int(k))
        self.complete = complete
        self.now += 1
        return bool(((complete < self.samples) & ~self.dead).any())

    def _recognise(self, k: int) -> None:
        """Takes note of the state behind a sample; a state that was there before gives the interval."""
        if self.intervals[k] is not None:
            return
        n, given = len(self.finished[k]), self.given[:, k]
        beats = self.beats[self.inputs, 0]
        due = given // beats * self.interval + (given % beats if self.interval else 0)
        state = (
            self.count[:, k], self.held[:, k], self.at[:, k], self.sample[:, k] - n, given - n * beats,
            self.taken[:, k] - n * self.beats[self.outputs, 0], np.maximum(due - self.now, 0),
        )  # fmt: skip
        key = b"".join(part.tobytes() for part in state)
        if key in self.seen[k]:
            samples, cycle = self.seen[k][key]
            self.intervals[k] = Fraction(self.now - cycle, n - samples)
        self.seen[k][key] = n, self.now

    def outcomes(self) -> list[Outcome]:
        return [
            Outcome(tuple(finished), bool(dead), interval)
            for finished, dead, interval in zip(self.finished, self.dead, self.intervals)
        ]


@dataclass(frozen=True, eq=False)
class _Ports:
    """For each port its loop, its stream and where in `table` the iterations stand that use it; `first` is the first
    port of each loop."""

    loop: NDArray[np.int64]
    stream: NDArray[np.int64]
    start: NDArray[np.int64]
    first: NDArray[np.int64]
    table: NDArray[np.bool_]


def _ports(loops: Sequence[Sequence[tuple[int, Steps]]], steps: Sequence[int]) -> _Ports:
    """The ports of each loop, (stream, iterations); a loop without any has one that it never uses, of stream -1."""
    every = [(i, stream, at) for i, ports in enumerate(loops) for stream, at in ports or [(-1, np.zeros(0, int))]]
    tables = []
    for i, _, at in every:
        tables.append(np.zeros(steps[i], dtype=bool))
        tables[-1][at] = True
    loop = np.array([i for i, _, _ in every])
    start = np.cumsum([0, *(len(t) for t in tables[:-1])])
    stream = np.array([stream for _, stream, _ in every])
    return _Ports(loop, stream, start[:, None], np.searchsorted(loop, np.arange(len(loops))), np.concatenate(tables))
