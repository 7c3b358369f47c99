"""The cycles of a final design: with its FIFOs as deep as they are."""

from __future__ import annotations

import numpy as np

from codesign.analysis.bounded import Flow, Unsettled, settled
from codesign.analysis.deadlock import Hold, Net
from codesign.analysis.latency import Span, Timing
from codesign.errors import IRError
from codesign.ir.design import Design


def final_timing(design: Design, clock_mhz: float = 200) -> Timing:
    """What `timing` has for endless FIFOs. IRError if the design deadlocks, or if its FIFOs make an output
    late."""
    return timing_of(running(design, clock_mhz))


def running(design: Design, clock_mhz: float = 200) -> Flow:
    """The times of so many samples, one per interval, that every further one is the last one again. IRError if the
    design deadlocks, or if its FIFOs make an output late."""
    try:
        return _running(design, clock_mhz)
    except Unsettled as error:
        raise IRError(f"cycles: {error}") from error


def _running(design: Design, clock_mhz: float) -> Flow:
    flow = settled(design, clock_mhz)
    while True:
        ends = [(port.stream, flow.written[port.stream]) for port in design.outputs]
        _fill(flow)
        if any((flow.written[name] > cycles).any() for name, cycles in ends):
            raise IRError(f"cycles: {design.name} is later with its FIFOs than with endless ones")
        if flow.repeats():
            return flow
        flow = settled(design, clock_mhz, least=2 * flow.samples + flow.reach())


def timing_of(flow: Flow) -> Timing:
    """What is to be expected of a design that is `running`."""
    each = latencies(flow)
    spans = {p.name: _span(flow, p.name) for p in flow.design}
    return Timing(flow.design.interval(), each[0], each[-1], spans, flow.occupancy())


def paced(design: Design, samples: int, clock_mhz: float = 200) -> Flow:
    """The times of the first samples, one per interval. IRError if the design deadlocks."""
    flow = Flow(design, samples, design.interval(), clock_mhz)
    _fill(flow)
    return flow


def _fill(flow: Flow) -> None:
    """Gives the FIFOs the depths that the design has."""
    design = flow.design
    depths = {name: stream.depth for name, stream in design.streams.items()}
    if waits := Net(design, flow.loops).stuck(depths, Hold.ONE):
        raise IRError(f"cycles: {design.name} can deadlock: {', '.join(map(str, waits))}")
    flow.deepen(depths)
    flow.solve()


def _span(flow: Flow, process: str) -> Span:
    mine = [i for i, loop in enumerate(flow.loops) if loop.process == process]
    written = [flow.leave[i][at] for i in mine for at in flow.loops[i].stage.writes]
    start = int(flow.begin[mine[0]][0])
    return Span(start, min(int(w[0]) for w in written), max(int(w[-1]) for w in written))


def latencies(flow: Flow) -> list[int]:
    """Cycles from the first beat of each sample's inputs being due to its last result."""
    assert flow.interval is not None
    last = np.max([flow.taken[port.stream].reshape(flow.samples, -1)[:, -1] for port in flow.design.outputs], axis=0)
    found: list[int] = (last - np.arange(flow.samples) * flow.interval).tolist()
    return found
