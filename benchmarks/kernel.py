"""The memory-mapped kernels of the published networks, as printed, under g++: packed batches in, packed batches out.

    python -m benchmarks.kernel [--only NAME ...]

Each network is compiled for the U50 and its kernel started with batches of 1, 5 and 100 samples, and with the 100
spread over three compute units, between guard bytes. Every code is compared with the network's. Prints markdown; the
exit code is 1 if any differs or a network fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import cpu_seconds, surroundings, table
from benchmarks.networks import DATA, DENSE, IMAGES, MODELS, OURS, Network
from codesign.backends.kernel.sources import Argument, kernel, write_kernel
from codesign.backends.project import write_project
from codesign.compiler.compile import designed
from codesign.compiler.options import Options
from codesign.frontends import qonnx
from codesign.ir.design import Design
from codesign.ir.tensor import Array
from codesign.passes import pipeline
from codesign.verification.kernel import KernelCsim
from codesign.verification.ladder import evaluate_network
from codesign.verification.vectors import random_codes

BATCHES = (1, 5, 100)
UNITS = 3
MOST = max(BATCHES)

FULL = Network("deepcalo full", MODELS / "deepcalo" / "deepcalo_full_synthetic.onnx")
"""Images, scalars and tracks: three inputs."""

HEADINGS = (
    "network", "inputs, words per 100 samples", "outputs, words per 100 samples", "codes compared", "codes that differ",
    "CPU s to compile", "us per sample in g++",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What was found of one network."""

    name: str
    reads: str
    writes: str
    compared: int
    differing: int
    compile_seconds: float
    microseconds: float
    """Of CPU per sample of the largest batch, in the C++ alone."""


def check(network: Network) -> Result:
    """Prints, compiles and starts the kernel of `network`."""
    options = Options.of("u50", network.input_type, None, network.config, None, None)
    passed = pipeline.run(qonnx.load(network.path), options.config, options.input_types)
    _, design = designed(passed.network, options)
    codes = samples(network, design)
    expected = [y.reshape(MOST, -1) for y in evaluate_network(passed.network, codes)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        printed = write_project(
            design, folder, part=options.target.part, clock_ns=5, vectors=None, version="0", digest="0"
        )
        found = write_kernel(kernel(design, printed, options.target.word_bits or 0), folder, version="0", digest="0")
        csim = KernelCsim(folder)
        start = cpu_seconds()
        csim.build()
        compile_seconds = cpu_seconds() - start
        compared = differing = 0
        for batch in BATCHES:
            outputs = csim([c[:batch] for c in codes])
            compared += sum(y.size for y in outputs)
            differing += sum(int((y != want[:batch]).sum()) for y, want in zip(outputs, expected, strict=True))
        parts = [csim([c[part] for c in codes]) for part in np.array_split(np.arange(MOST), UNITS)]
        for y, want in zip(zip(*parts, strict=True), expected, strict=True):
            compared += want.size
            differing += int((np.concatenate(y) != want).sum())
        packed = [a.layout.pack(c) for a, c in zip(found.inputs, codes, strict=True)]
        start = cpu_seconds()
        csim.start(packed, MOST)
        microseconds = (cpu_seconds() - start) / MOST * 1e6
        words = [words_of(side) for side in (found.inputs, found.outputs)]
    return Result(network.name, words[0], words[1], compared, differing, compile_seconds, microseconds)


def words_of(arguments: Sequence[Argument]) -> str:
    """The words in memory of the largest batch, argument by argument."""
    return ", ".join(f"{a.layout.word_count(MOST * a.port.size):,}" for a in arguments)


def samples(network: Network, design: Design) -> list[Array]:
    """Codes (100, *shape) of each input: events of the full calorimeter network, else random ones with all extremes."""
    if network is not FULL:
        return random_codes(design, MOST)
    with np.load(DATA / "deepcalo" / "synthetic_events.npz") as file:
        return design.encode([file[port.origin][:MOST].astype(np.float64) for port in design.inputs])


def report(results: Sequence[Result]) -> str:
    """A row for each network."""
    rows = [(r.name, r.reads, r.writes, r.compared, r.differing, r.compile_seconds, r.microseconds) for r in results]
    return table(HEADINGS, rows)


def main() -> None:
    networks = {n.name: n for n in (OURS, *DENSE, *IMAGES, FULL)}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=list(networks), metavar="NAME")
    asked = parser.parse_args()
    results = []
    for name, network in networks.items():
        if asked.only is not None and name not in asked.only:
            continue
        if not network.path.is_file():
            print(f"{name}: skipped, {network.path.name} is not there", file=sys.stderr)
            continue
        print(name, file=sys.stderr)
        results.append(check(network))
        print(report(results[-1:]).splitlines()[-1], file=sys.stderr)
    print(f"{surroundings('numpy')}\n\n{report(results)}")
    if any(r.differing for r in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
