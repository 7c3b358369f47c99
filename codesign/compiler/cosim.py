"""`cosim`: a project folder's SystemVerilog simulated cycle by cycle, every value compared, its cycles measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from codesign.compiler.saved import restore
from codesign.compiler.verify import given_inputs
from codesign.ir.design import Design
from codesign.ir.tensor import Array
from codesign.progress import Progress, silent
from codesign.report.measured import CosimResult, CosimRun, ProcessActivity, StreamOccupancy
from codesign.report.model import Report
from codesign.report.stored import read_report, update_report
from codesign.verification.cosim import Cosim, Pacing, Run
from codesign.verification.effort import simulated
from codesign.verification.ladder import compare_codes, evaluate_network
from codesign.verification.verilator import verilator


@dataclass(frozen=True)
class Cosimulation:
    """What the simulations found, in their order, and the report of the project."""

    report: Report
    """With what was measured, where the paced inputs were among the simulations."""
    runs: tuple[CosimRun, ...]
    measured: Run | None
    """The paced one."""

    @property
    def exact(self) -> bool:
        """Whether every value agreed."""
        return all(run.exact for run in self.runs)


def cosim(
    build: str | Path,
    *,
    data: str | Path | None = None,
    inputs: int | None = None,
    seed: int = 0,
    pacings: Sequence[Pacing] = tuple(Pacing),
    vcd: str | Path | None = None,
    progress: Progress = silent,
) -> Cosimulation:
    """Simulates the SystemVerilog of the project folder `build` on many samples back to back, and compares every output
    with the integer network. What the paced simulation measures becomes part of the folder's report.

    `data` and `inputs` are those of `verify`; of random inputs, by default, as many as seconds allow. `seed` decides
    them, the stalls, and what registers hold before they are written. `vcd` gets all signals of the first of the
    `pacings`. Raises CodesignError where the folder or the data cannot be used, a tool is missing, or the simulation
    does not come to its end; values that differ are a result.
    """
    place = Path(build)
    progress("reading the project", 0, 0)
    ladder = restore(place)
    report, simulation = read_report(place), Cosim(place)
    arrays = given_inputs(ladder, data, inputs, seed)
    ladder.check_inputs(arrays)
    if data is None and inputs is None:
        arrays = [x[: simulated(ladder.design, len(x))] for x in arrays]
    codes = ladder.design.encode(arrays)
    expected = evaluate_network(ladder.network, codes)
    runs, measured = [], None
    for pacing in pacings:
        traced = Path(vcd) if vcd is not None and pacing is pacings[0] else None
        run = simulation.run(codes, pacing.source, pacing.sink, seed=seed, vcd=traced, progress=progress)
        runs.append(_compared(pacing, run, expected))
        if pacing is Pacing.PACED:
            measured = run
    if measured is not None:
        report = update_report(place, cosim=_result(ladder.design, runs, measured))
    return Cosimulation(report, tuple(runs), measured)


def _compared(pacing: Pacing, run: Run, expected: Sequence[Array]) -> CosimRun:
    rung = compare_codes("cosim", "integer network", run.outputs, expected)
    cycles = int(np.max(run.last) - np.min(run.first)) + 1
    return CosimRun(pacing.value, rung.inputs, rung.values, rung.mismatches, cycles)


def _result(design: Design, runs: Sequence[CosimRun], paced: Run) -> CosimResult:
    """As the report has it; what only stands between an input and an output that share a stream is left out."""
    tool = verilator()
    return CosimResult(
        simulator=f"Verilator {tool.version}".strip(),
        interval=paced.interval or design.interval(),
        latency=paced.latency,
        watched_cycles=paced.cycles,
        runs=tuple(runs),
        processes=tuple(
            ProcessActivity(name, p.busy, p.starved, p.blocked)
            for name, p in paced.processes.items()
            if name in design.processes
        ),
        streams=tuple(StreamOccupancy(name, s.most) for name, s in paced.streams.items() if name in design.streams),
    )
