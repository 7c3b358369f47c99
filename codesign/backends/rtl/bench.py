"""What the simulation of a design is given besides its SystemVerilog: a module that shows what happens inside, a table
of ports, processes and streams for the bench in C++, and the same for Python."""

from __future__ import annotations

import json
from dataclasses import dataclass

from codesign import resources
from codesign.backends.render import render
from codesign.backends.rtl.top import PortText, Rtl, rtl
from codesign.backends.wiring import separated
from codesign.ir.design import Design, Port

FOLDER = "cosim"
"""Where the files lie in a project."""
TOP = "codesign_cosim"
"""The module that is simulated: the design, and its probes."""
DESCRIPTION = f"{FOLDER}/cosim.json"
SOURCES = "rtl"
"""Where the SystemVerilog of the design lies."""

_WORD = 32
_SLACK = 64
"""Cycles beyond the longest pipeline in which nothing moves, when a design is said to be stuck; any would do."""
_PATIENCE = (4, 10_000)
"""How many times the cycles of all processes together, and how many more, an output may take for a beat."""


@dataclass(frozen=True)
class BenchPort:
    """A port of the design: its signals, and the 32-bit words of a beat."""

    name: str
    width: int
    beats: int
    words: int
    data: str
    valid: str
    ready: str


@dataclass(frozen=True)
class LoopRow:
    """A loop of a process, by number, with its iterations per sample."""

    process: int
    steps: int


@dataclass(frozen=True)
class EndRow:
    """A process and a stream that it reads or writes in one of its loops, all by number."""

    process: int
    loop: int
    stream: int


@dataclass(frozen=True)
class StreamRow:
    """A stream with the places of its FIFO and its beats per sample."""

    name: str
    depth: int
    beats: int


@dataclass(frozen=True)
class Probe:
    """Signals of the design, the lowest bits first, as one vector with a bit for each row of a table."""

    name: str
    bits: int
    signals: tuple[str, ...]


@dataclass(frozen=True)
class Bench:
    """The values that the templates print; `description` is what Python reads."""

    top: str
    inputs: tuple[BenchPort, ...]
    outputs: tuple[BenchPort, ...]
    processes: tuple[str, ...]
    loops: tuple[LoopRow, ...]
    reads: tuple[EndRow, ...]
    writes: tuple[EndRow, ...]
    streams: tuple[StreamRow, ...]
    probes: tuple[Probe, ...]
    description: str

    def files(self, version: str, digest: str) -> dict[str, str]:
        """Every file by its path in the project."""
        about = {"s": self, "version": version, "digest": digest}
        library = resources.folder("hls") / FOLDER
        return {
            f"{FOLDER}/{TOP}.sv": render("cosim/codesign_cosim.sv.j2", **about),
            f"{FOLDER}/design.h": render("cosim/design.h.j2", **about),
            DESCRIPTION: self.description,
            **{f"{FOLDER}/{path.name}": path.read_text(encoding="ascii") for path in sorted(library.glob("*.[ch]pp"))},
        }


def simulation(design: Design, version: str, digest: str) -> dict[str, str]:
    """The SystemVerilog of `design` and what it takes to simulate it, every file by its path in the project."""
    printed = rtl(design)
    found = {f"{SOURCES}/{path}": text for path, text in printed.files(version, digest).items()}
    return found | bench(design, printed).files(version, digest)


def bench(design: Design, printed: Rtl) -> Bench:
    """The bench of `design`, as it was printed."""
    design = separated(design)
    number = {name: i for i, name in enumerate(design.streams)}
    loops: list[LoopRow] = []
    reads: list[EndRow] = []
    writes: list[EndRow] = []
    for i, (process, text) in enumerate(zip(design, printed.processes, strict=True)):
        # Where a process has two loops, the first reads and the last writes.
        reads += [EndRow(i, len(loops), number[name]) for name in process.reads]
        loops += [LoopRow(i, text.steps)] * text.loops
        writes += [EndRow(i, len(loops) - 1, number[name]) for name in process.writes]
    return Bench(
        top=printed.top,
        inputs=tuple(_port(p) for p in printed.inputs),
        outputs=tuple(_port(p) for p in printed.outputs),
        processes=tuple(p.name for p in design),
        loops=tuple(loops),
        reads=tuple(reads),
        writes=tuple(writes),
        streams=tuple(StreamRow(s.name, s.depth, s.beats) for s in design.streams.values()),
        probes=_probes(printed, len(loops), len(reads), len(writes)),
        description=_description(design, printed),
    )


def _port(port: PortText) -> BenchPort:
    width = port.stream.width
    s = port.signals
    return BenchPort(port.name, width, port.beats, -(-width // _WORD), s.data, s.valid, s.ready)


def _probes(printed: Rtl, loops: int, reads: int, writes: int) -> tuple[Probe, ...]:
    """In the order in which the bench reads them: a bit per loop, per stream read, per stream written, per stream."""
    streams = len(printed.streams)
    written = [f"dut.{s.write.valid} && dut.{s.write.ready}" for s in printed.streams]
    taken = [f"dut.{s.read.valid} && dut.{s.read.ready}" for s in printed.streams]
    return (
        Probe("go", loops, tuple(f"dut.{p.go}" for p in printed.processes)),
        Probe("starved", reads, tuple(f"dut.{p.starved}" for p in printed.processes)),
        Probe("blocked", writes, tuple(f"dut.{p.blocked}" for p in printed.processes)),
        Probe("written", streams, tuple(written)),
        Probe("taken", streams, tuple(taken)),
    )


def _description(design: Design, printed: Rtl) -> str:
    def port(text: PortText, port: Port) -> dict[str, object]:
        return {
            "name": text.name,
            "origin": port.origin,
            "stream": port.stream,
            "shape": list(port.tensor.shape),
            "width": text.element_width,
            "signed": text.signed,
            "low": port.tensor.low,
            "high": port.tensor.high,
            "lanes": text.lanes,
            "beats": text.beats,
        }

    pipelines = [p.pipeline for p in design]
    together = sum(p.kernel.interval + p.pipeline for p in design)
    found = {
        "top": printed.top,
        "interval": design.interval(),
        "silence": 2 * max(pipelines, default=0) + _SLACK,
        "patience": _PATIENCE[0] * together + _PATIENCE[1],
        "inputs": [port(t, p) for t, p in zip(printed.inputs, design.inputs, strict=True)],
        "outputs": [port(t, p) for t, p in zip(printed.outputs, design.outputs, strict=True)],
    }
    return json.dumps(found, indent=2) + "\n"
