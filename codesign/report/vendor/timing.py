"""`report_timing_summary` of Vivado: the clocks, and the worst slack of all paths."""

from __future__ import annotations

import re

from codesign.report.vendor.figures import count, maybe, number
from codesign.report.vendor.source import Source, short
from codesign.report.vendor.vivado_head import read_head
from codesign.report.vendor_report import Clock, Slack, VendorReport

_SUMMARY, _CLOCKS, _INTRA = "| Design Timing Summary", "| Clock Summary", "| Intra Clock Table"
_HEADS = (
    "WNS(ns)", "TNS(ns)", "TNS Failing Endpoints", "TNS Total Endpoints",
    "WHS(ns)", "THS(ns)", "THS Failing Endpoints", "THS Total Endpoints",
)  # fmt: skip
_CLOCK = re.compile(r"\s*(\S{1,400})\s+\{[-\d. ]+\}\s+([\d.]+)\s+([\d.]+)\s*")


def is_timing(source: Source) -> bool:
    """Whether it is a summary of timing."""
    return any(text.startswith(("Timing Summary Report", _SUMMARY)) for text in source.lines)


def read_timing(source: Source) -> VendorReport:
    """Slack and clock; of several clocks none is the design's for sure, and all are named."""
    head = read_head(source)
    summary = source.find(lambda text: text.startswith(_SUMMARY), repr(_SUMMARY), head.end)
    slack = _slack(source, summary)
    start = source.find(lambda text: text.startswith(_CLOCKS), repr(_CLOCKS), summary)
    stop = source.find(lambda text: text.startswith(_INTRA), f"{_INTRA!r} behind the clocks", start)
    clocks = _clocks(source, start, stop)
    clock, remarks = None, tuple[str, ...]()
    if len(clocks) == 1:
        [(name, period)] = clocks
        achieved = None if slack.worst_setup_ns is None else round(period - slack.worst_setup_ns, 3)
        clock = Clock(name, period, achieved)
    else:
        shown = ", ".join(f"{name} {period:g} ns" for name, period in clocks[:8])
        remarks = (f"{len(clocks)} clocks{': ' if clocks else ''}{shown}{', ...' if len(clocks) > 8 else ''}",)
    return VendorReport(
        tool="Vivado",
        version=head.version,
        stage=head.stage,
        top=head.design,
        part=head.device,
        files=(source.name,),
        clock=clock,
        slack=slack,
        remarks=remarks,
    )


def _slack(source: Source, start: int) -> Slack:
    """The row under the names of its columns and their underlines."""
    line = source.find(lambda text: text.split()[:1] == ["WNS(ns)"], "a row of names, WNS(ns) first", start)
    if tuple(re.split(r"\s{2,}", source.lines[line].strip()))[: len(_HEADS)] != _HEADS:
        raise source.error(line, repr(short(source.lines[line].strip())), f"the columns {', '.join(_HEADS)}")
    if line + 2 >= len(source.lines):
        raise source.cut("the row of slacks")
    cells = source.lines[line + 2].split()
    if len(cells) != 12:
        raise source.error(line + 2, f"{len(cells)} figures", "12: slacks and endpoints of setup, hold and pulse width")
    wns, tns, failing, _, whs, ths, failing_hold = cells[:7]

    def value(text: str, what: str) -> float | None:
        return maybe(source, line + 2, text, what)

    def endpoints(text: str, what: str) -> int:
        return 0 if text == "NA" else count(source, line + 2, text, what)

    return Slack(
        value(wns, "WNS"),
        value(tns, "TNS"),
        endpoints(failing, "failing endpoints"),
        value(whs, "WHS"),
        value(ths, "THS"),
        endpoints(failing_hold, "failing endpoints"),
    )


def _clocks(source: Source, start: int, stop: int) -> list[tuple[str, float]]:
    """(name, period in ns) of each clock of the summary."""
    header = source.find(lambda text: text.split()[:2] == ["Clock", "Waveform(ns)"], "the columns of the clocks", start)
    found = []
    for line in range(header + 2, stop):
        text = source.lines[line]
        if not text.strip():
            break
        match = _CLOCK.fullmatch(text)
        if match is None:
            raise source.error(line, repr(short(text.strip())), "a clock: name, waveform, period and frequency")
        found.append((match[1], number(source, line, match[2], "a period of")))
    return found
