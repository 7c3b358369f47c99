"""What the vendor's tools said, in a terminal: the files, the figures beside ours, and layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesign.report.model import Report
from codesign.report.tables import BAD, DIM, GOOD
from codesign.report.text import counted, one_line
from codesign.report.vendor.gather import Told
from codesign.report.vendor_compare import AREAS, LAYER, PROCESS, Compared, Part, parts, whole
from codesign.report.vendor_report import Instance, Launches, Transfers, VendorReport


def told_lines(told: Sequence[Told]) -> Iterator[Text]:
    """A line for each file that was found: what it is, or why it is not used."""
    for line in told:
        text = Text("read      " if line.used else "left out  ", style=GOOD if line.used else "yellow")
        text.append(f"{one_line(line.file, 120)}: ", style="none")
        yield text.append(one_line(line.what, 400), style=DIM if line.used else "none")


def vendor_tables(report: Report) -> Iterator[RenderableType]:
    """Of each tool and stage: the figures of all, those of each process, what is none of ours, launches, transfers."""
    if report.vendor:
        yield _whole(report)
    for vendor in report.vendor:
        rows = parts(report, vendor)
        if rows:
            yield Text(f"\n{one_line(vendor.name)}, by layer and process", style="bold")
            yield _parts(rows)
        yield from _unmatched(vendor)
        yield from _launches(vendor.name, vendor.launches)
        yield from _transfers(vendor.name, vendor.transfers)
        for remark in vendor.remarks:
            yield Text(f"{one_line(vendor.name)}: {one_line(remark, 300)}", style=DIM)


def _whole(report: Report) -> Table:
    """A row for each figure, a column for each tool; the ratio is the tool's figure in ours."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.add_column("figure")
    table.add_column("here", justify="right")
    for vendor in report.vendor:
        of = "" if vendor.top in ("", report.name) else f" of {one_line(vendor.top, 40)}"
        table.add_column(f"{one_line(f'{vendor.tool} {vendor.version}', 40)}\n{vendor.stage}{of}", justify="right")
    columns = [whole(report, vendor) for vendor in report.vendor]
    for figures in zip(*columns, strict=True):
        if all(f.theirs is None for f in figures):
            continue
        beside = next((f for f in figures if f.ours is not None), figures[0])
        name = f"{beside.what} ({beside.unit})" if beside.unit else beside.what
        table.add_row(name, _amount(beside.ours), *map(_cell, figures))
    slacks = [vendor.slack for vendor in report.vendor]
    if any(slack is not None for slack in slacks):
        cells = [Text("") if s is None else Text(_ns(s.worst_setup_ns), style=GOOD if s.met else BAD) for s in slacks]
        table.add_row("worst slack (ns)", "", *cells)
    return table


def _parts(rows: tuple[Part, ...]) -> Table:
    shown = [i for i in range(len(rows[0].figures)) if any(row.figures[i].theirs is not None for row in rows)]
    shown = [i for i in shown if i >= len(AREAS) or any(r.figures[i].theirs or r.figures[i].ours for r in rows)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("process", overflow="fold")
    for i in shown:
        table.add_column(rows[0].figures[i].what, justify="right")
        if any(row.figures[i].ours is not None for row in rows):
            table.add_column("here", justify="right", style=DIM)
            table.add_column("ratio", justify="right")
    for row in rows:
        name = f"  {row.name}" if row.within else row.name
        cells: list[str | Text] = [one_line(name, 40) + ("" if row.found or row.kind == LAYER else " (not there)")]
        for i in shown:
            figure = row.figures[i]
            cells.append(_range(figure))
            if any(other.figures[i].ours is not None for other in rows):
                cells += [_amount(figure.ours), "" if figure.ratio is None else f"{figure.ratio:.3g} ×"]
        table.add_row(*cells, style="" if row.kind == PROCESS else "bold")
    return table


def _unmatched(vendor: VendorReport) -> Iterator[Table]:
    rows: tuple[Instance, ...] = vendor.unmatched
    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"no process and no FIFO ({one_line(vendor.name)})", overflow="fold")
    table.add_column("module", overflow="fold")
    for name in AREAS:
        table.add_column(name, justify="right")
    for row in rows:
        amounts = [""] * len(AREAS) if row.resources is None else [_amount(x) for x in row.resources]
        module = "" if row.module == row.name else one_line(row.module, 60)
        table.add_row(one_line(row.name, 60), module, *amounts)
    yield table


def _launches(name: str, launches: tuple[Launches, ...]) -> Iterator[Text]:
    for run in launches:
        who = "seen by the host" if run.what == "kernel" else "by the device"
        cycles = "" if run.mean_cycles is None else f" = {run.mean_cycles:,.10g} cycles at {run.clock_mhz:g} MHz"
        times = f"{run.mean_ms:g} ms each ({run.least_ms:g} … {run.most_ms:g}){cycles}"
        yield Text(f"{one_line(name)}: {one_line(run.name, 60)} launched {counted(run.calls, 'time')}, {who} {times}")


def _transfers(name: str, transfers: tuple[Transfers, ...]) -> Iterator[Text]:
    for moved in transfers:
        where = "to the host" if moved.direction == "read" else "to the device"
        times = "" if moved.mean_ms is None else f", {moved.mean_ms:g} ms each"
        rate = "" if moved.mb_per_s is None else f", {moved.mb_per_s:g} MB/s"
        count = counted(moved.count, "transfer")
        yield Text(f"{one_line(name)}: {count} {where} of {moved.mean_kb:g} KB{times}{rate}")


def _cell(figure: Compared) -> Text:
    text = Text(_range(figure))
    if figure.ratio is not None:
        text.append(f" ({figure.ratio:.3g} ×)", style=DIM)
    return text


def _range(figure: Compared) -> str:
    low, high = figure.low, figure.high
    if low is None or high is None:
        one = high if low is None else low
        return "" if one is None else f"{'≤' if low is None else '≥'} {_amount(one)}"
    return _amount(low) if low == high else f"{_amount(low)} … {_amount(high)}"


def _amount(amount: float | None) -> str:
    return "" if amount is None else f"{amount:,.10g}"


def _ns(slack: float | None) -> str:
    return "no path" if slack is None else f"{slack:+.3f}"
