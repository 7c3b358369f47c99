"""`csynth.rpt`: the synthesis summary of Vitis HLS, one table of all modules and loops."""

from __future__ import annotations

import re
from collections.abc import Sequence

from codesign.report.vendor.figures import AREAS, bound, resources
from codesign.report.vendor.source import Source, short
from codesign.report.vendor.table import Row, Table, read_table
from codesign.report.vendor_report import CSYNTH, Cycles, Instance, VendorReport

TITLE = re.compile(r"== Synthesis Summary Report of '([^']{1,400})'")
_ESTIMATES = "+ Performance & Resource Estimates:"


def read_summary(source: Source) -> VendorReport:
    """What the summary says of the top function and of each module in it. Loops are left out: the figures of a
    module include them.

    The clock is not in it, only the slack that was left of the target; latency and interval are the largest ones.
    """
    title = source.find(lambda text: TITLE.match(text) is not None, "the title `== Synthesis Summary Report of`")
    found = TITLE.match(source.lines[title])
    assert found is not None
    estimates = source.find(lambda text: text.strip() == _ESTIMATES, repr(_ESTIMATES), title)
    legend = source.find(lambda text: text.strip().startswith("PS:"), "the legend of the table", estimates)
    table = read_table(source, legend + 1, "the table of modules and loops")
    rows = list(table.rows)
    if not rows or rows[0].indent or not _name(table, rows[0]).startswith("+ "):
        raise source.error(table.line, "a table of no modules", f"the module {found[1]} first")
    top, *inner = _modules(table, rows)
    if top.module != found[1]:
        raise source.error(rows[0].line, f"the module {short(top.module)!r} first", f"{found[1]!r}, as in the title")
    return VendorReport(
        tool="Vitis HLS",
        version=_fact(source, "Version", title, estimates).split(" ")[0],
        stage=CSYNTH,
        top=found[1],
        part=_fact(source, "Target device", title, estimates),
        files=(source.name,),
        latency=top.latency,
        interval=top.interval,
        resources=top.resources,
        instances=tuple(inner),
    )


def _fact(source: Source, name: str, start: int, stop: int) -> str:
    for i in range(start, stop):
        head, colon, rest = source.lines[i].strip().lstrip("* ").partition(":")
        if colon and head == name:
            return rest.strip()
    raise source.error(stop, "the estimates", f"a line `* {name}:` before them")


def _name(table: Table, row: Row) -> str:
    name = row.cells[table.column("Modules & Loops")]
    if not name.startswith(("+ ", "o ")):
        raise table.source.error(row.line, repr(short(name)), "a module, `+ name`, or a loop, `o name`")
    return name


def _modules(table: Table, rows: Sequence[Row]) -> list[Instance]:
    """The modules; each level of modules and loops is indented by a space more, and only modules count as levels."""
    found: list[Instance] = []
    around: list[int] = []
    for row in rows:
        while around and around[-1] >= row.indent:
            around.pop()
        if _name(table, row).startswith("+ "):
            found.append(_module(table, row, len(around) - 1))
            around.append(row.indent)
    return found


def _module(table: Table, row: Row, depth: int) -> Instance:
    source, line = table.source, row.line
    name = _name(table, row)[2:].rstrip("*").strip()
    texts = {head: row.cells[i] for i, head in enumerate(table.heads) if head in AREAS}
    latency = bound(source, line, row.cells[table.column("Latency (cycles)")], f"{name}: a latency of")
    interval = bound(source, line, row.cells[table.column("Interval")], f"{name}: an interval of")
    return Instance(
        name,
        name,
        depth,
        resources(source, line, texts),
        None if latency is None else Cycles(None, latency),
        None if interval is None else Cycles(None, interval),
    )
