"""What the vendor's tools say beside what is known here: figure by figure, in all and by layer and process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from codesign.report.vendor_report import Cycles, Instance, VendorReport
from codesign.targets import Resources

if TYPE_CHECKING:
    from codesign.report.measured import AreaRow
    from codesign.report.model import ProcessRow, Report

AREAS = tuple(name for name, _ in Resources().items())
LATENCY, INTERVAL, CLOCK = "latency", "interval", "clock"
LAYER, PROCESS, FIFOS, TOTAL = "layer", "process", "FIFOs", "total"


@dataclass(frozen=True)
class Compared:
    """One figure by us and by a tool, which may give a range; None where one of them has none."""

    what: str
    unit: str
    ours: float | None = None
    source: str = ""
    """How ours is known: estimate, exact, measured, synthesized, ..."""
    low: float | None = None
    high: float | None = None

    @property
    def theirs(self) -> float | None:
        """The tool's figure, of a range the largest."""
        return self.low if self.high is None else self.high

    @property
    def ratio(self) -> float | None:
        """The tool's figure in ours; None without one of them, or where ours is 0."""
        return None if self.theirs is None or not self.ours else self.theirs / self.ours


@dataclass(frozen=True)
class Part:
    """A layer, a process, all FIFOs, or all of these: what of it is compared."""

    name: str
    kind: str
    """LAYER (of several processes, which follow), PROCESS, FIFOS or TOTAL."""
    layer: str
    """In the user's file."""
    found: int
    """How many instances of the tool's report it is; 0 where the report does not have it."""
    figures: tuple[Compared, ...]
    within: bool = False
    """Whether it is a process below the row of its layer."""


def whole(report: Report, vendor: VendorReport) -> tuple[Compared, ...]:
    """Area, cycles and clock of all. A kernel with its host's interface and its memory ports is more than the design:
    beside it stands nothing of ours."""
    ours = alone(report, vendor)
    needs = {need.resource: (need.need, need.source) for need in report.needs}
    known = dict(vendor.resources.items()) if vendor.resources is not None else {}
    found = []
    for name in AREAS:
        need, source = needs.get(name, (None, "")) if ours else (None, "")
        found.append(Compared(name, "", need, source, known.get(name), known.get(name)))
    for what, figure, cycles in (
        (INTERVAL, report.known_interval, vendor.interval),
        (LATENCY, report.known_latency, vendor.latency),
    ):
        low, high = _ends(cycles)
        found.append(
            Compared(what, "cycles", figure.cycles if ours else None, figure.source if ours else "", low, high)
        )
    reached = None if vendor.clock is None else vendor.clock.achieved_ns
    found.append(Compared(CLOCK, "ns", round(report.clock_ns, 3), "asked for", reached, reached))
    return tuple(found)


def alone(report: Report, vendor: VendorReport) -> bool:
    """Whether the tool's report is of the design and nothing around it but registers."""
    bare = vendor.top.removesuffix("_2").removesuffix("_axis").removesuffix("_2")
    return bare in ("", report.name)


def parts(report: Report, vendor: VendorReport) -> tuple[Part, ...]:
    """Every process, in their order, under its layer where that has several; all FIFOs; and what of both is in the
    tool's report. Nothing where the report has no instance that is known."""
    if not any(row.known for row in vendor.instances):
        return ()
    areas = {row.name: row for row in report.areas}
    rows = [_process(row, areas.get(row.name), vendor) for row in report.processes]
    found: list[Part] = []
    for layer, group in _layers(rows):
        if len(group) > 1:
            found.append(Part(layer, LAYER, layer, min(part.found for part in group), _sum(group)))
            group = [replace(part, within=True) for part in group]
        found += group
    fifos = _fifos(report, vendor)
    there = [part for part in (*rows, *fifos) if part.found]
    total = Part("all of these", TOTAL, "", len(there), _sum(there))
    return (*found, *fifos, total)


def _ends(cycles: Cycles | None) -> tuple[int | None, int | None]:
    return (None, None) if cycles is None else (cycles.low, cycles.high)


