"""`area`: what the processes of a project folder take of its device, by synthesis where that is possible."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from codesign.analysis.cost import DesignCost
from codesign.analysis.rtl_area import design_area
from codesign.compiler.saved import restore
from codesign.ir.design import Design
from codesign.progress import Progress, silent
from codesign.report.measured import ESTIMATED, SYNTHESIZED, AreaResult, AreaRow, ModelError
from codesign.report.model import Report
from codesign.report.stored import read_report, update_report
from codesign.report.text import counted
from codesign.synthesis.cache import Cache, folder
from codesign.synthesis.design import Made, Synthesis, synthesize_design
from codesign.synthesis.job import Synthesized
from codesign.synthesis.script import Family
from codesign.synthesis.yosys import Limits, Over, find
from codesign.targets import Resources


@dataclass(frozen=True)
class AreaFound:
    """The report of the project with the area in it, and the seconds that the synthesis of each process took."""

    report: Report
    area: AreaResult
    seconds: Mapping[str, float]
    """Of the processes that were synthesized themselves, now or when the result was kept."""


def area(
    build: str | Path,
    *,
    family: str | None = None,
    time_limit: float = Limits().seconds,
    memory_limit: int = Limits().megabytes,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress = silent,
) -> AreaFound:
    """Synthesizes each distinct process and FIFO of the project folder `build` with Yosys, and updates its report.

    What takes longer than `time_limit` seconds or more than `memory_limit` megabytes is estimated, and marked so.
    `family` is that of the target, unless xcup (UltraScale+) or xc7 (7-series) is given; `jobs` runs are under way at
    once, by default one per core. Results are kept in a folder of the user's, unless `cache` is off.

    Raises CodesignError where the folder cannot be used or there is no Yosys.
    """
    place = Path(build)
    progress("reading the project", 0, 0)
    design = restore(place).design
    generation = Family(family) if family is not None else Family.of_part(read_report(place).part)
    engine, limits = find(), Limits(time_limit, memory_limit)
    workers = jobs or len(os.sched_getaffinity(0))
    cost = design_area(design, generation is Family.ULTRASCALE_PLUS)
    kept = Cache(folder()) if cache else None
    synthesis = synthesize_design(design, cost, generation, engine, limits, workers, kept, progress)
    found = area_result(design, cost, synthesis, str(engine), generation)
    own = {name: made.outcome for name, made in synthesis.processes.items() if made.of == name}
    seconds = {name: outcome.seconds for name, outcome in own.items() if isinstance(outcome, Synthesized)}
    return AreaFound(update_report(place, area=found), found, seconds)


def area_result(design: Design, cost: DesignCost, synthesis: Synthesis, tool: str, family: Family) -> AreaResult:
    """The rows of the report: synthesized, or as the model estimates, with how far that is off in this very design."""
    processes = {name: [synthesis.processes[name]] for name in design.processes}
    streams = {name: [synthesis.streams[name]] for name in design.streams}
    # What stands between an input and an output that share a stream is printed only, and counts to that stream.
    for name, made in synthesis.processes.items():
        if name not in processes:
            streams[name.removesuffix("_copy")].append(made)
    for name, made in synthesis.streams.items():
        if name not in design.streams:
            streams[name.removesuffix("_copied")].append(made)
    pairs = _pairs(design, cost, synthesis)
    doubt = _doubt(pairs)
    return AreaResult(
        tool,
        family.value,
        tuple(_row(name, made, cost.processes[name], doubt) for name, made in processes.items()),
        tuple(_row(name, made, cost.streams[name], doubt) for name, made in streams.items()),
        _errors(pairs),
    )


def _doubt(pairs: list[tuple[Resources, Resources]]) -> str:
    """How far the model is off in LUTs, in words, where synthesis tells."""
    synthesized = sum(found.lut for _, found in pairs)
    if not synthesized:
        return ""
    off = sum(abs(estimate.lut - found.lut) for estimate, found in pairs)
    return f"; ±{100 * off / synthesized:.0f} % LUT on {counted(len(pairs), 'synthesized one')}"


def _row(name: str, made: list[Made], estimate: Resources, doubt: str) -> AreaRow:
    """What was made for one row of the report; an estimate is whole, as amounts are."""
    own = made[0]
    if isinstance(own.outcome, Over):
        e = estimate
        whole = Resources(ceil(e.lut), ceil(e.ff), ceil(e.dsp), e.bram36, e.uram)
        return AreaRow(name, whole, ESTIMATED, own.outcome.limit + doubt)
    resources = (m.outcome.area.resources for m in made if isinstance(m.outcome, Synthesized))
    remark = "" if own.of == name else f"the same as {own.of}"
    return AreaRow(name, sum(resources, Resources()), SYNTHESIZED, remark)


def _pairs(design: Design, cost: DesignCost, synthesis: Synthesis) -> list[tuple[Resources, Resources]]:
    """(estimate, what synthesis found) of each distinct process that was synthesized."""
    return [
        (cost.processes[name], made.outcome.area.resources)
        for name in design.processes
        if isinstance((made := synthesis.processes[name]).outcome, Synthesized) and made.of == name
    ]


def _errors(pairs: list[tuple[Resources, Resources]]) -> tuple[ModelError, ...]:
    estimated = sum((estimate for estimate, _ in pairs), Resources())
    synthesized = sum((found for _, found in pairs), Resources())
    return tuple(
        ModelError(name, len(pairs), round(guess, 1), found)
        for (name, guess), (_, found) in zip(estimated.items(), synthesized.items())
    )
