"""What a simulation found in a terminal: whether it is exact, its cycles, where it waits and what fills up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesign.report.measured import CosimResult, CosimRun
from codesign.report.model import Figure, Report
from codesign.report.tables import BAD, DIM, GOOD
from codesign.report.text import counted, one_line

SHOWN = 12
"""Rows of a table: those at the top say what matters."""


def cosim_tables(report: Report, runs: Sequence[CosimRun], measured: bool) -> Iterator[RenderableType]:
    """What `codesign cosim` says: of every run whether it agreed, and of what was `measured` by the paced one the
    cycles beside the model and the bound, the processes that wait most, and the fullest streams."""
    for run in runs:
        yield _run(run)
    if not measured or report.cosim is None:
        return
    yield _figure("interval", report, report.interval, report.cosim.interval)
    yield _figure("latency", report, report.latency, report.cosim.latency)
    yield from _processes(report.cosim)
    yield from _streams(report, report.cosim)


def _run(run: CosimRun) -> Text:
    text = Text("exact    " if run.exact else "DIFFERS  ", style=GOOD if run.exact else BAD)
    sign = "=" if run.exact else "≠"
    found = f"{run.values} values" if run.exact else f"{run.mismatches} of {run.values} values"
    line = f"cosim, {run.pacing} {sign} integer network on {counted(run.inputs, 'input')}, {found}"
    text.append(f"{line}, {run.cycles:,} cycles", style="none")
    return text


def _figure(name: str, report: Report, model: Figure, cycles: int) -> Text:
    """What was measured, beside what the cycle model said and the bound."""
    text = Text(f"{name:<9}{counted(cycles, 'cycle')} = {cycles * report.clock_ns:,.6g} ns (measured); the model says ")
    agrees = cycles == model.cycles
    text.append("the same" if agrees else f"{model.cycles:,}", style=GOOD if agrees else BAD)
    text.append(f"; {cycles / max(1, model.bound):.3g} × the bound of {model.bound:,}", style=DIM)
    return text


def _processes(cosim: CosimResult) -> Iterator[Table]:
    """Those that wait, the one that waits most first."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("process", overflow="fold")
    for heading in ("busy", "waits for a beat", "waits for room"):
        table.add_column(heading, justify="right")
    rows = sorted(cosim.processes, key=lambda row: row.starved + row.blocked, reverse=True)
    for row in rows[:SHOWN]:
        parts = (f"{100 * n / max(1, cosim.watched_cycles):.3g} %" for n in (row.busy, row.starved, row.blocked))
        table.add_row(one_line(row.process, 32), *parts)
    if rows:
        yield table


def _streams(report: Report, cosim: CosimResult) -> Iterator[Table]:
    """The fullest first."""
    depths = {row.name: row.depth for row in report.streams}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("stream", overflow="fold")
    for heading in ("most waiting", "depth"):
        table.add_column(heading, justify="right")
    rows = sorted(cosim.streams, key=lambda row: row.most, reverse=True)
    for row in rows[:SHOWN]:
        table.add_row(one_line(row.stream, 32), f"{row.most:,}", f"{depths[row.stream]:,}")
    if rows:
        yield table
