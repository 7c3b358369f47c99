"""How the lanes of each stream are wired: one FIFO of elements, of packed words, or a FIFO for each lane."""

from __future__ import annotations

from dataclasses import replace

from codesign.config import Streams
from codesign.errors import ConfigError
from codesign.ir.design import Design, StreamKind
from codesign.passes.beats import MAX_FIFOS, MAX_WORD_BITS, best_kind
from codesign.passes.single_streams import single_streams


def stream_types(design: Design, streams: Streams = Streams.MIXED) -> Design:
    """The same design with the kind of every stream set.

    MIXED: stream by stream what serves best (`best_kind`). The others are forced, for comparison: SINGLE puts one
    element per beat between all layers, ARRAY gives every lane a FIFO, STRUCT none; ConfigError where a beat has too
    many bits or lanes for that. Ports are words of an AXI4-Stream whatever is asked.
    """
    found = single_streams(design) if streams is Streams.SINGLE else design.copy()
    ports = {port.stream for port in (*design.inputs, *design.outputs)}
    for name, stream in found.streams.items():
        kind = best_kind(stream)
        if streams is Streams.STRUCT and kind is StreamKind.ARRAY:
            raise ConfigError(
                f"{design.origin}: streams cannot all be struct: the {stream.lanes} lanes of {name} have "
                f"{stream.width} bits, a word at most {MAX_WORD_BITS}; ask for mixed streams or a larger reuse factor"
            )
        if streams is Streams.ARRAY and stream.lanes > 1 and name not in ports:
            if stream.lanes > MAX_FIFOS:
                raise ConfigError(
                    f"{design.origin}: streams cannot all be arrays: {name} has {stream.lanes} lanes, an array at most "
                    f"{MAX_FIFOS} FIFOs; ask for mixed streams or a larger reuse factor"
                )
            kind = StreamKind.ARRAY
        found.streams[name] = replace(stream, kind=kind)
    return found
