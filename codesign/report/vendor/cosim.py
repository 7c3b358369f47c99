"""`<top>_cosim.rpt` and `lat.rpt`: latency and interval, measured by the C/RTL co-simulation of HLS tools."""

from __future__ import annotations

import re
from pathlib import PurePath

from codesign.errors import ReportError
from codesign.report.vendor.figures import count, cycles
from codesign.report.vendor.source import Source, short
from codesign.report.vendor.table import is_table
from codesign.report.vendor_report import COSIM, Cycles, VendorReport

_TITLE = re.compile(r"\s*(?:Report time|Solution|Simulation tool)\s*:")
_LATENCY = re.compile(r'\$(MIN|MAX|AVER)_(LATENCY|THROUGHPUT) = "([^"]*)"')


def is_cosim(text: str) -> bool:
    """Whether a report that begins like this is one of a co-simulation."""
    return _TITLE.match(text) is not None


def read_cosim(source: Source) -> VendorReport:
    """Least, mean and most cycles of the language that was simulated; ReportError where none passed.

    The file does not say which function it is about, nor the tool: its name does, `<top>_cosim.rpt`.
    """
    first = source.find(is_table, "the table of the result")
    source.find(lambda text: "Latency" in text and "Interval" in text, "the columns Latency and Interval", first)
    header = source.find(lambda text: "min" in text and "avg" in text and "max" in text, "min, avg and max", first)
    rows = []
    line = source.find(is_table, "the border under the header", header) + 1
    while line < len(source.lines) and not is_table(source.lines[line]):
        cells = [cell.strip() for cell in source.lines[line].strip().strip("|").split("|")]
        if len(cells) not in (8, 9):
            raise source.error(line, repr(short(source.lines[line].strip())), "RTL, status, and 6 or 7 figures")
        rows.append((line, cells))
        line += 1
    if line == len(source.lines):
        raise source.cut("the end of the table")
    ran = [(at, cells) for at, cells in rows if cells[1] != "NA"]
    if len(ran) != 1:
        raise source.error(header, f"{len(ran)} languages that were simulated", "one, Verilog or VHDL")
    [(at, cells)] = ran
    if cells[1].lower() != "pass":
        raise source.error(at, f"{cells[0]}: {short(cells[1])}", "Pass: the co-simulation differs from the C++")
    return VendorReport(
        tool="HLS",
        version="",
        stage=COSIM,
        top=PurePath(source.name).name.removesuffix("_cosim.rpt"),
        part="",
        files=(source.name,),
        latency=_measured(source, at, cells[2:5], "a latency of"),
        interval=_measured(source, at, cells[5:8], "an interval of"),
        remarks=(f"{cells[0]} of the co-simulation passed",),
    )


def _measured(source: Source, line: int, cells: list[str], what: str) -> Cycles | None:
    low, mean, high = cells
    found = cycles(source, line, low, high, what)
    if found is None:
        return None
    return Cycles(found.low, found.high, count(source, line, mean, f"{what} on average"))


def is_latencies(text: str) -> bool:
    """Whether a line is one of a lat.rpt."""
    return text.startswith("$") and "_LATENCY" in text


def read_latencies(source: Source) -> VendorReport:
    """The same of a `lat.rpt`, which says neither function nor tool nor whether the simulation passed."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for i, text in enumerate(source.lines):
        match = _LATENCY.fullmatch(text.strip())
        if match is not None:
            found[match[1], match[2]] = (i, match[3])
    values = {}
    for kind in ("LATENCY", "THROUGHPUT"):
        for end in ("MIN", "AVER", "MAX"):
            if (end, kind) not in found:
                raise _missing(source, f"${end}_{kind}")
            values[kind, end] = found[end, kind]
    return VendorReport(
        tool="HLS",
        version="",
        stage=COSIM,
        top="",
        part="",
        files=(source.name,),
        latency=_of(source, values, "LATENCY"),
        interval=_of(source, values, "THROUGHPUT"),
    )


def _missing(source: Source, name: str) -> ReportError:
    return source.cut(f'a line {name} = "..."')


def _of(source: Source, values: dict[tuple[str, str], tuple[int, str]], kind: str) -> Cycles | None:
    line = values[kind, "MIN"][0]
    cells = [values[kind, end][1] for end in ("MIN", "AVER", "MAX")]
    return _measured(source, line, cells, f"a {kind.lower()} of")
