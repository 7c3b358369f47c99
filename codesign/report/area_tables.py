"""The area of a design in a terminal: process by process, in all, and beside what the device has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesign.report.measured import AreaResult, AreaRow
from codesign.report.model import Budget, Report
from codesign.report.tables import BAD, DIM, GOOD
from codesign.report.text import counted, one_line
from codesign.targets import Resources

RESOURCES = tuple(name for name, _ in Resources().items())


def area_tables(report: Report, seconds: Mapping[str, float]) -> Iterator[RenderableType]:
    """What `codesign area` says of a report with an area; `seconds` is what the synthesis of a process took."""
    area = report.area
    if area is None:
        return
    yield Text(
        f"{report.name} on {one_line(report.target)} ({report.part}), {area.tool} for {area.family}", style="bold"
    )
    yield _processes(report, area, seconds)
    yield _needs(report)
    yield from _doubts(area)
    for need in report.needs:
        if need.need > need.available:
            yield Text(_too_much(need), style=BAD)
    if report.fits:
        yield Text(f"fits {one_line(report.target)}", style=GOOD)


def _processes(report: Report, area: AreaResult, seconds: Mapping[str, float]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    total = area.total
    table.add_column("process", "in all", overflow="fold")
    table.add_column("kernel")
    for name, amount in total.items():
        table.add_column(name, _amount(amount), justify="right")
    table.add_column("known by", "" if area.synthesized else "in part an estimate")
    table.add_column("s", f"{sum(seconds.values()):,.0f}", justify="right")
    kernels = {row.name: row.kernel for row in report.processes}
    for row in area.processes:
        took = f"{seconds[row.name]:.1f}" if row.name in seconds else ""
        table.add_row(one_line(row.name, 32), kernels[row.name], *_amounts(row.resources), _known(row), took)
    fifos = sum((row.resources for row in area.streams), Resources())
    estimated = sum(not row.synthesized for row in area.streams)
    how = "synthesized" if not estimated else f"{estimated} of them estimated"
    table.add_row(counted(len(area.streams), "FIFO"), "", *_amounts(fifos), how, "")
    return table


def _known(row: AreaRow) -> Text:
    if row.synthesized:
        return Text(
            f"= {one_line(row.remark.removeprefix('the same as '), 32)}" if row.remark else "synthesized", style=DIM
        )
    return Text(f"estimate: {one_line(row.remark)}", style="yellow")


def _needs(report: Report) -> Table:
    """What it needs beside what the device and one of its super logic regions have."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    regions = any(need.per_slr is not None for need in report.needs)
    headings = ("needs", "device", "of it", *(("one SLR", "of it") if regions else ()))
    table.add_column("")
    for heading in headings:
        table.add_column(heading, justify="right")
    for need in report.needs:
        style = BAD if need.need > need.available else ""
        cells = [_amount(need.need), _amount(need.available), f"{need.percent:.3g} %"]
        if need.per_slr is not None:
            cells += [_amount(need.per_slr), f"{need.slr_percent:.3g} %"]
        table.add_row(need.resource, *cells, style=style)
    return table


def _doubts(area: AreaResult) -> Iterator[Text]:
    """How far the model is off, where something is estimated and something is not."""
    told = [f"{e.percent:+g} % {e.resource}" for e in area.errors if e.percent is not None]
    if told and not area.synthesized:
        yield Text(f"where synthesis tells, all estimates together are off by {', '.join(told)}", style="yellow")


def _too_much(need: Budget) -> str:
    return f"larger than the device: {_amount(need.need)} {need.resource}, it has {_amount(need.available)}"


def _amounts(resources: Resources) -> list[str]:
    return [_amount(amount) for amount in resources]


def _amount(amount: float) -> str:
    return f"{amount:,.10g}"
