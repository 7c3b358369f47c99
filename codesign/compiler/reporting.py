"""What was compiled and compared, as the values of a report."""

from __future__ import annotations

from codesign import __version__
from codesign.analysis.cost import design_cost
from codesign.analysis.cycles import running, timing_of
from codesign.analysis.latency import timing
from codesign.backends.deployment import Deployment
from codesign.compiler.card import card_of
from codesign.compiler.options import Options
from codesign.config import Streams
from codesign.ir.design import Design
from codesign.passes.fold import Folding
from codesign.passes.folding.model import UNIT
from codesign.passes.pipeline import Passed, wired_design
from codesign.report.build import budgets, figures, layer_rows, process_rows, stream_rows
from codesign.report.model import Approximation, OutputError, Report, Rung, Solved, StreamComparison, Verification
from codesign.report.timeline import timelines
from codesign.verification.climb import Climb


def report_of(
    passed: Passed,
    design: Design,
    options: Options,
    digest: str,
    folding: Folding,
    climb: Climb,
    board: Deployment | None,
) -> Report:
    """The report of a compilation, with the estimates of the design, what the ladder found, and what was decided of the
    board, if it has one."""
    target, clock = options.target, options.clock_mhz
    cost = design_cost(design)
    flow = running(design, clock)
    times = timing_of(flow)
    interval, latency, bounds = figures(design, times, clock)
    comparison = _compared(passed, options, folding, interval.cycles, latency.cycles)
    verification = verification_of(climb)
    return Report(
        name=design.name,
        version=__version__,
        model=design.origin,
        digest=digest,
        target=target.title,
        part=target.part,
        clock_mhz=clock,
        layers=layer_rows(passed.network),
        outputs=tuple(o.source for o in passed.network.outputs),
        processes=process_rows(
            design, cost.processes, {name: f.requested for name, f in folding.folds.items() if f.requested is not None}
        ),
        streams=stream_rows(design, flow.occupancy(), cost.streams),
        budgets=budgets(cost.total, target),
        interval=interval,
        latency=latency,
        comparison=comparison,
        solved=_solved(folding, options),
        bounds=bounds,
        rungs=verification.rungs,
        approximations=tuple(Approximation(a.origin, a.what) for a in passed.approximations),
        errors=verification.errors,
        notes=verification.notes,
        timelines=timelines(design, flow),
        card=None if board is None else card_of(design, target, board),
    )


def _solved(folding: Folding, options: Options) -> Solved:
    return Solved(
        str(options.budget),
        options.config.interval,
        options.latency,
        folding.interval_bound,
        round(folding.price * UNIT, 6),
        round(folding.price_bound * UNIT, 6),
    )


def _compared(passed: Passed, options: Options, folding: Folding, interval: int, latency: int) -> StreamComparison:
    """The cycles of mixed and of single streams; `interval` and `latency` are those of the streams asked for.

    How several lanes are wired changes no cycle, so one other design tells all.
    """
    asked = options.streams
    other = Streams.MIXED if asked is Streams.SINGLE else Streams.SINGLE
    strategies = options.strategies(passed.network)
    design = wired_design(passed.network, folding.folds, strategies, other, folding.pace)
    times = timing(design, options.clock_mhz)
    ours, theirs = (interval, latency), (times.interval, times.latency)
    mixed, single = (theirs, ours) if asked is Streams.SINGLE else (ours, theirs)
    return StreamComparison(asked.value, *mixed, *single)


def verification_of(climb: Climb) -> Verification:
    """What the ladder found, as reports show it."""
    rungs = (Rung(r.name, r.against, r.inputs, r.values, r.mismatches, r.ties, r.note) for r in climb.rungs)
    errors = (OutputError(e.output, e.largest, e.mean, e.inputs) for e in climb.errors)
    return Verification(tuple(rungs), tuple(errors), climb.notes)
