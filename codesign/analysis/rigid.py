"""A pipeline that stops whole: when its iterations begin and when their beats leave, by when each may."""

from __future__ import annotations

import numpy as np

from codesign.analysis.schedule import Steps

NEVER_WAITS = -(1 << 40)
"""The room of an iteration that gives no beat."""


def pipeline(need: Steps, room: Steps, depth: int) -> tuple[Steps, Steps]:
    """(cycle in which each iteration begins, cycle in which what it gives leaves), both increasing.

    Iteration t begins in cycle `need[t]` at the earliest, and its beats leave in cycle `room[t]` at the earliest,
    `depth` >= 1 cycles later. The pipeline is a shift register: while the beat at its end finds no room nothing in it
    moves, bubbles included, and nothing begins.

        need -> [1][2] ... [depth] -> room        a cycle in which it moves is a tick: iteration t begins in tick
                                                  a[t] and leaves in tick a[t] + depth

    Ticks and cycles differ by the stalls so far, S(tick) = max(0, room[t] - (a[t] + depth)) over all t that leave up to
    then. Stalls decide in which tick an iteration begins, ticks decide what a stall is; both only look back, so there
    is one solution, which repeating from any guess reaches from the front.
    """
    t = np.arange(len(need))
    need = np.maximum.accumulate(need)
    tick = t + np.maximum.accumulate(need - t)
    stalls = np.maximum.accumulate(room - tick) - depth
    if stalls[-1] <= 0:
        return tick, tick + depth
    for _ in range(_ROUNDS):
        stalls = np.maximum(stalls, 0)
        leave = tick + depth + stalls
        gone = np.searchsorted(leave, need, side="right")  # those that have left in the cycle `need`
        first = need - np.where(gone > 0, stalls[gone - 1], 0)
        stalled = gone < len(t)  # a tick is at most that of the next that leaves: it may be waiting in that cycle
        first[stalled] = np.minimum(first[stalled], tick[gone[stalled]] + depth)
        found = t + np.maximum.accumulate(first - t)
        if np.array_equal(found, tick):
            gone = np.searchsorted(tick + depth, tick, side="right")
            return tick + np.where(gone > 0, stalls[gone - 1], 0), leave
        tick = found
        stalls = np.maximum.accumulate(room - tick) - depth
    return _one_by_one(need, room, depth)


_ROUNDS = 16
"""Nearly always two or three are enough; what needs more seldom ends soon, and one by one is as fast as thirty."""


def _one_by_one(need: Steps, room: Steps, depth: int) -> tuple[Steps, Steps]:
    """The same, iteration by iteration."""
    begin: list[int] = []
    leave: list[int] = []
    rooms = room.tolist()
    tick, stalls, head = -1, 0, 0
    ticks: list[int] = []
    for at in need.tolist():
        tick = max(tick + 1, at - stalls)
        while head < len(ticks) and ticks[head] + depth <= tick:
            last = ticks[head] + depth
            if rooms[head] - last > stalls:
                stalls = rooms[head] - last
                tick = max(ticks[-1] + 1, last, at - stalls)
            leave.append(last + stalls)
            head += 1
        ticks.append(tick)
        begin.append(tick + stalls)
    for k in range(head, len(ticks)):
        stalls = max(stalls, rooms[k] - ticks[k] - depth)
        leave.append(ticks[k] + depth + stalls)
    return np.array(begin, dtype=np.int64), np.array(leave, dtype=np.int64)
