"""What every back end asks of a design before it prints it: streams that fit the processes at both ends."""

from __future__ import annotations

from dataclasses import replace

from codesign.errors import IRError
from codesign.ir.design import Design, Process, StreamKind
from codesign.ir.kernels import Fork

WIDEST_WORD = 32768
"""Bits of the widest ap_int that the vendor's headers allow (ap_common.h)."""


def separated(design: Design) -> Design:
    """The design with a process between an input and an output that share a stream."""
    outputs = []
    inputs = {p.stream for p in design.inputs}
    design = design.copy()
    for port in design.outputs:
        if port.stream in inputs:
            s = design.streams[port.stream]
            copied = replace(s, name=f"{s.name}_copied")
            design.add_stream(copied)
            kernel = Fork(1, s.beats, s.lanes, s.element)
            design.add(Process(f"{s.name}_copy", kernel, (s.name,), (copied.name,), port.origin, pipeline=1))
            port = replace(port, stream=copied.name)
        outputs.append(port)
    design.outputs = outputs
    return design


def check_wiring(design: Design) -> None:
    """Each stream has one writer and one reader, and the beats that both of them expect."""
    if not design.inputs or not design.outputs:
        raise IRError("a design needs an input and an output")
    written = [p.stream for p in design.inputs] + [w for p in design for w in p.writes]
    read = [p.stream for p in design.outputs] + [r for p in design for r in p.reads]
    for name, stream in design.streams.items():
        if written.count(name) != 1 or read.count(name) != 1:
            raise IRError(f"stream {name} has {written.count(name)} writers and {read.count(name)} readers")
        if stream.depth < 1:
            raise IRError(f"stream {name} has depth {stream.depth}")
        if stream.kind is not StreamKind.ARRAY and stream.width > WIDEST_WORD:
            raise IRError(
                f"hls: stream {name} carries {stream.lanes} lanes of {stream.element.width} bits; "
                f"a word has at most {WIDEST_WORD} bits, so it needs fewer lanes"
            )
    for port in (*design.inputs, *design.outputs):
        if design.streams[port.stream].kind is StreamKind.ARRAY:
            raise IRError(f"port {port.name} is an array of FIFOs; an AXI4-Stream carries packed words")
    for process in design:
        k = process.kernel
        if len(k.reads) != len(process.reads) or len(k.writes) != len(process.writes):
            raise IRError(f"process {process.name} has the wrong number of streams")
        for name, expected in zip((*process.reads, *process.writes), (*k.reads, *k.writes), strict=True):
            s = design.streams[name]
            found = (s.element.width, s.element.signed, s.lanes, s.beats)
            if found != (expected.element.width, expected.element.signed, expected.lanes, expected.beats):
                raise IRError(f"process {process.name} expects {expected} of stream {name}, which is {s}")
