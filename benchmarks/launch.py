"""Launches of batches of calorimeter images on the U50: ours by arithmetic, beside what was measured and published.

    python -m benchmarks.launch [--cosim] [--only NAME]

The published times are those of whole calls on a card (image-only, mixed streams), its cycles those of its design:
what is left of the first after the second is launch and transfer. Ours has its cycles from the cycle model, or with
`--cosim` from the simulation of the SystemVerilog, and launch and transfer from the target's file: no card was used.
Prints markdown.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import codesign
from benchmarks.measure import surroundings, table
from benchmarks.twin import ASKED, Case
from codesign.analysis.launch import Pace
from codesign.report.model import Report

PUBLISHED_MS = {1: 0.443, 5: 1.34, 100: 23.5}
PUBLISHED = Pace(interval=45_448, latency=68_528)
CLOCK_MHZ = 200
CASES = {
    "interval": next(case for case in ASKED if case.options == {"interval": 6160, "budget": "dsp=3800"}),
    "both": next(case for case in ASKED if "latency_us" in case.options),
}
HEADINGS = ("", "batch", "kernel cycles", "kernel ms", "transfer ms", "launch ms", "end to end ms", "bound ms")


def published() -> list[tuple[object, ...]]:
    """Its kernel by its cycles, and what of the measured time is left."""
    rows = []
    for samples, whole in PUBLISHED_MS.items():
        cycles = PUBLISHED.latency + (samples - 1) * PUBLISHED.interval
        kernel = cycles / CLOCK_MHZ / 1000
        rest = f"{whole - kernel:.3f} with transfer"
        rows.append(("published (16 bits), measured", samples, cycles, f"{kernel:.4g}", "", rest, f"{whole:g}", ""))
    return rows


def ours(name: str, report: Report) -> list[tuple[object, ...]]:
    """The launches of the report of the same sizes."""
    found = [one for one in report.launches if one.samples in PUBLISHED_MS]
    return [
        (
            f"ours (8 bits, {name}), {report.known_latency.source}",
            one.samples,
            one.kernel_cycles,
            *(
                f"{us / 1000:.4g}"
                for us in (one.kernel_us, one.transfer_us, one.launch_us, one.end_to_end_us, one.bound_us)
            ),
        )
        for one in found
    ]


def compiled(case: Case, cosim: bool) -> Report:
    """The report of the design, with its cycles simulated if asked for."""
    with tempfile.TemporaryDirectory(prefix="codesign-") as name:
        folder = Path(name) / "build"
        network = case.network
        report = codesign.compile(
            network.path, target=case.target, output=folder, input_type=network.input_type, config=network.config,
            csim=False, **case.options,  # type: ignore[arg-type]
        ).report  # fmt: skip
        return codesign.cosim(folder, inputs=case.inputs).report if cosim else report


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", choices=sorted(CASES))
    parser.add_argument("--cosim", action="store_true", help="simulate the SystemVerilog for its cycles")
    given = parser.parse_args()
    rows = published()
    for name, case in CASES.items():
        if given.only in (None, name):
            rows += ours(name, compiled(case, given.cosim))
    print(f"{surroundings()}\n\n{table(HEADINGS, rows)}")


if __name__ == "__main__":
    main()
