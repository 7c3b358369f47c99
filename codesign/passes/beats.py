"""How many elements a beat can have, and the wiring that serves it best."""

from __future__ import annotations

from dataclasses import replace

from codesign.ir.design import Stream, StreamKind
from codesign.ir.fixed import Fixed

MAX_WORD_BITS = 4096
"""The widest word of one FIFO, or of a port: the most that `AP_INT_MAX_W` may be set to in Vitis HLS (UG1399)."""

MAX_FIFOS = 1024
"""The most FIFOs side by side: Vivado HLS cuts an array into no more pieces, unless told otherwise (UG902)."""


def word_lanes(width: int) -> int:
    """The most elements of `width` bits in one word."""
    return MAX_WORD_BITS // width


def most_lanes(width: int) -> int:
    """The most elements of `width` bits in a beat, as one word or in FIFOs side by side."""
    return max(word_lanes(width), MAX_FIFOS)


def port_lanes(lanes: int, width: int) -> int:
    """The most elements that divide `lanes` and fit the word of a port."""
    return max(d for d in range(1, min(lanes, word_lanes(width)) + 1) if lanes % d == 0)


def wired(name: str, element: Fixed, lanes: int, beats: int) -> Stream:
    """A new stream of the kind that serves it best."""
    stream = Stream(name, element, lanes, beats)
    return replace(stream, kind=best_kind(stream))


def best_kind(stream: Stream) -> StreamKind:
    """SINGLE where one element per beat keeps the pace: many channels, few pixels. Several lanes are a STRUCT while a
    word holds them: one FIFO has one set of pointers and flags, and packed words fill block RAM at least as well as
    their lanes apart, so an array never costs less (`stream_cost`; a test compares the two). ARRAY beyond that: few
    channels, many pixels, and so whole windows, or very many results, at a time."""
    if stream.lanes == 1:
        return StreamKind.SINGLE
    return StreamKind.STRUCT if stream.width <= MAX_WORD_BITS else StreamKind.ARRAY
