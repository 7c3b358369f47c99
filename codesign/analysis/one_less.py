"""Which FIFO depths matter, and for what: what one word less than the minimum does to a design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from codesign.analysis.bounded import loops
from codesign.analysis.deadlock import Hold, Net, Wait
from codesign.analysis.depths import LEAST
from codesign.analysis.latency import Timing, timing
from codesign.analysis.variants import Outcome, outcomes
from codesign.ir.design import Design


class Fate(Enum):
    """What a word less does."""

    NOTHING = "none"
    """It cannot be tried: two words are the least that a FIFO has."""
    DEADLOCK = "deadlock"
    RISK = "deadlock for some timing"
    """Not with these inputs: whether it deadlocks depends on how many iterations pipelines hold when they stop."""
    SLOWER = "slower"
    """Samples follow each other at more than the interval."""
    LATER = "later"
    """Samples come later, at the same interval."""
    BEATS = "beats later"
    """Some beats of an output come later but not the last of a sample; or only where inputs are early."""


@dataclass(frozen=True)
class OneLess:
    """What a word less does to a design that is paced at its interval; what holds for the last samples that were tried.

    `interval` is exact where the design was seen to repeat itself, else the cycles between the last two samples.
    `waits` is the circle of a deadlock.
    """

    fate: Fate
    interval: Fraction
    latency: int | None
    waits: tuple[Wait, ...] = ()

    def __str__(self) -> str:
        match self.fate:
            case Fate.SLOWER:
                return f"slower: interval {float(self.interval):,.6g}"
            case Fate.LATER:
                return f"later: latency {self.latency:,}"
            case other:
                return str(other.value)


def one_less(design: Design, depths: Mapping[str, int], clock_mhz: float = 200) -> dict[str, OneLess]:
    """What one word less does, for each stream; all others having these depths, which are minimal."""
    times = timing(design, clock_mhz)
    samples = times.steady_latency // times.interval + 6
    net = Net(design, loops(design, clock_mhz))
    found = {name: OneLess(Fate.NOTHING, Fraction(times.interval), times.steady_latency) for name in depths}
    left = [name for name, depth in depths.items() if depth > LEAST]
    while left:
        less = [{**depths, name: depths[name] - 1} for name in left]
        tried = dict(zip(left, zip(less, outcomes(design, less, samples, times.interval, clock_mhz))))
        found |= {name: _fate(net, *result, times) for name, result in tried.items()}
        samples *= 4
        enough = samples * times.interval > _CYCLES
        left = [s for s, (_, o) in tried.items() if not (enough or o.deadlock or o.interval)]
    return found


_CYCLES = 100_000
"""Longer runs are not tried to see a design repeat itself."""


def _fate(net: Net, depths: Mapping[str, int], found: Outcome, times: Timing) -> OneLess:
    interval = Fraction(times.interval)
    if found.deadlock:
        waits = net.stuck(depths, Hold.ALL) or net.stuck(depths, Hold.ONE)
        return OneLess(Fate.DEADLOCK, interval, None, waits)
    if waits := net.stuck(depths, Hold.ONE):
        return OneLess(Fate.RISK, interval, None, waits)
    latency = found.finished[-1] - (len(found.finished) - 1) * times.interval
    spacing = found.interval or Fraction(found.finished[-1] - found.finished[-2])
    if spacing != interval:
        return OneLess(Fate.SLOWER, spacing, None)
    return OneLess(Fate.BEATS if latency == times.steady_latency else Fate.LATER, spacing, latency)


@dataclass(frozen=True)
class Lives:
    """The depths of a stream that decide whether a design deadlocks, all others as they are: with `alive` words on it
    never does, with fewer than `doomed` it does for certain; between them it depends on timing."""

    alive: int
    doomed: int


def lives(design: Design, depths: Mapping[str, int], clock_mhz: float = 200) -> dict[str, Lives]:
    """For each stream that lies on a circle of streams."""
    net = Net(design, loops(design, clock_mhz))
    return {
        name: Lives(net.least(name, depths, Hold.ONE, 1), net.least(name, depths, Hold.ALL, 1))
        for name in depths
        if name in net.circular
    }