def _process(row: ProcessRow, area: AreaRow | None, vendor: VendorReport) -> Part:
    instances = [i for i in vendor.instances if i.process == row.name]
    copies = max(1, len(instances))
    ours = None if area is None else area.resources * copies
    figures = list(_areas(ours, "" if area is None else area.source, instances))
    interval, latency = _widest([i.interval for i in instances]), _widest([i.latency for i in instances])
    (shortest, longest), (least, most) = _ends(interval), _ends(latency)
    figures.append(Compared(INTERVAL, "cycles", row.interval_cycles, "exact", shortest, longest))
    figures.append(Compared(LATENCY, "cycles", low=least, high=most))
    return Part(row.name, PROCESS, row.origin, len(instances), tuple(figures))


def _areas(ours: Resources | None, source: str, instances: Sequence[Instance]) -> Iterable[Compared]:
    """The areas of all instances together, where each one has any."""
    amounts = [i.resources for i in instances if i.resources is not None]
    theirs = sum(amounts, Resources()) if instances and len(amounts) == len(instances) else None
    for i, name in enumerate(AREAS):
        mine = None if ours is None else tuple(ours)[i]
        other = None if theirs is None else tuple(theirs)[i]
        yield Compared(name, "", mine, source, other, other)


def _widest(found: Sequence[Cycles | None]) -> Cycles | None:
    """From the least of the copies of a process to their most; None where one is not known."""
    known = [cycles for cycles in found if cycles is not None]
    if not known or len(known) < len(found):
        return None
    lows, highs = [c.low for c in known], [c.high for c in known]
    low = None if None in lows else min(c for c in lows if c is not None)
    return Cycles(low, None if None in highs else max(c for c in highs if c is not None))


def _layers(rows: Sequence[Part]) -> list[tuple[str, list[Part]]]:
    """Neighbours of one layer together, as they stand in the design."""
    found: list[tuple[str, list[Part]]] = []
    for row in rows:
        if found and found[-1][0] == row.layer:
            found[-1][1].append(row)
        else:
            found.append((row.layer, [row]))
    return found


def _fifos(report: Report, vendor: VendorReport) -> list[Part]:
    """Those that the tool's report has, together: its lanes are instances of their own."""
    instances = [i for i in vendor.instances if i.stream is not None]
    names = {i.stream for i in instances}
    if not names:
        return []
    own = [row for row in report.stream_areas if row.name in names]
    ours = sum((row.resources for row in own), Resources()) if len(own) == len(names) else None
    sources = {row.source for row in own}
    source = sources.pop() if len(sources) == 1 else "in part an estimate"
    figures = (*_areas(ours, source, instances), Compared(INTERVAL, "cycles"), Compared(LATENCY, "cycles"))
    return [Part(f"FIFOs of {len(names)} stream{'s' if len(names) > 1 else ''}", FIFOS, "", len(instances), figures)]


def _sum(rows: Sequence[Part]) -> tuple[Compared, ...]:
    """Areas add up where all of them are known; of cycles only the largest interval means something."""
    found = []
    for i, name in enumerate(AREAS):
        figures = [row.figures[i] for row in rows]
        ours, theirs = [f.ours for f in figures], [f.theirs for f in figures]
        sources = {f.source for f in figures}
        mine = None if None in ours else sum(x for x in ours if x is not None)
        other = None if None in theirs or not rows else sum(x for x in theirs if x is not None)
        source = sources.pop() if len(sources) == 1 else "in part an estimate"
        found.append(Compared(name, "", mine, source, other, other))
    slowest = [row.figures[len(AREAS)] for row in rows if row.kind == PROCESS]
    most = None if any(f.theirs is None for f in slowest) else max((f.theirs or 0 for f in slowest), default=None)
    ours_most = max((f.ours or 0 for f in slowest), default=None)
    return (*found, Compared(INTERVAL, "cycles", ours_most, "exact", most, most), Compared(LATENCY, "cycles"))


def compared(report: Report, vendor: VendorReport) -> dict[str, object]:
    """The report of a tool with all comparisons, for report.json."""
    found = [asdict(part) | {"figures": _plain(part.figures)} for part in parts(report, vendor)]
    derived = {"name": vendor.name, "whole": _plain(whole(report, vendor)), "parts": found}
    return asdict(vendor) | derived | {"unmatched": [row.name for row in vendor.unmatched]}


def _plain(figures: Sequence[Compared]) -> list[dict[str, object]]:
    return [asdict(f) | {"ratio": None if f.ratio is None else round(f.ratio, 4)} for f in figures]
