"""The report in a terminal: what a person wants to know first."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesign.report.measured import CosimResult
from codesign.report.model import Bound, Figure, OutputError, ProcessRow, Report, Rung, Verification
from codesign.report.text import counted, one_line, solved_line

GOOD, BAD, DIM = "bold green", "bold red", "dim"


def summary(report: Report) -> Iterator[RenderableType]:
    """The processes, the budget, the timing, what was compared and what was approximated, top to bottom."""
    yield Text(f"{report.name} on {one_line(report.target)} ({report.part}) at {report.clock_mhz:g} MHz", style="bold")
    yield _processes(report)
    yield _budget(report)
    yield Text.assemble("interval  ", _timing(report, report.known_interval))
    yield Text.assemble("latency   ", _timing(report, report.known_latency))
    for i, bound in enumerate(report.known_bounds):
        yield Text.assemble("limits    " if i == 0 else "          ", _bound(bound))
    yield Text.assemble("streams   ", _streams(report))
    if report.solved is not None:
        yield Text(f"folding   {solved_line(report.solved)}")
    for rung in report.rungs:
        yield _rung(rung)
    if report.cosim is not None:
        yield from simulated(report.cosim)
    if not report.rungs:
        yield Text("nothing was compared", style=BAD)
    for approximation in report.approximations:
        where, what = one_line(approximation.where, 60), one_line(approximation.what, 300)
        yield Text(f"approximated: {where}: {what}", style="yellow")
    yield from _errors(report.errors)
    if report.approximations and not report.errors:
        yield Text("the error of these approximations was not measured", style=BAD)
    for note in report.notes:
        yield Text(one_line(note), style=DIM)


def found(verification: Verification) -> Iterator[RenderableType]:
    """One line per comparison, error and note."""
    for rung in verification.rungs:
        yield _rung(rung)
    yield from _errors(verification.errors)
    for note in verification.notes:
        yield Text(one_line(note), style=DIM)


def simulated(cosim: CosimResult) -> Iterator[Text]:
    """A line per run of the simulation."""
    for run in cosim.runs:
        rung = Rung(f"cosim ({run.pacing})", "integer network", run.inputs, run.values, run.mismatches)
        yield _rung(rung).append(f", {counted(run.cycles, 'cycle')}")


def _errors(errors: tuple[OutputError, ...]) -> Iterator[Text]:
    for e in errors:
        where = one_line(e.output, 60)
        yield Text(f"error of {where}: at most {e.largest:.3g}, mean {e.mean:.3g} on {e.inputs} inputs", style="yellow")


def _processes(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("process", overflow="fold")
    table.add_column("kernel")
    about = "" if report.area is not None else "~"
    for heading in ("pe × simd", "reuse", "cycles", "used", *(f"{r}{about}" for r in ("LUT", "FF", "DSP", "BRAM36"))):
        table.add_column(heading, justify="right")
    areas = {row.name: row for row in report.areas}
    for row in report.processes:
        critical = row.interval_cycles == report.interval.cycles
        cycles = Text(f"{row.interval_cycles}", style="bold" if critical else "")
        area = ("", "", "", "")
        if (known := areas.get(row.name)) is not None:
            r, mark = known.resources, "" if about or known.synthesized else "~"
            area = (f"{r.lut:.0f}{mark}", f"{r.ff:.0f}{mark}", f"{r.dsp:g}{mark}", f"{r.bram36:g}{mark}")
        how = row.strategy if row.kernel == "Apply" else row.multiplier
        kernel = row.kernel if how is None else f"{row.kernel} ({how})"
        folding = "" if row.pe is None else f"{row.pe} × {row.simd}"
        table.add_row(Text(one_line(row.name, 32)), kernel, folding, _reuse(row), cycles, _used(row), *area)
    return table


def _used(row: ProcessRow) -> str:
    return "" if row.utilisation is None else f"{row.utilisation:.0f} %"


def _reuse(row: ProcessRow) -> str:
    if row.reuse_factor is None:
        return ""
    asked = row.reuse_requested
    return f"{row.reuse_factor}" if asked in (None, row.reuse_factor) else f"{row.reuse_factor} (asked {asked})"


def _budget(report: Report) -> Text:
    line = Text("estimate  " if report.area is None else "area      ")
    for i, b in enumerate(b for b in report.needs if b.need):
        over = b.need > b.available
        line.append(", " if i else "")
        line.append(f"{b.need:,.10g} {b.resource} ({b.percent:.3g} %)", style=BAD if over else "")
    line.append(", fits" if report.fits else ", does not fit", style=GOOD if report.fits else BAD)
    return line


def _timing(report: Report, figure: Figure) -> Text:
    ns = figure.cycles * report.clock_ns
    text = Text(f"{counted(figure.cycles, 'cycle')} = {ns:,.6g} ns ({figure.source})")
    text.append(f"; {figure.ratio:.3g} × the bound of {figure.bound:,} ({figure.limits[0].by})", style=DIM)
    return text


def _bound(bound: Bound) -> Text:
    text = Text(f"{bound.what}: {bound.value:,.10g} {bound.unit} ({bound.source})")
    text.append(f"; {bound.ratio:.3g} × the least {bound.bound:,.10g}", style=DIM)
    return text


def _streams(report: Report) -> Text:
    c = report.comparison
    single = f"{counted(c.single_interval, 'cycle')} ({c.interval_ratio:.3g} ×), latency {c.single_latency}"
    text = Text(c.asked)
    text.append(f"; one element per beat between layers: interval {single} ({c.latency_ratio:.3g} ×)", style=DIM)
    return text


def _rung(rung: Rung) -> Text:
    """What was compared: `=` where every value agrees."""
    sign = "=" if rung.exact else "≠"
    text = Text("exact    " if rung.exact else "DIFFERS  ", style=GOOD if rung.exact else BAD)
    text.append(f"{one_line(rung.name)} {sign} {one_line(rung.against)} ", style="none")
    found = f"on {rung.inputs} inputs, {rung.values} values"
    text.append(
        found if rung.exact else f"in {rung.mismatches} of {rung.values} values on {rung.inputs} inputs", style="none"
    )
    if rung.ties:
        text.append(f", {rung.ties} float32 ties", style="none")
        text.append(f" ({one_line(rung.note)})" if rung.note else "", style=DIM)
    return text
