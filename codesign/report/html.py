"""report.html: the whole report in one file that needs no other, neither script nor network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesign.report.chart import chart
from codesign.report.measured import AreaRow
from codesign.report.model import Figure, ProcessRow, Report
from codesign.report.pages import page_templates
from codesign.report.picture import design_picture, network_picture
from codesign.report.text import counted, one_line, significant, solved_line, spaced
from codesign.report.vendor_compare import AREAS, Compared, Part, parts, whole
from codesign.report.vendor_report import Cycles, Instance, VendorReport
from codesign.targets import Resources


def html(report: Report) -> str:
    """The text of report.html, the same for the same report. Names from the user's file are escaped."""
    environment = page_templates("report")
    origins = {row.name: row.origin for row in report.processes}
    environment.filters |= {
        "number": _number,
        "value": _value,
        "spaced": spaced,
        "significant": significant,
    }
    return environment.get_template("report.html").render(
        report=report,
        network=network_picture(report),
        design=design_picture(report),
        timelines=[(line, chart(line, origins, report.clock_ns)) for line in report.timelines],
        cards=_cards(report),
        areas=_areas(report),
        fifos={row.name: row for row in report.stream_areas},
        activity=_activity(report),
        occupancy={row.stream: row.most for row in report.cosim.streams} if report.cosim is not None else {},
        reuse=_reuse,
        solved=solved_line,
        shape=_shape,
        counted=lambda n, what: f"{_number(n)} {what}" if n == 1 else f"{_number(n)} {what}s",
        time=lambda cycles: _time(cycles * report.clock_ns),
        us=lambda us: _time(1000 * us),
        vendors=[_vendor(report, vendor) for vendor in report.vendor],
        cycles=_cycles,
        ratio=_ratio,
        regions=any(b.per_slr is not None for b in report.budgets),
    )


def _cards(report: Report) -> list[tuple[str, str, str, str]]:
    """(state, heading, figure, remark) of the boxes at the top; the state colours them."""
    over = [b.resource for b in report.needs if b.need > b.available]
    most = max(report.needs, key=lambda b: b.percent, default=None)
    remark = "no budget is known" if most is None else f"{most.source}: {most.percent:.3g} % of its {most.resource}"
    target = one_line(report.target)
    fits = ("bad", "Target", f"does not fit {target}", f"too little {', '.join(over)}")
    if not over:
        fits = ("good", "Target", f"fits {target}", remark)
    return [
        fits,
        ("plain", "Interval", *_timing(report, report.known_interval)),
        ("plain", "Latency", *_timing(report, report.known_latency)),
        _exactness(report),
    ]


@dataclass(frozen=True)
class _Area:
    """A row of the table of areas."""

    name: str
    kernel: str
    amounts: tuple[float, ...]
    share: float
    source: str
    remark: str = ""
    total: bool = False


def _areas(report: Report) -> list[_Area]:
    """Each process, all FIFOs together, and the total."""
    kernels = {row.name: row.kernel for row in report.processes}
    fifos = sum((row.resources for row in report.stream_areas), Resources())
    total = sum((row.resources for row in report.areas), fifos)

    def row(name: str, kernel: str, r: Resources, source: str, remark: str = "", whole: bool = False) -> _Area:
        share = round(100 * r.lut / total.lut, 1) if total.lut else 0.0
        return _Area(name, kernel, tuple(r), share, source, remark, whole)

    found = [row(a.name, kernels[a.name], a.resources, a.source, a.remark) for a in report.areas]
    if report.stream_areas:
        found.append(row("all FIFOs", "", fifos, _sources(report.stream_areas)))
    return [*found, row("total", "", total, _sources((*report.areas, *report.stream_areas)), whole=True)]


@dataclass(frozen=True)
class _Vendor:
    """What one tool said, as its tables show it."""

    report: VendorReport
    whole: tuple[Compared, ...]
    parts: tuple[Part, ...]
    columns: tuple[int, ...]
    """Of the figures of a part: resources that someone has any of, interval, and latency where the tool has it."""
    unmatched: tuple[Instance, ...]


