"""The calorimeter energy regression on the U50: the foldings that are solved for it, beside what was published.

    python -m benchmarks.deepcalo [--model FILE] [--only REQUEST ...]

Each request is one folding of the same network at 200 MHz. Interval and latency are exact cycles of the design, by its
static schedules and estimated pipelines; resources are estimates. The same folding with one element per beat between
layers stands beside it. Prints markdown; the exit code is 1 if a request is not met.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import cpu_seconds, surroundings, table
from benchmarks.networks import MODELS
from codesign.analysis.cost import design_cost
from codesign.analysis.latency import timing
from codesign.config import Config, Streams
from codesign.frontends import qonnx
from codesign.ir.graph import Graph
from codesign.passes import pipeline
from codesign.passes.fold import solve_folding
from codesign.targets import load_target
from codesign.targets.budget import Budget

MODEL = MODELS / "deepcalo" / "deepcalo_image_only_w8a8_synthetic.onnx"
CLOCK_MHZ = 200

PUBLISHED = ("published (16 bits, Alveo U50)", "45,448", "68,528", "3,267", "", "", "", "", "163,976", "2.39")
"""DeepCalo with hls4ml: interval and kernel latency in cycles of 200 MHz, DSP slices; latency with single streams."""

HEADINGS = (
    "asked", "interval", "latency", "DSP", "LUT", "BRAM36", "CPU seconds to solve", "interval, single streams",
    "latency, single streams", "ratio of latencies",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """A folding that is asked for, and what it must reach."""

    name: str
    budget: str = "80%"
    interval: int | None = None
    latency: int | None = None


REQUESTS = (
    Request("fastest"),
    Request("interval", "dsp=3800", interval=6160),
    Request("latency", "dsp=3800", latency=18_000),
    Request("both", "dsp=3800", interval=6160, latency=18_000),
)


def solved(network: Graph, request: Request) -> tuple[str, ...]:
    """A row of the table."""
    start = cpu_seconds()
    found = solve_folding(
        network, load_target("u50"), clock_mhz=CLOCK_MHZ, budget=Budget.read(request.budget, request.name),
        interval=request.interval, latency=request.latency,
    )  # fmt: skip
    seconds = cpu_seconds() - start
    design = pipeline.build_design(network, found.folds, {}, CLOCK_MHZ, pace=found.pace)
    times, need = timing(design, CLOCK_MHZ), design_cost(design).total
    asked = [request.budget]
    asked += [f"interval <= {request.interval:,}"] if request.interval else []
    asked += [f"latency <= {request.latency:,}"] if request.latency else []
    if times.interval > (request.interval or times.interval) or times.latency > (request.latency or times.latency):
        raise SystemExit(f"{request.name}: {times.interval} and {times.latency} cycles")
    single = timing(pipeline.wired_design(network, found.folds, {}, Streams.SINGLE, found.pace), CLOCK_MHZ)
    return (
        ", ".join(asked),
        f"{times.interval:,}",
        f"{times.latency:,}",
        f"{need.dsp:,.0f}",
        f"{need.lut:,.0f}",
        f"{need.bram36:,g}",
        f"{seconds:.1f}",
        f"{single.interval:,}",
        f"{single.latency:,}",
        f"{single.latency / times.latency:.2f}",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--only", nargs="+", choices=[r.name for r in REQUESTS], default=[r.name for r in REQUESTS])
    given = parser.parse_args(arguments)
    network = pipeline.run(qonnx.load(given.model), Config(), {}).network
    rows = [solved(network, request) for request in REQUESTS if request.name in given.only]
    print(surroundings())
    print()
    print(table(HEADINGS, [*rows, PUBLISHED]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
