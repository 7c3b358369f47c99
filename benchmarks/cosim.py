"""Cycle-accurate simulation: what its build costs, how fast it runs, and whether cycles are those of the model.

    python -m benchmarks.cosim [--only NAME ...] [--inputs N]

Each network is compiled for the U50, its SystemVerilog translated by Verilator and compiled by g++ anew (but for
Verilator's own C++, which is compiled once per machine), and simulated with paced inputs, unthrottled ones and random
stalls. Prints markdown; the exit code is 1 if any value differs or any cycle count is not the model's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import codesign
from benchmarks.measure import cpu_seconds, surroundings, table
from benchmarks.networks import MODELS, ROOT
from codesign.verification.cosim import Cosim, Pacing

HEADINGS = (
    "network", "asked", "build, CPU s", "build, s", "inputs", "cycles", "cycles per CPU s", "differing", "interval",
    "latency",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A network with the options that compile it."""

    name: str
    path: Path
    options: Mapping[str, object] = field(default_factory=dict)

    def asked(self) -> str:
        """The options in words."""
        return ", ".join(f"{name} {value}" for name, value in self.options.items()) or "the fastest that fits"


def _own(name: str) -> Path:
    return ROOT / "models" / name / f"{name}.onnx"


CASES = (
    Case("jet tagger, interval 1", _own("jet_tagger")),
    Case("jet tagger, folded", _own("jet_tagger"), {"reuse": 64}),
    Case("keyword spotting, DS-CNN", _own("kws_dscnn"), {"interval": 2000}),
    Case("ResNet", _own("resnet")),
    Case(
        "DeepCalo, image only, 8 bit",
        MODELS / "deepcalo" / "deepcalo_image_only_w8a8_synthetic.onnx",
        {"interval": 6160, "budget": "dsp=3800"},
    ),
)


def measured(case: Case, inputs: int | None) -> tuple[tuple[object, ...], bool]:
    """(a row of the table, whether it is exact and as fast as its model)."""
    with tempfile.TemporaryDirectory(prefix="codesign-") as name:
        folder = Path(name) / "build"
        report = codesign.compile(case.path, target="u50", output=folder, csim=False, **case.options).report  # type: ignore[arg-type]
        cpu, wall = cpu_seconds(), time.monotonic()
        Cosim(folder).build()
        built = cpu_seconds() - cpu, time.monotonic() - wall
        cpu = cpu_seconds()
        found = codesign.cosim(folder, inputs=inputs)
        before = cpu_seconds() - cpu
        assert found.measured is not None
        cpu = cpu_seconds()
        again = codesign.cosim(folder, inputs=found.runs[0].inputs, pacings=[Pacing.RANDOM])
        overhead = cpu_seconds() - cpu
    cycles = sum(run.cycles for run in found.runs)
    # All but the simulations costs the same once more: what is left is the time of two of them.
    speed = (cycles - again.runs[0].cycles) / max(before - overhead, 1e-9)
    differing = sum(run.mismatches for run in found.runs)
    cosim = found.report.cosim
    assert cosim is not None
    row = (
        case.name, case.asked(), *built, found.runs[0].inputs, cycles, speed, differing,
        _beside(cosim.interval, report.interval.cycles), _beside(cosim.latency, report.latency.cycles),
    )  # fmt: skip
    as_modelled = (cosim.interval, cosim.latency) == (report.interval.cycles, report.latency.cycles)
    return row, found.exact and as_modelled


def _beside(found: int, model: int) -> str:
    return f"{found:,}" if found == model else f"{found:,} (the model: {model:,})"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=[c.name for c in CASES], metavar="NAME")
    parser.add_argument("--inputs", type=int, help="by default as many as seconds allow")
    given = parser.parse_args()
    rows, right = [], True
    for case in CASES:
        if given.only is None or case.name in given.only:
            print(case.name, file=sys.stderr)
            row, exact = measured(case, given.inputs)
            rows.append(row)
            right = right and exact
    print(f"{surroundings('verilator')}\n\n{table(HEADINGS, rows)}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
