"""The least depths of a design's FIFOs.

Minimal are depths with which

1. every beat of every output comes in the very cycle in which it comes with endless FIFOs, so that latency and
   interval are those of `timing`, where inputs start a sample per interval; and no later where they come sooner;
2. the design cannot deadlock, whatever the timing of its surroundings and the depths of its pipelines;

and none of which can be one less, all others as they are, without breaking one of the two. No FIFO has less than two
words; those of ports have two, as their surroundings can wait.

**They exist.** As many words as ever wait in each stream with endless FIFOs keep all times as they are: no beat ever
finds its FIFO full. No depths make any beat earlier than endless FIFOs do, as every event then waits for all that it
waits for with those, and for room. The search starts there and lowers one stream after the other, the one with the
most bits first, as far as all outputs stay in time (`analysis/bounded.py`): a process may wait for room as long as
nothing that comes of it is late. Where that is not enough for fast inputs or against deadlock, streams grow again. In
the end each is tried with one word less, and lowered where that is enough, until there is none: that none can be less
is tried, not concluded.

**More room can hurt**, so it could not be concluded. A pipeline that stops does so bubbles included. An iteration that
becomes ready while it stands still has to begin behind bubbles which would have been pushed out, had the beat at its
end come later. So beats that come earlier can make later ones late, by less than the depth of a pipeline; only endless
FIFOs cannot be bettered. That is why fast inputs are tried too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from codesign.analysis.bounded import Flow, Unsettled, loops, settled
from codesign.analysis.deadlock import Hold, Net
from codesign.errors import IRError
from codesign.ir.design import Design

LEAST = 2
"""The depth of a FIFO that a beat passes straight through: one word to write while another is read."""


EFFORT = 60_000_000
"""Iterations whose times are computed in a search that ends in half a minute: enough for designs of some 50 processes
and 10,000 cycles per sample."""
_SOLUTIONS = 20
"""In which many fewer times than in any search the times of all iterations are computed."""


class Unfound(Exception):
    """No depths were found that are proved to be minimal; the message says why not."""


class Exhausted(Unfound):
    """The search takes more than the effort that it was given."""


def minimal_depths(
    design: Design,
    clock_mhz: float = 200,
    pipelines: float = 1,
    floor: Mapping[str, int] | None = None,
    effort: int | None = None,
) -> dict[str, int]:
    """Minimal depths by stream, as the head of this file has them, among those of at least `floor`; `pipelines`
    stretches all pipelines. Unfound where room that was added makes outputs late, or the times do not settle; Exhausted
    where the times of more iterations than `effort` would have to be computed, each time counted: that depends on
    nothing but the design."""
    try:
        return _minimal(design, clock_mhz, pipelines, floor, effort)
    except Unsettled as error:
        raise Unfound(str(error)) from error


def _minimal(
    design: Design, clock_mhz: float, pipelines: float, floor: Mapping[str, int] | None, effort: int | None
) -> dict[str, int]:
    samples = 4
    once = samples * sum(loop.stage.steps for loop in loops(design, clock_mhz, pipelines))
    if effort is not None and _SOLUTIONS * once > effort:
        raise Exhausted
    while True:
        search = _Search(design, clock_mhz, pipelines, floor or {}, samples, effort)
        search.lower(search.in_time)
        search.revive()
        search.hurry()
        while search.lower(search.enough):
            pass
        if search.flow.repeats():
            return search.depths
        samples = 2 * search.flow.samples + search.flow.reach()


def in_time(
    design: Design,
    depths: Mapping[str, int],
    clock_mhz: float = 200,
    pipelines: float = 1,
    effort: int | None = None,
) -> bool:
    """Whether every beat of every output is proved to come as early as with endless FIFOs, inputs a sample per
    interval: not where the times do not settle, or not within the `effort` that `minimal_depths` counts."""
    samples, solved = 4, 0
    while True:
        try:
            flow = settled(design, clock_mhz, pipelines, samples)
        except Unsettled:
            return False
        latest = flow.latest()
        flow.deepen(depths)
        if not flow.solve(latest):
            return False
        if flow.repeats():
            return True
        solved += flow.solved
        samples = 2 * flow.samples + flow.reach()
        if effort is not None and solved > effort:
            return False


class _Search:
    """Depths with which all outputs are in time, and the times that they have."""

    def __init__(
        self,
        design: Design,
        clock_mhz: float,
        pipelines: float,
        floor: Mapping[str, int],
        samples: int,
        effort: int | None,
    ) -> None:
        self.design, self.effort = design, effort
        self.floor = {name: floor.get(name, LEAST) for name in design.streams}
        self.flow = settled(design, clock_mhz, pipelines, samples)
        self.latest = self.flow.latest()
        self.ends = {port.stream: self.flow.written[port.stream] for port in design.outputs}
        self.fast = Flow(design, self.flow.samples, None, clock_mhz, pipelines)
        self.net = Net(design, self.flow.loops)
        self.most = {name: max(depth, self.floor[name]) for name, depth in occupied(design, self.flow).items()}
        self.depths = dict(self.most)
        self.flow.deepen(self.depths)
        if not self.flow.solve(self.latest):
            raise IRError(f"depths: {design.name} is late with as many words as ever wait in its streams")

    def lower(self, enough: Callable[[str, int], bool]) -> bool:
        """Lowers each stream as far as that is enough; whether there was any."""
        before = dict(self.depths)
        bits = {name: stream.width * self.depths[name] for name, stream in self.design.streams.items()}
        for name in sorted(bits, key=lambda name: -bits[name]):
            least = self.floor[name]
            if self.depths[name] == least or not enough(name, self.depths[name] - 1) or enough(name, least):
                continue
            while least < self.depths[name]:
                middle = (least + self.depths[name]) // 2
                if not enough(name, middle):
                    least = middle + 1
        return self.depths != before

    def in_time(self, name: str, depth: int) -> bool:
        """Whether a stream can have this depth, inputs a sample per interval; then it has."""
        if self.effort is not None and self.flow.solved + self.fast.solved > self.effort:
            raise Exhausted
        before = self.flow.state()
        self.flow.deepen({name: depth})
        if self.flow.solve(self.latest):
            self.depths[name] = depth
            return True
        self.flow.restore(before)
        return False

    def enough(self, name: str, depth: int) -> bool:
        """Whether a stream can have this depth in every respect; then it has."""
        now, before = self.depths[name], self.flow.state()
        if not self.in_time(name, depth):
            return False
        if not self.stuck() and self.hurried():
            return True
        self.depths[name] = now
        self.flow.restore(before)
        return False

    def stuck(self) -> bool:
        return bool(self.net.stuck(self.depths, Hold.ONE))

    def hurried(self) -> bool:
        """Whether fast inputs make no output late."""
        self.fast.deepen(self.depths)
        self.fast.solve()
        return all((self.fast.written[name] <= cycles).all() for name, cycles in self.ends.items())

    def revive(self) -> None:
        """Lets streams grow until the design cannot deadlock."""
        self.raise_to(self.net.grown(self.depths, Hold.ONE, _widths(self.design)))

    def hurry(self) -> None:
        """Lets streams grow, those first to which that adds the fewest bits, until fast inputs make nothing late."""
        widths = _widths(self.design)
        added = {name: widths[name] * (self.most[name] - depth) for name, depth in self.depths.items()}
        for name in sorted((name for name in added if added[name] > 0), key=lambda name: added[name]):
            if self.hurried():
                return
            self.raise_to({name: self.most[name]})
        if not self.hurried():
            raise Unfound(f"{self.design.name} is late when its inputs are early, whatever room there is")

    def raise_to(self, depths: Mapping[str, int]) -> None:
        self.depths |= depths
        self.flow.deepen(self.depths)
        if not self.flow.solve(self.latest):
            raise Unfound(f"{self.design.name} is late with more room")


def occupied(design: Design, flow: Flow) -> dict[str, int]:
    """The depths with which no process ever waits for room, from the times with endless FIFOs."""
    ports = {port.stream for port in (*design.inputs, *design.outputs)}
    return {name: LEAST if name in ports else max(LEAST, found) for name, found in flow.occupancy().items()}


def _widths(design: Design) -> dict[str, int]:
    return {name: stream.width for name, stream in design.streams.items()}
