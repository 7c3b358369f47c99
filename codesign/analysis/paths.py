"""Ways through a design: the processes that decide its latency, and the streams where paths part and meet again."""

from __future__ import annotations

from itertools import combinations

from codesign.analysis.latency import Timing
from codesign.ir.design import Design


def critical_path(design: Design, times: Timing) -> list[str]:
    """The processes that the last result waited for, first to last: from each, the input that was complete last."""
    writers = {stream: p.name for p in design for stream in p.writes}
    ends = [writers[port.stream] for port in design.outputs]
    path = [max(ends, key=lambda name: times.processes[name].finish)]
    while True:
        before = [writers[s] for s in design.processes[path[0]].reads if s in writers]
        if not before:
            return path
        path.insert(0, max(before, key=lambda name: times.processes[name].finish))


def reconvergent_streams(design: Design) -> set[str]:
    """The streams with which two paths that part at some process end, at the one that reads both.

    Only there can a full FIFO starve another one: everywhere else a wait merely moves upstream.
    """
    behind: dict[str, set[str]] = {}
    """For each stream all streams that it depends on, itself among them."""
    found: set[str] = set()
    for port in design.inputs:
        behind[port.stream] = {port.stream}
    for process in design:
        for left, right in combinations(process.reads, 2):
            if behind[left] & behind[right]:  # what lies before the fork
                found |= {left, right}
        joined = set().union(*(behind[name] for name in process.reads))
        for name in process.writes:
            behind[name] = joined | {name}
    return found
