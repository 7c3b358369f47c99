"""The design: processes connected by streams, every number final before anything is printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Kernel, Memory, MemoryStyle
from codesign.ir.layers.input import Input
from codesign.ir.tensor import Array, Tensor, as_codes


class StreamKind(Enum):
    """How the lanes of a beat are wired. Ports are words of an AXI4-Stream: single or struct."""

    SINGLE = "single"
    """One element per beat, one FIFO."""
    ARRAY = "array"
    """`lanes` parallel FIFOs of one element."""
    STRUCT = "struct"
    """`lanes` elements packed into one word of one FIFO."""


@dataclass(frozen=True)
class Stream:
    """`beats` words per sample, each of `lanes` consecutive elements (row-major, channels last).

    `memory` is what its FIFO, or each of its FIFOs, is made of: LUTRAM stands for shift registers, else BRAM. `minimum`
    is the depth that is enough for pipelines as deep as decided; None where it was not looked for.
    """

    name: str
    element: Fixed
    lanes: int
    beats: int
    kind: StreamKind = StreamKind.STRUCT
    depth: int = 2
    memory: MemoryStyle = MemoryStyle.LUTRAM
    minimum: int | None = None

    @property
    def width(self) -> int:
        """Bits per beat."""
        return self.lanes * self.element.width

    @property
    def fifos(self) -> int:
        """How many FIFOs stand side by side."""
        return self.lanes if self.kind is StreamKind.ARRAY else 1


@dataclass(frozen=True)
class Process:
    """A kernel that reads and writes streams, each by its name; `origin` names the user's layer.

    `pipeline` counts the registers from the beats that an iteration takes to those that it gives; 0 where that has
    not been decided.
    """

    name: str
    kernel: Kernel
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    origin: str
    pipeline: int = 0


@dataclass(frozen=True)
class Port:
    """An input or output of the design: the stream, how its codes are read, and its name in the user's file.

    `layer` (inputs only) holds the encoder that turns the user's real numbers into codes on the host.
    """

    name: str
    stream: str
    tensor: Tensor
    origin: str
    layer: Input | None = None


@dataclass
class Design:
    """Processes in topological order. Each stream has one writer (a process or an input) and one reader."""

    name: str
    origin: str
    streams: dict[str, Stream] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)

    def add_stream(self, stream: Stream) -> str:
        """Adds it and gives its name."""
        if stream.name in self.streams:
            raise IRError(f"design: two streams are called {stream.name}")
        self.streams[stream.name] = stream
        return stream.name

    def add(self, process: Process) -> Process:
        """Adds a process whose streams exist."""
        if process.name in self.processes:
            raise IRError(f"design: two processes are called {process.name}")
        for name in (*process.reads, *process.writes):
            if name not in self.streams:
                raise IRError(f"design: process {process.name} uses an unknown stream {name}")
        self.processes[process.name] = process
        return process

    def __iter__(self) -> Iterator[Process]:
        return iter(list(self.processes.values()))

    def copy(self) -> Design:
        """The same design, to be changed without touching this one (streams and processes are values)."""
        return replace(
            self,
            streams=dict(self.streams),
            processes=dict(self.processes),
            inputs=list(self.inputs),
            outputs=list(self.outputs),
        )

    def memories(self) -> list[tuple[Process, Memory]]:
        """Every constant memory with its owner."""
        return [(p, m) for p in self for m in p.kernel.memories()]

    def interval(self) -> int:
        """Cycles between two samples in steady state: those of the slowest process."""
        return max((p.kernel.interval for p in self), default=1)

    def encode(self, inputs: Sequence[np.ndarray]) -> list[Array]:
        """The codes (n, *shape) of the user's real inputs."""
        codes = []
        for port, x in zip(self.inputs, inputs, strict=True):
            assert port.layer is not None
            codes.append(as_codes(port.layer.encode(x)))
        return codes

    def evaluate(self, inputs: Sequence[Array]) -> list[Array]:
        """Codes of the outputs (n, *shape) for codes of the inputs (n, *shape), beat by beat as wired."""
        beats: dict[str, Array] = {}
        for port, x in zip(self.inputs, inputs, strict=True):
            s = self.streams[port.stream]
            beats[port.stream] = np.asarray(x, dtype=np.int64).reshape(len(x), s.beats, s.lanes)
        for process in self:
            results = process.kernel.evaluate(*(beats.pop(r) for r in process.reads))
            for name, result in zip(process.writes, results, strict=True):
                s = self.streams[name]
                if result.shape[1:] != (s.beats, s.lanes):
                    raise IRError(f"design: {process.name} wrote {result.shape[1:]} to {name} of {(s.beats, s.lanes)}")
                beats[name] = result
        return [beats[p.stream].reshape(-1, *p.tensor.shape) for p in self.outputs]
