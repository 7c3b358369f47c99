"""Several reports of one run of a tool as one: what one leaves out another says, and none contradicts."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

from codesign.errors import ReportError
from codesign.report.vendor_report import STAGES, Clock, Cycles, Instance, VendorReport

T = TypeVar("T")
Key = tuple[str, str, str, str]


def key(report: VendorReport) -> Key:
    """Reports of the same key are of one run: tool, version, stage and top."""
    return report.tool, report.version, report.stage, report.top


def in_order(reports: list[VendorReport]) -> tuple[VendorReport, ...]:
    """In the order of a flow, then by tool and version."""
    return tuple(sorted(reports, key=lambda r: (STAGES.index(r.stage), r.tool, r.version, r.top, r.files)))


def merged(one: VendorReport, other: VendorReport) -> VendorReport:
    """Both together; ReportError where they say different things, which reports of one run do not."""
    if key(one) != key(other):
        raise ReportError(f"{other.files[0]}: {other.name}, expected {one.name}")
    joined = _Join(one, other)
    return replace(
        one,
        part=max(one.part, other.part, key=len),
        files=tuple(dict.fromkeys((*one.files, *other.files))),
        clock=joined.clock(one.clock, other.clock),
        slack=joined.same("slack", one.slack, other.slack),
        latency=joined.cycles("latency", one.latency, other.latency),
        interval=joined.cycles("interval", one.interval, other.interval),
        resources=joined.same("area", one.resources, other.resources),
        available=joined.same("size of the device", one.available, other.available),
        instances=joined.instances(),
        launches=joined.same("launches", one.launches or None, other.launches or None) or (),
        transfers=joined.same("transfers", one.transfers or None, other.transfers or None) or (),
        remarks=tuple(dict.fromkeys((*one.remarks, *other.remarks))),
    )


class _Join:
    """Fills what one report leaves out; the messages name the files."""

    def __init__(self, one: VendorReport, other: VendorReport) -> None:
        self.one, self.other = one, other

    def differs(self, what: str, a: object, b: object) -> ReportError:
        there = f"another {what} than {self.one.files[0]} says ({b} and {a})"
        cure = "let the tool run again, or delete the older ones"
        return ReportError(f"{self.other.files[0]}: {there}, expected the reports of one run; {cure}")

    def same(self, what: str, a: T | None, b: T | None) -> T | None:
        if a is not None and b is not None and a != b:
            raise self.differs(what, a, b)
        return b if a is None else a

    def cycles(self, what: str, a: Cycles | None, b: Cycles | None) -> Cycles | None:
        """`csynth.rpt` has the most only, other reports the least too."""
        if a is None or b is None:
            return b if a is None else a
        return Cycles(*(self.same(what, getattr(a, f.name), getattr(b, f.name)) for f in fields(Cycles)))

    def clock(self, a: Clock | None, b: Clock | None) -> Clock | None:
        """Some reports do not name it."""
        if a is None or b is None:
            return b if a is None else a
        return Clock(a.name or b.name, *(self._part(a, b, f.name) for f in fields(Clock) if f.name != "name"))

    def _part(self, a: Clock, b: Clock, name: str) -> float | None:
        found: float | None = self.same("clock", getattr(a, name), getattr(b, name))
        return found

    def instances(self) -> tuple[Instance, ...]:
        """Those of the report that has more levels, with the figures that only the other has, then the other's own."""
        base, more = self.one.instances, self.other.instances
        if _levels(more) > _levels(base):
            base, more = more, base
        found = list(base)
        for row in more:
            i = next((i for i, there in enumerate(found) if _same(there, row)), None)
            if i is None:
                if row.depth == 0 and (row.process is None or all(row.process != there.process for there in base)):
                    found.append(row)
                continue
            what = f"area, latency or interval of {row.name}"
            there = found[i]
            found[i] = replace(
                there,
                resources=self.same(what, there.resources, row.resources),
                latency=self.cycles(what, there.latency, row.latency),
                interval=self.cycles(what, there.interval, row.interval),
            )
        return tuple(found)


def _levels(rows: tuple[Instance, ...]) -> int:
    return max((row.depth + 1 for row in rows), default=0)


def _same(one: Instance, other: Instance) -> bool:
    """Whether two reports speak of one instance: `csynth.rpt` and reports of a function name the module only."""
    if one.depth != other.depth:
        return False
    names = {one.name, one.module} & {other.name, other.module}
    return bool(names - {"FIFO", "compute unit"}) if _bare(one) or _bare(other) else one.name == other.name


def _bare(row: Instance) -> bool:
    return row.name == row.module