def _vendor(report: Report, vendor: VendorReport) -> _Vendor:
    rows = parts(report, vendor)
    shown = tuple(
        i
        for i in range(len(rows[0].figures) if rows else 0)
        if any(row.figures[i].theirs or (i < len(AREAS) and row.figures[i].ours) for row in rows)
    )
    return _Vendor(vendor, whole(report, vendor), rows, shown, vendor.unmatched)


def _sources(rows: Sequence[AreaRow]) -> str:
    sources = {row.source for row in rows}
    return sources.pop() if len(sources) == 1 else f"{sum(r.synthesized for r in rows)} of {len(rows)} synthesized"


def _activity(report: Report) -> dict[str, tuple[float, float, float]]:
    """By process: percent of the watched cycles in which it was busy, waited for beats, waited for room."""
    if report.cosim is None:
        return {}
    watched = max(1, report.cosim.watched_cycles)
    return {
        a.process: (100 * a.busy / watched, 100 * a.starved / watched, 100 * a.blocked / watched)
        for a in report.cosim.processes
    }


def _timing(report: Report, figure: Figure) -> tuple[str, str]:
    ns = figure.cycles * report.clock_ns
    by = figure.limits[0].by
    bound = f"{figure.source}; {figure.ratio:.3g} × the bound of {_number(figure.bound)} ({by})"
    cycles = "1 cycle" if figure.cycles == 1 else f"{_number(figure.cycles)} cycles"
    return f"{cycles} = {_time(ns)}", bound


def _exactness(report: Report) -> tuple[str, str, str, str]:
    if not report.rungs:
        return "bad", "Exactness", "not checked", "no inputs were compared"
    wrong = [r.name for r in report.rungs if not r.exact]
    if wrong:
        return "bad", "Exactness", "differs", f"on {', '.join(wrong)}"
    counts = {r.inputs for r in report.rungs}
    if len(counts) == 1:
        headline = f"exact on {_number(counts.pop())} inputs"
        remark = "; ".join(r.name for r in report.rungs)
    else:
        headline = "exact on every input"
        remark = "; ".join(f"{r.name} on {_number(r.inputs)}" for r in report.rungs)
    if ties := sum(r.ties for r in report.rungs):
        remark += f"; {_number(ties)} float32 ties"
    if not report.approximations:
        return "good", "Exactness", headline, remark
    worst = max((e.largest for e in report.errors), default=None)
    error = "error not measured" if worst is None else f"error at most {_value(worst)}"
    return (
        "warn",
        "Exactness",
        f"{headline}, but for {counted(len(report.approximations), 'approximation')}",
        (f"{error}; {remark}"),
    )


def _reuse(row: ProcessRow) -> str:
    if row.reuse_factor is None:
        return ""
    asked = row.reuse_requested
    return str(row.reuse_factor) + ("" if asked in (None, row.reuse_factor) else f" (asked {asked})")


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "1"


def _number(n: float) -> str:
    """With a thin space between thousands, and a half where there is one."""
    return spaced(f"{round(n, 1):,.12g}")


def _cycles(found: Cycles | Compared | None) -> str:
    """A range, or its one end where the other is the same or not known."""
    if found is None or (found.low is None and found.high is None):
        return ""
    if found.low is None or found.high is None or found.low == found.high:
        one = found.low if found.high is None else found.high
        return ("" if found.low == found.high else "≤ " if found.low is None else "≥ ") + _exactly(one or 0)
    return f"{_exactly(found.low)} … {_exactly(found.high)}"


def _exactly(n: float) -> str:
    """With all digits that a tool gives."""
    return spaced(f"{n:,.10g}")


def _ratio(figure: Compared) -> str:
    return "" if figure.ratio is None else f"{figure.ratio:.3g} ×"


def _value(x: float) -> str:
    return (f"{x:.4g}" if abs(x) < 1e4 or abs(x) >= 1e9 else f"{x:.0f}").replace("-", "−")


def _time(ns: float) -> str:
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if ns >= 10 * size:
            return f"{ns / size:.4g} {unit}"
    return f"{ns:.4g} ns" if ns < 1e4 else f"{ns:.0f} ns"
