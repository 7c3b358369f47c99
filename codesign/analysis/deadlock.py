"""Whether a design can deadlock with FIFOs of given depths, and which processes would wait for each other.

Only the order of events decides. Every iteration begins behind the one before it, behind the writes of the beats that
it takes, and, as a pipeline holds only so many, behind the leaving of an earlier one. It leaves behind the one before
it, behind its own beginning, and behind the taking of the beats whose places its own beats get. If these relations
have no circle the design cannot stand still: among all events that have not happened one is preceded by none of the
others, and nothing holds it back. If they have a circle, none of its events ever happens.

**One sample is enough.** No event waits for one of a later sample, so a circle lies within one sample; and all samples
have the same relations.

**Pipelines.** How many iterations a pipeline holds when it stops depends on its depth and, as it stops bubbles
included, on when its beats came; one is held for certain, the one whose beats find no room. `Hold` names three cases.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from codesign.analysis.bounded import Loop
from codesign.ir.design import Design


class Hold(Enum):
    """How many iterations a pipeline holds."""

    ONE = "one"
    """Only that whose beats find no room: the strictest relations. Without a circle in them there is no deadlock,
    whatever the depths of pipelines and the timing of the surroundings and of each process."""
    ALL = "all"
    """As many as it is deep: the relations that hold in any case. A circle in them is a deadlock for certain."""
    STALLED = "stalled"
    """As many as it is deep, and no fewer until the sample ends: it moves only when a further iteration can begin, as
    the pipelines of HLS tools that stop when their input is empty (style `stp`)."""


@dataclass(frozen=True)
class Wait:
    """A process that waits for a stream: for a beat if it is `empty`, else for room."""

    process: str
    stream: str
    empty: bool

    def __str__(self) -> str:
        return f"{self.process} waits for {'a beat of' if self.empty else 'room in'} {self.stream}"


class Net:
    """The order of events of one sample of a design; streams that no two ways have in common never stop it."""

    def __init__(self, design: Design, loops: Sequence[Loop]) -> None:
        self.loops = loops
        self.beats = {name: stream.beats for name, stream in design.streams.items()}
        self.inputs = [port.stream for port in design.inputs]
        self.circular = _circular(design)
        self.writer = {s: i for i, loop in enumerate(loops) for s in loop.writes}
        self.reader = {s: i for i, loop in enumerate(loops) for s in loop.reads}
        self.reads = [[at.tolist() for at in loop.stage.reads] for loop in loops]
        self.writes = [[at.tolist() for at in loop.stage.writes] for loop in loops]

    def stuck(self, depths: Mapping[str, int], hold: Hold) -> tuple[Wait, ...]:
        """The processes that wait for each other in a circle; none if the design runs on."""
        state = _State(self, depths, hold)
        state.run(range(len(self.loops)) if self.circular else ())
        return state.circle() if self.circular else ()

    def least(self, name: str, depths: Mapping[str, int], hold: Hold, start: int) -> int:
        """The least depth of a stream, from `start` on, with which the design does not deadlock, all others as they
        are, with which it must not. The sample runs until it is stuck, gets one word more, and runs on: with fewer it
        would have come no further."""
        state = _State(self, dict(depths) | {name: start}, hold)
        state.run(range(len(self.loops)))
        while state.circle():
            state.depths[name] += 1
            state.run([self.writer[name]])
        return state.depths[name]

    def grown(self, depths: Mapping[str, int], hold: Hold, bits: Mapping[str, int]) -> dict[str, int]:
        """Depths with which the design does not deadlock: of the full streams in each circle that is met, the one with
        the fewest bits gets a word more, until there is none."""
        if not self.circular:
            return dict(depths)
        state = _State(self, depths, hold)
        state.run(range(len(self.loops)))
        while waits := state.circle():
            name = min((wait.stream for wait in waits if not wait.empty), key=lambda name: (bits[name], name))
            state.depths[name] += 1
            state.run([self.writer[name]])
        return dict(depths) | state.depths


class _State:
    """How far each loop has come: how many of its iterations have begun, and have left."""

    def __init__(self, net: Net, depths: Mapping[str, int], hold: Hold) -> None:
        self.net, self.hold = net, hold
        self.depths = {name: depths[name] for name in net.circular}
        self.holds = [1 if hold is Hold.ONE else loop.depth for loop in net.loops]
        self.begun, self.left = [0] * len(net.loops), [0] * len(net.loops)
        self.written = {name: net.beats[name] for name in net.inputs} | dict.fromkeys(net.writer, 0)
        self.taken = dict.fromkeys(self.written, 0)

    def run(self, stale: Iterable[int]) -> None:
        """Lets all loops run as far as they can, after something has changed for those."""
        queue = deque(stale)
        queued = set(queue)
        while queue:
            i = queue.popleft()
            queued.remove(i)
            for other in self._advance(i):
                if other not in queued:
                    queue.append(other)
                    queued.add(other)

    def _advance(self, i: int) -> list[int]:
        """Lets a loop run as far as it can; gives the loops that may now come further."""
        loop, before = self.net.loops[i], (self.begun[i], self.left[i])
        while True:
            begun = max(self.begun[i], min(self.left[i] + self.holds[i], self._given(i)))
            left = max(self.left[i], min(begun, self._room(i)))
            if (begun, left) == (self.begun[i], self.left[i]):
                break
            self.begun[i], self.left[i] = begun, left
        if (self.begun[i], self.left[i]) == before:
            return []
        found = [loop.behind]
        for name, at in zip(loop.reads, self.net.reads[i]):
            self.taken[name] = bisect_left(at, self.begun[i])
            found.append(self.net.writer[name] if name in self.depths else None)
        for name, at in zip(loop.writes, self.net.writes[i]):
            self.written[name] = bisect_left(at, self.left[i])
            found.append(self.net.reader.get(name))
        return [other for other in found if other is not None]

    def _given(self, i: int) -> int:
        """The iterations that have all beats that they take."""
        loop = self.net.loops[i]
        if loop.before is not None and self.begun[loop.before] < self.net.loops[loop.before].stage.steps:
            return 0
        waiting = [at[self.written[s]] for s, at in zip(loop.reads, self.net.reads[i]) if self.written[s] < len(at)]
        return min(waiting, default=loop.stage.steps)

    def _room(self, i: int) -> int:
        """The iterations that may leave: they have room for all beats that they give."""
        found = self.net.loops[i].stage.steps
        if self.hold is Hold.STALLED and (given := self._given(i)) < found:
            found = max(0, given - self.holds[i])
        for name, at in zip(self.net.loops[i].writes, self.net.writes[i]):
            if name in self.depths and (places := self.taken[name] + self.depths[name]) < len(at):
                found = min(found, at[places])
        return found

    def circle(self) -> tuple[Wait, ...]:
        """Who waits for whom in a circle; none if all iterations have left."""
        steps = [loop.stage.steps for loop in self.net.loops]
        unfinished = [i for i, count in enumerate(steps) if self.left[i] < count]
        if not unfinished:
            return ()
        event = (unfinished[0], True)
        seen: dict[tuple[int, bool], int] = {}
        waits: list[Wait] = []
        while event not in seen:
            seen[event] = len(waits)
            event, wait = self._before(*event)
            waits += [wait] if wait else []
        return tuple(waits[seen[event] :])

    def _before(self, i: int, leaving: bool) -> tuple[tuple[int, bool], Wait | None]:
        """The event that the next leaving (or else beginning) of an iteration of loop i waits for."""
        loop = self.net.loops[i]
        if leaving and self.begun[i] == self.left[i]:
            return (i, False), None
        if leaving:
            for name, at in zip(loop.writes, self.net.writes[i]):
                if name in self.depths and (places := self.taken[name] + self.depths[name]) < len(at):
                    if at[places] == self.left[i]:
                        return (self.net.reader[name], False), Wait(loop.process, name, False)
        elif self.begun[i] == self.left[i] + self.holds[i]:
            return (i, True), None
        for name, at in zip(loop.reads, self.net.reads[i]):
            if self.written[name] < len(at) and at[self.written[name]] == self.begun[i]:
                return (self.net.writer[name], True), Wait(loop.process, name, True)
        assert loop.before is not None
        return (loop.before, False), None


def _circular(design: Design) -> set[str]:
    """The streams that lie on a circle of streams, whatever their directions: only there can processes wait for each
    other. Found with a tree of streams that spans the processes: every further stream closes a circle."""
    ends: dict[str, list[str]] = {}
    for p in design:
        for name in (*p.reads, *p.writes):
            ends.setdefault(name, []).append(p.name)
    beside: dict[str, list[tuple[str, str]]] = {p.name: [] for p in design}
    for name, (a, b) in ((name, pair) for name, pair in ends.items() if len(pair) == 2):
        beside[a].append((name, b))
        beside[b].append((name, a))
    above: dict[str, tuple[str, str]] = {}
    level: dict[str, int] = {}
    for root in beside:
        if root in level:
            continue
        level[root] = 0
        queue = deque([root])
        while queue:
            here = queue.popleft()
            for name, other in beside[here]:
                if other not in level:
                    level[other], above[other] = level[here] + 1, (name, here)
                    queue.append(other)
    tree = {name for name, _ in above.values()}
    found: set[str] = set()
    for name, pair in ends.items():
        if len(pair) == 2 and name not in tree:
            found.add(name)
            a, b = pair
            while a != b:
                if level[a] < level[b]:
                    a, b = b, a
                stream, a = above[a]
                found.add(stream)
    return found
