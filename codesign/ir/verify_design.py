"""The rules of a design, checked after every pass: one writer and one reader per stream, and widths that fit."""

from __future__ import annotations

from codesign.errors import IRError
from codesign.ir.design import Design, Port, Process, Stream, StreamKind
from codesign.ir.kernels.base import Beats, MemoryStyle


def verify_design(design: Design, after: str = "lower") -> None:
    """Raises IRError naming the process or stream that breaks a rule; `after` is the pass that ran last.

    Each stream has one writer (a process or an input port) and one reader (a process or an output port). A
    process stands behind the writers of what it reads, and its streams are as its kernel expects them: sign
    and width of the element, lanes, beats. A port's stream carries exactly the elements of its tensor, in words. A
    single stream has one lane.
    """
    try:
        _verify(design)
    except IRError as error:
        raise IRError(f"after {after}: {error}") from error


def _verify(design: Design) -> None:
    written: dict[str, str] = {}
    read: dict[str, str] = {}
    for port in design.inputs:
        _claim(design, written, port.stream, f"input {port.name}", "written")
        _check_port(design.streams[port.stream], port)
    for process in design:
        expected = process.kernel.reads
        if len(expected) != len(process.reads) or len(process.kernel.writes) != len(process.writes):
            raise IRError(f"design: process {process.name} does not have as many streams as its kernel")
        for name, beats in zip(process.reads, expected):
            _claim(design, read, name, process.name, "read")
            if name not in written:
                raise IRError(f"design: process {process.name} reads {name}, which nothing before it writes")
            _check(design.streams[name], beats, process)
        for name, beats in zip(process.writes, process.kernel.writes):
            _claim(design, written, name, process.name, "written")
            _check(design.streams[name], beats, process)
    for port in design.outputs:
        _claim(design, read, port.stream, f"output {port.name}", "read")
        _check_port(design.streams[port.stream], port)
    for name, stream in design.streams.items():
        if name != stream.name:
            raise IRError(f"design: stream {stream.name} is filed under {name}")
        if name not in written or name not in read:
            raise IRError(f"design: stream {name} has no {'reader' if name in written else 'writer'}")
        if stream.depth < 1:
            raise IRError(f"design: stream {name} has depth {stream.depth}")
        if stream.kind is StreamKind.SINGLE and stream.lanes != 1:
            raise IRError(f"design: stream {name} is single, and has {stream.lanes} lanes; a single stream has one")
        if stream.memory not in (MemoryStyle.LUTRAM, MemoryStyle.BRAM):
            raise IRError(
                f"design: the FIFO of stream {name} is made of {stream.memory.value}; expected lutram or bram"
            )


def _claim(design: Design, owners: dict[str, str], name: str, owner: str, how: str) -> None:
    if name not in design.streams:
        raise IRError(f"design: {owner} uses an unknown stream {name}")
    if name in owners:
        raise IRError(f"design: stream {name} is {how} by both {owners[name]} and {owner}")
    owners[name] = owner


def _check(stream: Stream, beats: Beats, process: Process) -> None:
    found = (stream.element.width, stream.element.signed, stream.lanes, stream.beats)
    expected = (beats.element.width, beats.element.signed, beats.lanes, beats.beats)
    if found != expected:
        raise IRError(
            f"design: stream {stream.name} is {_say(*found)}, but process {process.name} expects {_say(*expected)}"
        )


def _check_port(stream: Stream, port: Port) -> None:
    element, tensor = stream.element, port.tensor.type
    if stream.kind is StreamKind.ARRAY:
        raise IRError(f"design: port {port.name} is an array of FIFOs; a port carries packed words, single or struct")
    found = (element.width, element.signed, stream.lanes * stream.beats)
    if found != (tensor.width, tensor.signed, port.tensor.size):
        raise IRError(
            f"design: stream {stream.name} is {_say(element.width, element.signed, stream.lanes, stream.beats)}, "
            f"but port {port.name} carries {port.tensor}"
        )


def _say(width: int, signed: bool, lanes: int, beats: int) -> str:
    return f"{beats} beats of {lanes} x {'' if signed else 'u'}int<{width}>"
