"""What the processes of a final design do, cycle by cycle: when they begin iterations, and when they wait for room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.analysis.bounded import Flow, Loop
from codesign.analysis.schedule import Steps


@dataclass(frozen=True, eq=False)
class Activity:
    """A loop's work for one sample, in cycles from the first beat of the sample's inputs."""

    loop: Loop
    begin: Steps
    """Of each iteration; between them it waits, for beats where it does not stand still."""
    still: Steps
    """The cycles before the last iteration in which its pipeline stands still, as a beat at its end finds no room."""
    finish: int
    """When all is done: the last iteration begun, the last beat written."""


def activities(flow: Flow, sample: int) -> list[Activity]:
    """What each loop does for this sample of a run that is `running`; -1 is the last one."""
    assert flow.interval is not None
    start = sample % flow.samples * flow.interval
    found = []
    for i, loop in enumerate(flow.loops):
        begin, leave = (times[i].reshape(flow.samples, -1)[sample] for times in (flow.begin, flow.leave))
        gives = [int(leave[at[-1]]) for at in loop.stage.writes]
        finish = max(int(begin[-1]), *gives) + 1 if gives else int(begin[-1]) + 1
        still = standing(flow.begin[i], flow.leave[i], loop.depth) if flow.stalled[i] else np.zeros(0, dtype=np.int64)
        still = still[(still > begin[0]) & (still < begin[-1])]
        found.append(Activity(loop, begin - start, still - start, finish - start))
    return found


def standing(begin: Steps, leave: Steps, depth: int) -> Steps:
    """The cycles in which a pipeline stands still whose iterations begin and leave in these.

    An iteration that stands nowhere leaves `depth` cycles after it began. What it took longer are cycles of standing
    that others caused before it, and behind these its own, right before it leaves. So the cycles of standing up to
    leave[t] are leave[t] - begin[t] - depth and those up to the last that left when t began: a sum along a chain of
    iterations, which doubling adds up.
    """
    total = leave - begin - depth
    before = np.searchsorted(leave, begin, side="right") - 1  # the last that had left, or none
    while (before >= 0).any():
        there = before >= 0
        total = total + np.where(there, total[before], 0)
        before = np.where(there, before[before], -1)
    own = np.diff(total, prepend=0)
    ends = np.repeat(leave, own)
    return np.asarray(ends - (np.repeat(np.cumsum(own), own) - np.arange(int(own.sum()))))
