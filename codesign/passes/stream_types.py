"""How the lanes of each stream are wired."""

from __future__ import annotations

from dataclasses import replace

from codesign.ir.design import Design, StreamKind


def stream_types(design: Design) -> Design:
    """The same design with the kind of every stream set: SINGLE for one lane, STRUCT for several.

    ARRAY, a FIFO for each lane, is for the windows of convolutions.
    """
    found = design.copy()
    for name, stream in design.streams.items():
        kind = StreamKind.SINGLE if stream.lanes == 1 else StreamKind.STRUCT
        found.streams[name] = replace(stream, kind=kind)
    return found
