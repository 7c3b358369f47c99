"""`<module>_csynth.rpt`: C synthesis of one function, as Vivado HLS and Vitis HLS write it."""

from __future__ import annotations

import re

from codesign.report.vendor.figures import AREAS, cycles, nanoseconds, resources
from codesign.report.vendor.source import Source
from codesign.report.vendor.table import Row, Table, read_table, section
from codesign.report.vendor_report import CSYNTH, Clock, Cycles, Instance, VendorReport
from codesign.targets import Resources

TITLE = re.compile(r"== (Vivado|Vitis) HLS Report for '([^']{1,400})'")


def read_module(source: Source) -> VendorReport:
    """What the report says of the function in all, and of each instance in it and each of its FIFOs."""
    performance, utilization = section(source, "Performance Estimates"), section(source, "Utilization Estimates")
    section(source, "Interface")  # what comes before it is whole
    title = source.find(lambda text: TITLE.match(text) is not None, "the title `== Vitis HLS Report for '<top>'`")
    found = TITLE.match(source.lines[title])
    assert found is not None
    timing = _after(source, "+ Timing:", performance, "a table of the clock")
    latency = _after(source, "+ Latency:", timing.end, "a table of latency and interval")
    rows = list(latency.rows)
    if len(rows) != 1:
        raise source.error(latency.end - 1, f"{len(rows)} rows of latency", "one")
    total = _after(source, "* Summary:", utilization, "a table of the utilization")
    row, available = total.named("Total"), total.named("Available")
    return VendorReport(
        tool=f"{found[1]} HLS",
        version=_fact(source, "Version", title, performance).split(" ")[0],
        stage=CSYNTH,
        top=found[2],
        part=_fact(source, "Target device", title, performance),
        files=(source.name,),
        clock=_clock(timing),
        latency=_range(latency, rows[0], "Latency (cycles)"),
        interval=_range(latency, rows[0], "Interval"),
        resources=_amounts(total, row),
        available=_amounts(total, available),
        instances=_instances(source, latency, total),
    )


def _fact(source: Source, name: str, start: int, stop: int) -> str:
    """What stands behind `* Name:` at the top of the report."""
    for i in range(start, stop):
        head, colon, rest = source.lines[i].strip().lstrip("* ").partition(":")
        if colon and head == name:
            return rest.strip()
    raise source.error(stop - 1, "the end of the head", f"a line `* {name}:` in it")


def _after(source: Source, heading: str, start: int, what: str) -> Table:
    """The first table behind the line of that heading and its `* Summary:`."""
    line = source.find(lambda text: text.strip() == heading, f"{heading!r}", start)
    if heading != "* Summary:":
        line = source.find(lambda text: text.strip() == "* Summary:", "'* Summary:'", line)
    return read_table(source, line + 1, what)


def _clock(table: Table) -> Clock:
    rows = list(table.rows)
    if len(rows) != 1:
        raise table.source.error(table.line, f"{len(rows)} clocks", "one")
    [row] = rows
    target, reached = row.cells[table.column("Target")], row.cells[table.column("Estimated")]
    margin = row.cells[table.column("Uncertainty")]
    source = table.source
    return Clock(
        row.cells[table.column("Clock")],
        nanoseconds(source, row.line, target, "a target of"),
        nanoseconds(source, row.line, reached, "an estimate of"),
        nanoseconds(source, row.line, margin, "an uncertainty of"),
    )


def _range(table: Table, row: Row, name: str) -> Cycles | None:
    """The two columns under that heading, least and most; their own headings are `min` and `max`."""
    low = table.column(f"{name} min")
    if table.heads[low + 1] != "max":
        raise table.source.error(table.line, f"the column {table.heads[low + 1]!r}", f"'max' beside {name} min")
    return cycles(table.source, row.line, row.cells[low], row.cells[low + 1], name)


def _amounts(table: Table, row: Row) -> Resources:
    texts = {head: row.cells[i] for i, head in enumerate(table.heads) if head in AREAS}
    return resources(table.source, row.line, texts)


def _instances(source: Source, latency: Table, total: Table) -> tuple[Instance, ...]:
    """The instances by the two tables of details, joined by their names, and the FIFOs."""
    times = _detail(source, "* Instance:", latency.end, section(source, "Utilization Estimates"))
    areas = _detail(source, "* Instance:", total.end, section(source, "Interface"))
    found: dict[str, Instance] = {}
    if times is not None:
        for row in times.rows:
            name, module = row.cells[times.column("Instance")], row.cells[times.column("Module")]
            found[_new(source, row, name, found)] = Instance(
                name,
                module,
                0,
                latency=_range(times, row, "Latency (cycles)"),
                interval=_range(times, row, "Interval"),
            )
    known: set[str] = set()
    for row in _body(areas):
        assert areas is not None
        name, module = row.cells[areas.column("Instance")], row.cells[areas.column("Module")]
        before = found.get(_new(source, row, name, known))
        known.add(name)
        timed = (None, None) if before is None else (before.latency, before.interval)
        found[name] = Instance(name, module, 0, _amounts(areas, row), *timed)
    fifos = _detail(source, "* FIFO:", total.end, section(source, "Interface"))
    for row in _body(fifos):
        assert fifos is not None
        texts = {head: row.cells[i] for i, head in enumerate(fifos.heads) if head in AREAS} | {"DSP": "0"}
        name = row.cells[fifos.column("Name")]
        found[_new(source, row, name, found)] = Instance(name, "FIFO", 0, resources(source, row.line, texts))
    return tuple(found.values())


def _new(source: Source, row: Row, name: str, there: set[str] | dict[str, Instance]) -> str:
    if not name or name in there:
        raise source.error(row.line, f"the instance {name!r} {'twice' if name else ''}".rstrip(), "each one once")
    return name


def _body(table: Table | None) -> list[Row]:
    """The rows of a table of details above its total, which stands apart; ReportError where there is none."""
    if table is None:
        return []
    *groups, last = table.groups or ((),)
    if not groups or last[0].cells[0] != "Total":
        raise table.source.error(table.end - 1, "the end of the table", "rows, and a row Total below them")
    return [row for group in groups for row in group]


def _detail(source: Source, heading: str, start: int, stop: int) -> Table | None:
    """The table of details of that heading, or None where it says N/A."""
    line = source.find(lambda text: text.strip() == heading, f"{heading!r} or N/A behind it", start)
    if line >= stop:
        raise source.error(stop, "the next section", f"{heading!r}, with a table or N/A")
    if source.lines[line + 1].strip() == "N/A":
        return None
    table = read_table(source, line + 1, f"the table of {heading!r}, or N/A")
    if not table.groups:
        raise source.error(table.end - 1, f"an empty table of {heading!r}", "rows, or N/A where there are none")
    return table
