"""Projects with a host and an in-process device, built by g++."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from codesign import resources
from codesign.backends.deployment import Bank, ComputeUnit
from codesign.backends.host.host import host, write_host
from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.project import write_project
from codesign.ir.design import Design
from codesign.ir.layers import Input, Quantize
from codesign.ir.vector import Vector
from codesign.verification import toolchain
from codesign.verification.vectors import random_vectors
from tests.backends.host.encoding import WARNINGS

KERNEL_FLAGS = ["-std=c++11", "-O1", "-fwrapv", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", "-w"]
HOST_FLAGS = ["-std=c++14", "-O1", "-fPIC", "-pthread", *WARNINGS]


def encoded(design: Design) -> Design:
    """`design` with inputs that take the user's numbers: rounded to codes of their type."""
    design = design.copy()
    for i, port in enumerate(design.inputs):
        t = port.tensor
        layer = Input(t, (Quantize(t.low, t.high, Vector.of(t.step)),))
        design.inputs[i] = replace(port, layer=layer)
    return design


def written(design: Design, folder: Path, units: int = 1, max_batch: int = 100, samples: int = 8) -> Path:
    """The project of `design` with kernel, host and device; argument i of compute unit u is in bank (i + u) % 3."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"version": "0.1.0", "digest": "abc"}
    vectors = random_vectors(design, samples)
    printed = write_project(design, folder, part="xcu50-fsvh2104-2-e", clock_ns=5, vectors=vectors, **about)
    found = replace(kernel(design, printed, 512), max_samples=max_batch)
    found = write_kernel(found, folder, **about)
    memories = len(found.memories) + 1
    banks = tuple(Bank(f"HBM[{i}]", 1 << 22) for i in range(3))
    names = [f"{found.name}_{u + 1}" for u in range(units)]
    placed = tuple(ComputeUnit(n, tuple((i + u) % 3 for i in range(memories))) for u, n in enumerate(names))
    write_host(host(design, found, placed, banks, max_batch), folder, **about)
    return folder


def xclbin(project: Path, options: Sequence[str] = (), place: Path | None = None) -> Path:
    """The emulated xclbin of the project."""
    place = place or project / "alveo" / "emulation" / "design.xclbin"
    source = project / "alveo" / "emulation" / "xclbin.cpp"
    include = f"-I{project / 'csim' / 'include'}"
    toolchain.run(
        [toolchain.compiler(), *KERNEL_FLAGS, "-DCODESIGN_NATIVE", *options, include, source, "-o", place], seconds=900
    )
    return place


def objects(folder: Path, options: Sequence[str] = ()) -> list[Path]:
    """What every emulated host needs, whatever its design: the device, compiled once."""
    library = resources.folder("hls") / "device"
    return [compiled(library / name, folder, library, options) for name in ("card.cpp", "image.cpp")]


def compiled(source: Path, folder: Path, include: Path, options: Sequence[str] = ()) -> Path:
    """One object file."""
    place = folder / f"{source.stem}.o"
    toolchain.run([toolchain.compiler(), *HOST_FLAGS, *options, f"-I{include}", "-c", source, "-o", place], seconds=300)
    return place


def linked(objects: Sequence[Path], place: Path, options: Sequence[str] = ()) -> Path:
    """An executable, or with -shared a shared object."""
    toolchain.run([toolchain.compiler(), "-pthread", *options, *objects, "-o", place, "-ldl"], seconds=300)
    return place
