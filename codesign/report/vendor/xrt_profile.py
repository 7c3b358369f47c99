"""`summary.csv` and `profile_summary.csv` of XRT: launches of kernels and compute units, and what the host moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codesign.errors import ReportError
from codesign.report.vendor.figures import UNKNOWN, count, number
from codesign.report.vendor.source import Source, short
from codesign.report.vendor_report import EMULATED, RUN, Launches, Transfers, VendorReport

_FLOWS = {"System Run": RUN, "Hardware Emulation": EMULATED, "Software Emulation": EMULATED}
_KERNELS, _UNITS, _HOST = "Kernel Execution", "Compute Unit Utilization", "Data Transfer: Host to Global Memory"
_READS, _WRITES = "Host Reads from Global Memory", "Host Writes to Global Memory"
"""Tables of the native API, with `TITLE:`, `COLUMN:` and `ENTRY:` before their lines; the others are of OpenCL."""
_TITLES = (_KERNELS, _UNITS, _HOST, _READS, _WRITES)
_LAST = "Guidance Parameters"
"""The title of the last table of every profile: where it is, no other is missing."""
_ESTIMATED = (" (includes estimated device time)", " (includes estimated device times)")


def is_profile(text: str) -> bool:
    """Whether a first line is that of a profile."""
    return text.strip().rstrip(",") == "Profile Summary"


def read_profile(source: Source) -> VendorReport:
    """The tables of launches and of the host's transfers; a profile without any is refused."""
    facts = _facts(source)
    flow = facts["Flow mode"]
    if flow[1] not in _FLOWS:
        raise source.error(flow[0], f"the flow mode {short(flow[1])!r}", f"one of {', '.join(_FLOWS)}")
    source.find(lambda text: text.rstrip(", \t") == _LAST, f"the table {_LAST!r} at the end")
    launches: list[Launches] = []
    transfers: list[Transfers] = []
    for table in _tables(source):
        for line, row in table.rows:
            entry = _Entry(source, line, row)
            if table.title == _KERNELS:
                launches.append(entry.launches("kernel", "Kernel", "Number Of Enqueues"))
            elif table.title == _UNITS:
                launches.append(entry.launches("compute unit", "Compute Unit", "Number Of Calls"))
            else:
                transfers.append(entry.transfers(table.title))
    if not launches and not transfers:
        raise source.cut(
            f"a table {' or '.join(map(repr, _TITLES))} with something in it; profile with `opencl_trace` "
            "or `native_xrt_trace`"
        )
    kernels = {run.name for run in launches if run.what == "kernel"}
    return VendorReport(
        tool="XRT",
        version=facts["XRT build version"][1],
        stage=_FLOWS[flow[1]],
        top=kernels.pop() if len(kernels) == 1 else "",
        part="",
        files=(source.name,),
        launches=tuple(launches),
        transfers=tuple(transfers),
        remarks=(f"{flow[1]} on {facts['Target devices'][1] or 'a device that is not named'}",),
    )


def _facts(source: Source) -> dict[str, tuple[int, str]]:
    """(line, value) of the head's facts by their names."""
    found = {}
    for i, text in enumerate(source.lines[1:], 1):
        name, colon, value = text.rstrip(", \t").partition(":")
        if not colon:
            break
        found[name] = (i, value.strip())
    for name in ("XRT build version", "Target devices", "Flow mode"):
        if name not in found:
            raise source.error(len(found), "the head of the profile", f"a line `{name}:` in it")
    return found


@dataclass(frozen=True)
class _Rows:
    title: str
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    """(line, cells by their columns)."""


def _tables(source: Source) -> list[_Rows]:
    found = []
    for i, text in enumerate(source.lines):
        title = text.removeprefix("TITLE:").strip().rstrip(",")
        for suffix in _ESTIMATED:
            title = title.removesuffix(suffix)
        if title in _TITLES:
            found.append(_table(source, i, title))
    return found


def _table(source: Source, start: int, title: str) -> _Rows:
    """The lines up to the empty one that ends a table; ReportError where the file ends before."""
    stop = start
    while source.lines[stop].strip():
        stop += 1
        if stop == len(source.lines):
            raise source.cut(f"the empty line that ends the table {title!r}")
    lines = [(i, source.lines[i]) for i in range(start + 1, stop)]
    if source.lines[start].startswith("TITLE:"):
        heads = [_cells(text.removeprefix("COLUMN:"))[0] for _, text in lines if text.startswith("COLUMN:")]
        rows = [(i, _cells(text.removeprefix("ENTRY:"))) for i, text in lines if text.startswith("ENTRY:")]
    elif lines:
        heads, rows = _cells(lines[0][1]), [(i, _cells(text)) for i, text in lines[1:]]
    else:
        raise source.error(stop, "an empty line", f"the columns of the table {title!r}")
    for i, cells in rows:
        if len(cells) != len(heads):
            raise source.error(i, f"{len(cells)} values", f"{len(heads)}, one for each column of {title!r}")
    return _Rows(title, tuple((i, dict(zip(heads, cells))) for i, cells in rows))


def _cells(text: str) -> list[str]:
    """The values of a line; all tables have a comma behind the last one."""
    cells = text.split(",")  # XRT quotes nothing
    return cells[:-1] if cells and not cells[-1].strip() else cells


@dataclass(frozen=True)
class _Entry:
    source: Source
    line: int
    row: Mapping[str, str]

    def text(self, *names: str) -> str:
        for name in names:
            if name in self.row:
                return self.row[name].strip()
        raise self.missing(" or ".join(names))

    def missing(self, name: str) -> ReportError:
        return self.source.error(self.line, f"a table with the columns {', '.join(self.row)}", f"a column {name}")

    def count(self, *names: str) -> int:
        return count(self.source, self.line, self.text(*names), names[0])

    def number(self, *names: str) -> float:
        return number(self.source, self.line, self.text(*names), names[0])

    def maybe(self, name: str) -> float | None:
        """None where there is no such column, or no value in an emulation."""
        return None if name not in self.row or self.row[name].strip() in UNKNOWN else self.number(name)

    def launches(self, what: str, name: str, calls: str) -> Launches:
        return Launches(
            self.text(name),
            what,
            self.count(calls),
            self.number("Total Time (ms)"),
            self.number("Minimum Time (ms)"),
            self.number("Average Time (ms)"),
            self.number("Maximum Time (ms)"),
            self.maybe("Clock Frequency (MHz)"),
        )

    def transfers(self, title: str) -> Transfers:
        if title == _HOST:
            direction = self.text("Transfer Type").lower()
            if direction not in ("read", "write"):
                raise self.source.error(self.line, f"a transfer {short(direction)!r}", "READ or WRITE")
        else:
            direction = "read" if title == _READS else "write"
        return Transfers(
            direction,
            self.count("Number Of Buffer Transfers", "Number Of Transfers", "Number of Reads", "Number of Writes"),
            self.number("Average Buffer Size (KB)", "Average Size (KB)"),
            self.maybe("Total Time (ms)"),
            self.maybe("Average Time (ms)"),
            self.maybe("Transfer Rate (MB/s)"),
        )
