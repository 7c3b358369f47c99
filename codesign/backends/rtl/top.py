"""The SystemVerilog of a design: a top that only instantiates, the memories' contents, and the library beside them."""

from __future__ import annotations

from dataclasses import dataclass

from codesign import resources
from codesign.backends.instances.base import Rom
from codesign.backends.instances.build import instance_of
from codesign.backends.names import Names
from codesign.backends.render import render
from codesign.backends.rtl.keywords import KEYWORDS
from codesign.backends.rtl.modules import Module, Side, module_of
from codesign.backends.rtl.parameters import LIBRARY
from codesign.backends.rtl.weights import contents, hexadecimal
from codesign.backends.wiring import check_wiring, separated
from codesign.errors import IRError
from codesign.ir.design import Design, Port, Process, Stream
from codesign.ir.kernels.base import MemoryStyle

WEIGHTS = "weights"
"""The folder of the memories' contents; paths in the SystemVerilog begin with it."""


@dataclass(frozen=True)
class StreamText:
    """A stream: the signals that its writer drives, those that its reader sees, and the FIFO between them."""

    stream: str
    """Its name in the design."""
    fifo: str
    width: int
    depth: int
    style: str
    write: Side
    read: Side


@dataclass(frozen=True)
class PortText:
    """A port of the top: its signals, and what one sample is."""

    name: str
    origin: str
    signals: Side
    stream: StreamText
    beats: int
    lanes: int
    element_width: int
    signed: bool


@dataclass(frozen=True)
class ProcessText:
    """An instance of a module; connections are (port of the module, expression)."""

    process: str
    """Its name in the design."""
    name: str
    origin: str
    module: str
    parameters: tuple[tuple[str, str], ...]
    connections: tuple[tuple[str, str], ...]
    loops: int
    steps: int
    """Iterations of the first loop per sample."""
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    go: str
    starved: str
    blocked: str
    unused: str
    """What holds the signals that only a monitor reads, so that no tool warns of them."""
    files: tuple[str, ...]
    """The memories' contents that it reads, below the folder of the SystemVerilog."""


@dataclass(frozen=True)
class Rtl:
    """A design as SystemVerilog, every number final."""

    top: str
    axis: str
    """The name kept for the top with AXI4-Stream ports."""
    origin: str
    inputs: tuple[PortText, ...]
    outputs: tuple[PortText, ...]
    streams: tuple[StreamText, ...]
    processes: tuple[ProcessText, ...]
    generated: dict[str, str]
    """Modules that are printed for this design, by name: their text without the line that says who made it."""
    weights: dict[str, Rom]
    """The memories by the path of their contents."""

    def files(self, version: str, digest: str) -> dict[str, str]:
        """Every file by its path below the folder of the SystemVerilog: the top, its modules and the weights."""
        about = {"version": version, "digest": digest}
        found = {f"{self.top}.sv": render("rtl/top.sv.j2", s=self, **about)}
        for name, text in self.generated.items():
            found[f"{name}.sv"] = render("rtl/module.sv.j2", text=text, **about)
        for path, rom in self.weights.items():
            found[path] = hexadecimal(rom)
        return found | library()


def library() -> dict[str, str]:
    """The modules of the library by file name."""
    folder = resources.folder("hls") / "rtl"
    return {path.name: path.read_text(encoding="ascii") for path in sorted(folder.glob(f"{LIBRARY}*.sv"))}


def rtl(design: Design) -> Rtl:
    """The SystemVerilog values of `design`; IRError where it breaks the rules of the design level."""
    design = separated(design)
    check_wiring(design)
    names = Names(KEYWORDS | {path.removesuffix(".sv") for path in library()})
    top = names.unique(design.name)
    ports = (*design.inputs, *design.outputs)
    signals = [_side(names, port.name) for port in ports]
    texts = {name: _stream(names, stream) for name, stream in design.streams.items()}
    ported = tuple(_port(s, port, design, texts[port.stream]) for s, port in zip(signals, ports))
    generated: dict[str, str] = {}
    weights: dict[str, Rom] = {}
    processes = tuple(_process(names, p, texts, generated, weights) for p in design)
    return Rtl(
        top=top,
        axis=names.unique(f"{top}_axis"),
        origin=design.origin,
        inputs=ported[: len(design.inputs)],
        outputs=ported[len(design.inputs) :],
        streams=tuple(texts.values()),
        processes=processes,
        generated=generated,
        weights=weights,
    )


def _side(names: Names, prefix: str) -> Side:
    return Side(names.unique(f"{prefix}_data"), names.unique(f"{prefix}_valid"), names.unique(f"{prefix}_ready"))


def _stream(names: Names, stream: Stream) -> StreamText:
    return StreamText(
        stream=stream.name,
        fifo=names.unique(f"{stream.name}_fifo"),
        width=stream.width,
        depth=stream.depth,
        style="block" if stream.memory is MemoryStyle.BRAM else "distributed",
        write=_side(names, f"{stream.name}_in"),
        read=_side(names, f"{stream.name}_out"),
    )


def _port(signals: Side, port: Port, design: Design, text: StreamText) -> PortText:
    s = design.streams[port.stream]
    return PortText(port.name, port.origin, signals, text, s.beats, s.lanes, s.element.width, s.element.signed)


def _process(
    names: Names, process: Process, texts: dict[str, StreamText], generated: dict[str, str], weights: dict[str, Rom]
) -> ProcessText:
    if process.pipeline < 1:
        raise IRError(f"rtl: the pipeline of process {process.name} has not been decided")
    name = names.unique(process.name)
    instance = instance_of(name, process.kernel)
    memories = {rom.role: contents(rom, f"{WEIGHTS}/{names.unique(rom.name)}") for rom in instance.roms}
    files = {role: told for role, (told, _) in memories.items()}
    module: Module = module_of(names, name, instance, process.kernel, process.pipeline, files)
    read = {text for _, text in module.parameters}
    held = {path: rom for told, found in memories.values() if f'"{told}"' in read for path, rom in found.items()}
    weights |= held
    generated |= module.generated
    go, starved, blocked = (names.unique(f"{name}_{what}") for what in ("go", "starved", "blocked"))
    connections = [("clk", "clk"), ("rst", "rst")]
    connections += module.connections([texts[r].read for r in process.reads], [texts[w].write for w in process.writes])
    connections += [("go", go), ("starved", starved), ("blocked", blocked)]
    return ProcessText(
        process=process.name,
        name=name,
        origin=process.origin,
        module=module.name,
        parameters=module.parameters,
        connections=tuple(connections),
        loops=module.loops,
        steps=process.kernel.interval,
        reads=process.reads,
        writes=process.writes,
        go=go,
        starved=starved,
        blocked=blocked,
        unused=names.unique(f"{name}_unused"),
        files=tuple(held),
    )
