"""The generated SystemVerilog, simulated cycle by cycle: the same integers, and the cycles they take."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from codesign.backends.rtl.bench import DESCRIPTION, FOLDER, SOURCES, TOP
from codesign.errors import ToolError
from codesign.ir.tensor import Array
from codesign.progress import Progress, silent
from codesign.verification import toolchain
from codesign.verification.stuck import why_stuck
from codesign.verification.verilator import Program, verilator
from codesign.verification.words import packed, unpacked


class Source(Enum):
    """When beats are offered to the inputs."""

    PACED = "paced"
    """A sample per interval, its beats one per cycle."""
    UNTHROTTLED = "unthrottled"
    """Whenever there is room."""
    RANDOM = "random"
    """With random stalls."""


class Sink(Enum):
    """When beats are taken from the outputs."""

    READY = "ready"
    """As soon as they come."""
    RANDOM = "random"
    """With random stalls."""


class Pacing(Enum):
    """How the design is driven at both ends."""

    PACED = "paced"
    """A sample per interval, results taken at once: what latency and occupancy are measured with."""
    UNTHROTTLED = "unthrottled"
    """Beats whenever there is room, results taken at once."""
    RANDOM = "random stalls"
    """Random stalls on both ends."""

    @property
    def source(self) -> Source:
        """What the inputs do."""
        return {Pacing.PACED: Source.PACED, Pacing.UNTHROTTLED: Source.UNTHROTTLED, Pacing.RANDOM: Source.RANDOM}[self]

    @property
    def sink(self) -> Sink:
        """What the outputs do."""
        return Sink.RANDOM if self is Pacing.RANDOM else Sink.READY


class Stuck(ToolError):
    """Nothing moves in a simulation that is not at its end, or nothing comes in and out."""


@dataclass(frozen=True)
class Activity:
    """What a process did, in cycles: `busy` with an iteration issued, `starved` while the next one of a sample that
    has begun waited for a beat, `blocked` while a result waited for room. `starts`, `first_outputs` and `finishes` are
    the cycles of its first iteration and of the first and the last beat that it writes, for the `shown` samples."""

    busy: int
    starved: int
    blocked: int
    starts: tuple[int, ...]
    first_outputs: tuple[int, ...]
    finishes: tuple[int, ...]


@dataclass(frozen=True)
class Occupancy:
    """What waited in a stream: the most places in use at once (a beat leaves its own the cycle after it is taken), of
    how many, in how many cycles none was free; the cycles in which its reader waited for a beat, and its writer for
    room."""

    most: int
    depth: int
    full: int
    reader_waited: int
    writer_waited: int


@dataclass(frozen=True, eq=False)
class Run:
    """What a simulation found. Cycle 0 is the first after the reset."""

    outputs: list[Array]
    """Codes (n, *shape)."""
    given: list[Array]
    """(n, beats): the cycle in which each beat of an output was taken."""
    first: Array
    """(n,): the cycle in which the first beat of a sample went in, at any input."""
    cycles: int
    """Of the whole simulation."""
    shown: tuple[int, ...]
    """The samples of which the processes' cycles are kept: the first ones and the last."""
    processes: Mapping[str, Activity]
    streams: Mapping[str, Occupancy]

    @property
    def last(self) -> Array:
        """(n,): the cycle in which the last beat of a sample came out, at any output."""
        found: Array = np.max([cycles[:, -1] for cycles in self.given], axis=0)
        return found

    @property
    def latencies(self) -> Array:
        """(n,): cycles from the first beat in to the last beat out."""
        return self.last - self.first

    @property
    def latency(self) -> int:
        """Of the first sample, which had the design for itself."""
        return int(self.latencies[0])

    @property
    def steady_latency(self) -> int:
        """Of the last sample."""
        return int(self.latencies[-1])

    @property
    def interval(self) -> int | None:
        """Cycles from the end of one sample to the end of the next, over the second half of them; rounded up. None for
        a single sample."""
        first = len(self.last) // 2 - (len(self.last) == 2)
        samples = len(self.last) - 1 - first
        return -(-int(self.last[-1] - self.last[first]) // samples) if samples > 0 else None


@dataclass(frozen=True)
class _Port:
    name: str
    stream: str
    shape: tuple[int, ...]
    width: int
    signed: bool
    low: int
    high: int
    lanes: int
    beats: int

    @property
    def words(self) -> int:
        return -(-self.lanes * self.width // 32)


class Cosim:
    """A project folder as a simulation of its SystemVerilog; compiled at the first run, or by `build`."""

    def __init__(self, project: Path) -> None:
        self.project = Path(project)
        place = self.project / DESCRIPTION
        try:
            found = json.loads(place.read_text(encoding="utf-8"))
            self._inputs = [_port(p) for p in found["inputs"]]
            self._outputs = [_port(p) for p in found["outputs"]]
            self.interval, self._silence, self._patience = (
                int(found[name]) for name in ("interval", "silence", "patience")
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ToolError(
                f"{self.project}: there is nothing to simulate ({place} cannot be used: {error}); "
                "make a project with `codesign compile`"
            ) from error
        self._programs: dict[bool, Path] = {}
        self._lock = threading.Lock()

    def build(self, trace: bool = False, progress: Progress = silent) -> Path:
        """The program, compiled unless it already was for the same sources and tools; `trace` lets it write a VCD."""
        with self._lock:
            if trace not in self._programs:
                program = self._program(trace)
                key = program.key(verilator(), toolchain.compiler())
                place = self.project / FOLDER / f"bench-{key}"
                if not place.is_file():
                    program.build(place, progress)
                self._programs[trace] = place
            return self._programs[trace]

    def run(
        self,
        inputs: Sequence[Array],
        source: Source = Source.PACED,
        sink: Sink = Sink.READY,
        *,
        interval: int | None = None,
        seed: int = 0,
        vcd: Path | None = None,
        progress: Progress = silent,
    ) -> Run:
        """All samples of codes (n, *shape) of the inputs, one behind the other.

        A paced source starts a sample every `interval` cycles, by default the design's. `seed` decides the stalls and
        what registers hold before they are written. `vcd` is a file to write all signals to.
        ToolError where a tool is missing or fails, and for codes outside an input's range; Stuck, with the process
        that waits and the stream that it waits for, where the design does not come to its end.
        """
        given = [self._checked(port, x) for port, x in zip(self._inputs, inputs, strict=True)]
        samples = len(given[0])
        if samples == 0 or any(len(x) != samples for x in given):
            raise ToolError(f"cosim: the inputs have {', '.join(str(len(x)) for x in given)} samples")
        program = self.build(vcd is not None, progress)
        what = _told(source, sink)
        options = {
            "samples": samples,
            "interval": self.interval if interval is None else interval,
            "source": source.value,
            "sink": sink.value,
            "seed": seed,
            "silence": self._silence,
            "patience": self._patience,
        }
        with tempfile.TemporaryDirectory(prefix="codesign-") as name:
            folder = Path(name)
            codes, results, report = folder / "codes", folder / "results", folder / "report.json"
            with codes.open("wb") as file:
                for port, x in zip(self._inputs, given, strict=True):
                    file.write(packed(x.reshape(samples * port.beats, port.lanes), port.width))
            words = [
                str(program.resolve()),
                str(codes),
                str(results),
                str(report),
                *(f"{k}={v}" for k, v in options.items()),
            ]
            with _kept(vcd) as trace:
                if trace is not None:
                    words.append(f"trace={trace}")
                _execute(words, self.project / SOURCES, samples, what, progress)
            found = json.loads(report.read_text(encoding="ascii"))
            if found["end"] != "done":
                raise Stuck(f"cosim of {self.project}, {what}: {why_stuck(found, self._streams(), samples)}")
            return self._read(found, results, samples)

    def _streams(self) -> dict[str, str]:
        """The name of each port's stream, by the port's."""
        return {p.name: p.stream for p in (*self._inputs, *self._outputs)}

    def _program(self, trace: bool) -> Program:
        folder, rtl = self.project / FOLDER, self.project / SOURCES
        sources = (folder / f"{TOP}.sv", *sorted(rtl.glob("*.sv")))
        return Program(sources, TOP, folder / "bench.cpp", (folder,), trace)

    def _checked(self, port: _Port, x: Array) -> Array:
        codes = np.ascontiguousarray(x, dtype=np.int64)
        if codes.shape[1:] != port.shape:
            raise ToolError(f"cosim: input {port.name} has shape {codes.shape[1:]}, the design expects {port.shape}")
        if codes.size and (codes.min() < port.low or codes.max() > port.high):
            raise ToolError(f"cosim: input {port.name} has codes outside {port.low}..{port.high}")
        return codes

    def _read(self, found: Mapping[str, Any], results: Path, samples: int) -> Run:
        """The run that the bench wrote."""
        outputs, given = [], []
        with results.open("rb") as file:
            for port in self._outputs:
                beats = samples * port.beats
                given.append(np.fromfile(file, "<u8", beats).reshape(samples, port.beats).astype(np.int64))
                words = np.fromfile(file, "<u4", beats * port.words).reshape(beats, port.words)
                codes = unpacked(words, port.lanes, port.width, port.signed)
                outputs.append(codes.reshape(samples, *port.shape))
        first = np.min([np.array(p["starts"], dtype=np.int64) for p in found["inputs"]], axis=0)
        shown = tuple(range(samples)) if samples <= 4 else (0, 1, 2, samples - 1)
        return Run(outputs, given, first, found["cycles"], shown, _processes(found), _occupancy(found))


def _processes(found: Mapping[str, Any]) -> dict[str, Activity]:
    """By the process' name; of several loops all together."""
    streams = {s["name"]: s for s in found["streams"]}
    activity = {}
    for name in dict.fromkeys(loop["process"] for loop in found["loops"]):
        loops = [loop for loop in found["loops"] if loop["process"] == name]
        written = [streams[w["stream"]] for w in found["writes"] if w["process"] == name]
        activity[name] = Activity(
            sum(loop["issued"] for loop in loops),
            sum(loop["starved"] for loop in loops),
            sum(loop["blocked"] for loop in loops),
            tuple(loops[0]["starts"]),
            tuple(map(min, zip(*(s["firsts"] for s in written), strict=True))),
            tuple(map(max, zip(*(s["lasts"] for s in written), strict=True))),
        )
    return activity


def _occupancy(found: Mapping[str, Any]) -> dict[str, Occupancy]:
    """By the stream's name."""
    read = {r["stream"]: r["waited"] for r in found["reads"]}
    written = {w["stream"]: w["waited"] for w in found["writes"]}
    return {
        s["name"]: Occupancy(s["most"], s["depth"], s["full"], read.get(s["name"], 0), written.get(s["name"], 0))
        for s in found["streams"]
    }


def _port(values: Mapping[str, Any]) -> _Port:
    numbers = {name: int(values[name]) for name in ("width", "low", "high", "lanes", "beats")}
    shape = tuple(int(n) for n in values["shape"])
    return _Port(str(values["name"]), str(values["stream"]), shape, signed=bool(values["signed"]), **numbers)


def _told(source: Source, sink: Sink) -> str:
    """How a run is called."""
    match source, sink:
        case Source.RANDOM, Sink.RANDOM:
            return "random stalls"
        case _, Sink.READY:
            return f"{source.value} inputs"
        case _:
            return f"{source.value} inputs, random stalls of the outputs"


@contextmanager
def _kept(path: Path | None) -> Iterator[Path | None]:
    """A file to write beside `path`, which takes its name at the end, also where the simulation is stuck: then it is
    wanted most. None for None."""
    if path is None:
        yield None
        return
    try:
        handle, name = tempfile.mkstemp(suffix=".part", dir=path.resolve().parent)
    except OSError as error:
        raise ToolError(f"{path} cannot be written: {error.strerror}") from error
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o644)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _execute(words: Sequence[str], folder: Path, samples: int, what: str, progress: Progress) -> None:
    """Runs the bench, which says how far it is; ToolError if it fails. It ends with this process."""
    title = f"simulating with {what}"
    progress(title, 0, samples)
    with (
        tempfile.TemporaryFile("w+", encoding="ascii", errors="replace") as errors,
        subprocess.Popen(
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
            errors="replace",
        ) as process,
    ):  # fmt: skip
        try:
            assert process.stdout is not None
            for line in process.stdout:
                match line.split():
                    case ["progress", done, of]:
                        progress(title, int(done), int(of))
            code = process.wait()
        finally:
            process.kill()  # nothing happens to one that has ended
        if code != 0:
            errors.seek(0)
            raise ToolError(f"the simulation failed ({toolchain.reason(code)}):\n{toolchain.excerpt(errors.read())}")
    progress(title, samples, samples)
