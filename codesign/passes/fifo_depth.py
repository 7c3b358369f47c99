"""FIFO depths with which no process ever waits for room, so that the design neither deadlocks nor slows down."""

from __future__ import annotations

from dataclasses import replace

from codesign.analysis.cost import fifo_memory
from codesign.analysis.latency import timing
from codesign.analysis.paths import reconvergent_streams
from codesign.ir.design import Design

LEAST = 2
"""The depth of a FIFO that a beat passes straight through: one word to write while another is read."""

SLACK = 16
"""Further words where paths part and meet again. Pipeline depths are estimates until a tool has scheduled the
loops, and a shift register of up to 32 words costs as much as one of two."""


def fifo_depth(design: Design, clock_mhz: float = 200) -> Design:
    """The same design with the depth of every stream set, and what its FIFOs are made of.

    A stream gets as many words as ever wait in it (at least two) when inputs come once per interval and no FIFO
    is ever full, for pipelines as deep as estimated and twice as deep. Why that is enough: with these depths
    this very execution is possible, and it runs at the design's interval for ever. All schedules are static and
    no process chooses what to read, so whether a design can deadlock does not depend on timing, and inputs
    that come earlier or outputs that are taken earlier never make a later beat later: under any timing of the
    surroundings the design runs on, and as fast as these allow, up to one sample per interval.
    """
    found = design.copy()
    occupied = [timing(design, clock_mhz, pipelines=stretch).occupancy for stretch in (1, 2)]
    ports = {port.stream for port in (*design.inputs, *design.outputs)}
    slack = reconvergent_streams(design)
    for name, stream in design.streams.items():
        depth = max(LEAST, *(o[name] for o in occupied)) + SLACK * (name in slack)
        deep = replace(stream, depth=LEAST if name in ports else depth)
        found.streams[name] = replace(deep, memory=fifo_memory(deep.depth, deep.width // deep.fifos))
    return found
