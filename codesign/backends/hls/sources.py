"""The C++ of a design: names given, every process an instance, each file a template filled with the result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.backends.hls.adder_graph import additions
from codesign.backends.hls.declarations import beat, code, members
from codesign.backends.instances.adder_graph import AdderGraphInstance
from codesign.backends.instances.base import Beat, Rom
from codesign.backends.instances.build import instance_of
from codesign.backends.names import Names
from codesign.backends.render import render
from codesign.backends.wiring import check_wiring, separated
from codesign.ir.design import Design, Port, Process, Stream, StreamKind
from codesign.ir.kernels.base import MemoryStyle

DOCUMENTED_WORD = 4096
"""Bits of the widest ap_int that the user guide of Vitis HLS names (UG1399, arbitrary precision integer types). Beats
of an array of FIFOs that are wider are several words inside a process."""


@dataclass(frozen=True)
class StreamText:
    """A stream: its name, its beat's name and type, its depth, whether it is a FIFO for each of its lanes, and what
    those are made of, as a macro of pragmas.hpp calls it."""

    name: str
    beat: str
    type: str
    depth: int
    width: int
    lanes: int
    array: bool
    memory: str


@dataclass(frozen=True)
class RomText:
    """A constant memory: its name, element type, shape as C++ dimensions, values, and pragmas."""

    name: str
    element: str
    dimensions: str
    size: int
    values: str
    pragmas: tuple[str, ...]


@dataclass(frozen=True)
class StatementsText:
    """A class of straight-line C++: its name, the configuration whose beats it knows, and its statements."""

    name: str
    config: str
    lines: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class ProcessText:
    """A process: one function of its own, which calls the template with its configuration."""

    name: str
    origin: str
    config: str
    members: tuple[str, ...]
    function: str
    header: str
    dataflow: bool
    parameters: tuple[tuple[str, StreamText], ...]
    arguments: str
    roms: tuple[RomText, ...]
    beats: int
    statements: StatementsText | None = None


@dataclass(frozen=True)
class PortText:
    """An argument of the top function, and how many beats and elements one sample has."""

    stream: StreamText
    origin: str
    beats: int
    size: int
    lanes: int
    width: int


@dataclass(frozen=True)
class Sources:
    """A design as the templates see it."""

    top: str
    origin: str
    widest: int
    inputs: tuple[PortText, ...]
    outputs: tuple[PortText, ...]
    streams: tuple[StreamText, ...]
    processes: tuple[ProcessText, ...]

    @property
    def most_pieces(self) -> int:
        """No array is cut into more elements than this."""
        return max(4096, *(rom.size for rom in self.roms), *(p.size for p in self.inputs))

    @property
    def headers(self) -> list[str]:
        """The headers that the processes need."""
        return sorted({p.header for p in self.processes} | {"pragmas.hpp"})

    @property
    def roms(self) -> list[RomText]:
        """Every constant memory."""
        return [rom for p in self.processes for rom in p.roms]

    @property
    def statements(self) -> list[StatementsText]:
        """Every class of straight-line C++."""
        return [p.statements for p in self.processes if p.statements is not None]

    def files(self, version: str, digest: str) -> dict[str, str]:
        """The generated C++ by path in the project."""
        about = {"version": version, "digest": digest}
        found = {
            f"src/{self.top}.h": render("hls/top.h.j2", s=self, **about),
            f"src/{self.top}.cpp": render("hls/top.cpp.j2", s=self, **about),
            "src/config.h": render("hls/config.h.j2", s=self, **about),
            "tb/testbench.cpp": render("hls/testbench.cpp.j2", s=self, **about),
            "csim/csim.cpp": render("hls/csim.cpp.j2", s=self, **about),
        }
        for rom in self.roms:
            found[f"src/weights/{rom.name}.h"] = render("hls/rom.h.j2", rom=rom, **about)
        for statements in self.statements:
            found[f"src/adders/{statements.name}.h"] = render("hls/adders.h.j2", s=statements, **about)
        return found


def sources(design: Design) -> Sources:
    """The C++ values of `design`; IRError where it breaks the rules of the design level."""
    design = separated(design)
    check_wiring(design)
    names = Names()
    top = names.unique(design.name)
    ports = {p.stream: p for p in (*design.inputs, *design.outputs)}
    texts: dict[str, StreamText] = {}
    for port in (*design.inputs, *design.outputs):
        texts[port.stream] = _stream(names, port.name, design.streams[port.stream])
    process_names = {p.name: names.unique(p.name) for p in design}
    for name, stream in design.streams.items():
        if name not in ports:
            texts[name] = _stream(names, name, stream)
    return Sources(
        top=top,
        origin=design.origin,
        widest=max(1024, *(min(s.width, DOCUMENTED_WORD) if s.array else s.width for s in texts.values())),
        inputs=tuple(_port(texts[p.stream], p, design) for p in design.inputs),
        outputs=tuple(_port(texts[p.stream], p, design) for p in design.outputs),
        streams=tuple(texts[name] for name in design.streams if name not in ports),
        processes=tuple(_process(names, process_names[p.name], p, texts) for p in design),
    )


def _stream(names: Names, wanted: str, stream: Stream) -> StreamText:
    name = names.unique(wanted)
    kind = beat(Beat(stream.element, stream.lanes))
    array = stream.kind is StreamKind.ARRAY
    return StreamText(
        name,
        names.unique(f"{name}_beat"),
        kind,
        stream.depth,
        stream.width,
        stream.lanes,
        array,
        "BRAM" if stream.memory is MemoryStyle.BRAM else "SRL",
    )


def _port(text: StreamText, port: Port, design: Design) -> PortText:
    s = design.streams[port.stream]
    return PortText(text, port.origin, s.beats, s.beats * s.lanes, s.lanes, s.element.width)


def _process(names: Names, name: str, process: Process, texts: dict[str, StreamText]) -> ProcessText:
    instance = instance_of(name, process.kernel)
    roms = tuple(_rom(names, rom) for rom in instance.roms)
    config = names.unique(f"{name}_config")
    statements = None
    if isinstance(instance, AdderGraphInstance):
        lines = tuple(additions(instance))
        statements = StatementsText(names.unique(f"{name}_adders"), config, lines, process.origin)
    parameters = _parameters("in", process.reads, texts) + _parameters("out", process.writes, texts)
    return ProcessText(
        name=name,
        origin=process.origin,
        config=config,
        members=members(instance),
        function=instance.function,
        header=instance.header,
        dataflow=instance.dataflow,
        parameters=parameters,
        arguments=", ".join(texts[s].name for s in (*process.reads, *process.writes)),
        roms=roms,
        beats=process.kernel.interval,
        statements=statements,
    )


def _parameters(
    prefix: str, streams: tuple[str, ...], texts: dict[str, StreamText]
) -> tuple[tuple[str, StreamText], ...]:
    if len(streams) == 1:
        return ((prefix, texts[streams[0]]),)
    return tuple((f"{prefix}_{i}", texts[s]) for i, s in enumerate(streams))


def _rom(names: Names, rom: Rom) -> RomText:
    name = names.unique(rom.name)
    return RomText(
        name=name,
        element=code(rom.element),
        dimensions="".join(f"[{n}]" for n in rom.values.shape),
        size=rom.values.size,
        values=initializer(rom.values),
        pragmas=tuple(_pragmas(name, rom)),
    )


def _pragmas(name: str, rom: Rom) -> list[str]:
    """How the memory is cut into words: a word is read at once, memories that are read apart lie apart."""
    if rom.style is MemoryStyle.REGISTERS:
        return [f"#pragma HLS ARRAY_PARTITION variable={name} complete dim=0"]
    axes = rom.values.ndim
    if rom.banks:
        lines = [f"#pragma HLS ARRAY_PARTITION variable={name} complete dim={d}" for d in range(1, axes)]
    else:
        lines = [f"#pragma HLS ARRAY_RESHAPE variable={name} complete dim={d}" for d in range(2, axes + 1)]
    suffix = "_SHARED" if rom.readers > 1 else ""
    match rom.style:
        case MemoryStyle.LUTRAM:
            lines.append(f"CODESIGN_ROM_LUTRAM{suffix}({name})")
        case MemoryStyle.BRAM:
            lines.append(f"CODESIGN_ROM_BRAM{suffix}({name})")
    return lines


def initializer(values: np.ndarray, per_line: int = 32) -> str:
    """A C++ initializer with one row of the last axis per line, long rows broken."""
    if values.ndim > 1:
        return "{\n" + ",\n".join(initializer(row, per_line) for row in values) + "}"
    texts = [str(v) for v in values.tolist()]
    lines = [",".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return "{" + ",\n".join(lines) + "}"
