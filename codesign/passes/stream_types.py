"""How the lanes of each stream are wired: one FIFO of elements, of packed words, or a FIFO for each lane."""

from __future__ import annotations

from dataclasses import replace

from codesign.config import Streams
from codesign.ir.design import Design, Stream, StreamKind
from codesign.passes.single_streams import single_streams


def stream_types(design: Design, streams: Streams = Streams.MIXED) -> Design:
    """The same design with the kind of every stream set.

    MIXED, edge by edge: the folding has given each the fewest lanes that keep the pace, so one lane is SINGLE: many
    channels, few pixels. Several lanes are a STRUCT: one FIFO has one set of pointers and flags, and packed words
    fill block RAM at least as well as their lanes apart, so an array never costs less (`stream_cost`; a test compares
    the two). The others are forced, for comparison: SINGLE puts one element per beat between all layers, ARRAY gives
    every lane a FIFO, STRUCT none. Ports are words of an AXI4-Stream whatever is asked.
    """
    found = single_streams(design) if streams is Streams.SINGLE else design.copy()
    ports = {port.stream for port in (*design.inputs, *design.outputs)}
    for name, stream in found.streams.items():
        array = streams is Streams.ARRAY and name not in ports
        found.streams[name] = replace(stream, kind=_kind(stream, array))
    return found


def _kind(stream: Stream, array: bool) -> StreamKind:
    if stream.lanes == 1:
        return StreamKind.SINGLE
    return StreamKind.ARRAY if array else StreamKind.STRUCT
