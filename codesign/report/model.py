"""What a report says: plain final values, in the form that `report.json` has.

Every number is measured or proved unless its field says estimate. Nothing here depends on the time or place of
the compilation, so that the same model gives the same report, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from codesign.analysis.launch import Launch, Pace
from codesign.analysis.limits import Limit
from codesign.report.card import Card, as_json
from codesign.report.measured import ESTIMATED, SYNTHESIZED, AreaResult, AreaRow, CosimResult
from codesign.report.timeline import Timeline
from codesign.report.vendor_compare import compared
from codesign.report.vendor_report import VendorReport
from codesign.targets import Resources

SCHEMA = 3
"""Counts up when a field of report.json changes its meaning or goes."""

FOLDED = "latency of this folding"
"""The bound whose value may be measured. Slices are those that the design asks for: synthesis may do without."""


@dataclass(frozen=True)
class LayerRow:
    """A layer of the network: its result's type and the proved range of its codes."""

    name: str
    origin: str
    kind: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    type: str
    """The fixed-point type of a code."""
    scale: str
    """What value = code * 2^-frac is multiplied with, where it is not 1."""
    low: int
    high: int
    value_low: float
    value_high: float
    accumulator_bits: int | None = None
    """Of layers that sum: the width proved to hold every partial sum."""
    requantizer: str | None = None
    """Of requantizers: how the step function is computed."""


@dataclass(frozen=True)
class ProcessRow:
    """A process of the design, with its folding."""

    name: str
    origin: str
    kernel: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    interval_cycles: int
    pe: int | None = None
    simd: int | None = None
    reuse_factor: int | None = None
    reuse_requested: int | None = None
    strategy: str | None = None
    estimate: Resources | None = None
    """The area by the cost model."""
    utilisation: float | None = None
    """Of products: how much of what the multipliers could make in the design's interval has to be made; percent."""
    multiplier: str | None = None
    """Of products: what they are made of; `estimate` has the DSP slices."""


@dataclass(frozen=True)
class StreamRow:
    """A stream: `beats` words of `lanes` elements per sample; no writer at an input, no reader at an output."""

    name: str
    writer: str | None
    reader: str | None
    kind: str
    element: str
    lanes: int
    beats: int
    width: int
    depth: int
    waiting: int = 0
    """The most beats that ever wait in it, by the cycle model with inputs paced at the interval."""
    minimum: int | None = None
    """The least depth with which the outputs come as early and nothing can deadlock, where that was looked for."""
    estimate: Resources | None = None
    """The area of its FIFO by the cost model."""


@dataclass(frozen=True)
class Budget:
    """What the design needs of one resource, and what the target has."""

    resource: str
    need: float
    available: float
    per_slr: float | None = None
    """What one super logic region has, where the device has several."""
    source: str = "estimate"
    """How the need is known: estimate, synthesized, or synthesized in part."""

    @property
    def percent(self) -> float:
        """Of the device."""
        return _percent(self.need, self.available)

    @property
    def slr_percent(self) -> float | None:
        """Of one super logic region."""
        return None if self.per_slr is None else _percent(self.need, self.per_slr)


@dataclass(frozen=True)
class Figure:
    """A number of cycles beside its lower bounds."""

    cycles: int
    source: str
    """How the cycles are known: exact (they follow from the static schedule), estimate, measured."""
    limits: tuple[Limit, ...]
    """Every lower bound, the largest first."""

    @property
    def bound(self) -> int:
        """The largest of them."""
        return self.limits[0].cycles

    @property
    def because(self) -> str:
        """What sets it."""
        return self.limits[0].because

    @property
    def ratio(self) -> float:
        """How far above the bound: 1.0 is the best there can be."""
        return self.cycles / max(1, self.bound)


@dataclass(frozen=True)
class Bound:
    """Something the design has, beside the least that any design of this network could have."""

    what: str
    unit: str
    value: float
    source: str
    """How the value is known: exact, estimate, measured, synthesized, synthesized in part."""
    bound: float
    because: str

    @property
    def ratio(self) -> float:
        """How far above the bound."""
        return self.value / max(1, self.bound)


@dataclass(frozen=True)
class StreamComparison:
    """The cycles of one folding with the streams that serve it best, and with one element per beat between layers."""

    asked: str
    """What this design was built with: mixed, single, array or struct."""
    mixed_interval: int
    mixed_latency: int
    single_interval: int
    single_latency: int

    @property
    def interval_ratio(self) -> float:
        """How many times as long the interval is with single elements."""
        return self.single_interval / self.mixed_interval

    @property
    def latency_ratio(self) -> float:
        """How many times as long the latency is with single elements."""
        return self.single_latency / self.mixed_latency


@dataclass(frozen=True)
class Solved:
    """What was asked of the folding, and what the solver proved about it."""

    budget: str
    interval_asked: int | None
    """Cycles."""
    latency_asked: int | None
    """Cycles."""
    interval_bound: int | None
    """No folding within the budget has a smaller interval; None where an interval or a latency was asked."""
    price: float
    """The shares of the budget that the design takes, those of logic counted twice: 1 is all of one resource."""
    price_bound: float
    """No folding that does what was asked, in a design of this pace, has a lower one."""

    @property
    def price_gap(self) -> float:
        """How far the price may be from the lowest; percent."""
        return round(100 * (self.price / self.price_bound - 1), 2) if self.price_bound else 0.0


@dataclass(frozen=True)
class Rung:
    """A comparison of two meanings of the model on the same inputs."""

    name: str
    against: str
    inputs: int
    values: int
    mismatches: int
    ties: int = 0
    """Values that differ by one code because float32 rounded next to a threshold: shown, not counted as mismatches."""
    note: str = ""

    @property
    def exact(self) -> bool:
        """Whether every value agrees, but for ties."""
        return self.mismatches == 0


@dataclass(frozen=True)
class Approximation:
    """Where a result may differ from the file's float meaning, and what was done there."""

    where: str
    what: str


@dataclass(frozen=True)
class OutputError:
    """How far an output was from the file's float meaning, measured: what the approximations amount to."""

    output: str
    largest: float
    mean: float
    inputs: int


@dataclass(frozen=True)
class Verification:
    """What climbing the ladder for a project folder found."""

    rungs: tuple[Rung, ...]
    errors: tuple[OutputError, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether something was compared, and all of it agreed."""
        return bool(self.rungs) and all(r.exact for r in self.rungs)


@dataclass(frozen=True)
class Report:
    """All that is known of a compiled network."""

    name: str
    version: str
    model: str
    """The model's file name, without its folder."""
    digest: str
    """sha256 of the model's file."""
    target: str
    part: str
    clock_mhz: float
    layers: tuple[LayerRow, ...]
    outputs: tuple[str, ...]
    """The layers whose results the user gets."""
    processes: tuple[ProcessRow, ...]
    streams: tuple[StreamRow, ...]
    budgets: tuple[Budget, ...]
    interval: Figure
    latency: Figure
    comparison: StreamComparison
    solved: Solved | None = None
    bounds: tuple[Bound, ...] = ()
    rungs: tuple[Rung, ...] = ()
    approximations: tuple[Approximation, ...] = ()
    errors: tuple[OutputError, ...] = ()
    notes: tuple[str, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    """Of a sample on its own, and of one in a long run."""
    cosim: CosimResult | None = None
    """What the simulation of the SystemVerilog measured, once it ran."""
    area: AreaResult | None = None
    """What synthesis found, once it ran."""
    card: Card | None = None
    """Where the target has a link to a host."""
    vendor: tuple[VendorReport, ...] = ()
    """What the vendor's tools and runs on the card reported, once that was read."""

    @property
    def fits(self) -> bool:
        """Whether what the design needs, by synthesis where that ran, stays within the device."""
        return all(b.need <= b.available for b in self.needs)

    @property
    def needs(self) -> tuple[Budget, ...]:
        """The budgets with what synthesis found, where it ran; else as estimated."""
        if self.area is None:
            return self.budgets
        total = dict(self.area.total.items())
        source = _how(self.area)
        found = [replace(b, need=round(total.pop(b.resource), 1), source=source) for b in self.budgets]
        none = [Budget(name, round(need, 1), 0, source=source) for name, need in total.items() if need]
        return (*found, *none)  # a resource without a budget is one that the target has none of

    @property
    def areas(self) -> tuple[AreaRow, ...]:
        """The area of each process that it is known of: synthesized where that ran, else estimated."""
        return _areas(self.processes, () if self.area is None else self.area.processes)

    @property
    def stream_areas(self) -> tuple[AreaRow, ...]:
        """The same of each stream's FIFO."""
        return _areas(self.streams, () if self.area is None else self.area.streams)

    @property
    def known_bounds(self) -> tuple[Bound, ...]:
        """The bounds with what was measured, where it was."""
        cosim = self.cosim
        if cosim is None:
            return self.bounds
        return tuple(replace(b, value=cosim.latency, source="measured") if b.what == FOLDED else b for b in self.bounds)

    @property
    def known_interval(self) -> Figure:
        """The interval as it was measured, where it was; else that of the design."""
        return self._measured(self.interval, None if self.cosim is None else self.cosim.interval)

    @property
    def known_latency(self) -> Figure:
        """The latency as it was measured, where it was; else that of the design."""
        return self._measured(self.latency, None if self.cosim is None else self.cosim.latency)

    @property
    def launches(self) -> tuple[Launch, ...]:
        """What batches take on the card, with the cycles that were measured where they were; none without a card."""
        if self.card is None:
            return ()
        interval, latency = self.known_interval, self.known_latency
        bound = Pace(interval.bound, latency.bound)
        return self.card.launches(Pace(interval.cycles, latency.cycles), bound, self.clock_mhz)

    @property
    def launch_source(self) -> str:
        """How the kernel's cycles in `launches` are known."""
        measured = self.known_latency.source == "measured"
        return "from the simulation of the SystemVerilog" if measured else "estimated by the cycle model"

    @property
    def exact(self) -> bool:
        """Whether something was compared, and all of it agreed."""
        return bool(self.rungs) and all(r.exact for r in self.rungs)

    @property
    def clock_ns(self) -> float:
        """The clock period."""
        return 1000.0 / self.clock_mhz

    def to_json(self) -> str:
        """The text of report.json."""
        data = asdict(self) | {
            "schema": SCHEMA,
            "fits": self.fits,
            "exact": self.exact,
            "clock_ns": self.clock_ns,
            "interval": self._timing(self.interval),
            "latency": self._timing(self.latency),
            "comparison": asdict(self.comparison)
            | {
                "interval_ratio": round(self.comparison.interval_ratio, 4),
                "latency_ratio": round(self.comparison.latency_ratio, 4),
            },
            "budgets": [asdict(b) | {"percent": b.percent, "slr_percent": b.slr_percent} for b in self.budgets],
            "needs": [asdict(b) | {"percent": b.percent, "slr_percent": b.slr_percent} for b in self.needs],
            "known_interval": self._timing(self.known_interval),
            "known_latency": self._timing(self.known_latency),
            "cosim": None if self.cosim is None else self._cosim(self.cosim),
            "area": None if self.area is None else self._area(self.area),
            "card": None if self.card is None else as_json(self.card, self.launches, self.launch_source),
            "solved": None if self.solved is None else asdict(self.solved) | {"price_gap": self.solved.price_gap},
            "bounds": [asdict(b) | {"ratio": round(b.ratio, 4)} for b in self.bounds],
            "known_bounds": [asdict(b) | {"ratio": round(b.ratio, 4)} for b in self.known_bounds],
            "rungs": [asdict(r) | {"exact": r.exact} for r in self.rungs],
            "vendor": [compared(self, v) for v in self.vendor],
        }
        return _short(json.dumps(data, indent=2, sort_keys=True, allow_nan=False)) + "\n"

    def _timing(self, figure: Figure) -> dict[str, object]:
        ns, ratio = round(figure.cycles * self.clock_ns, 3), round(figure.ratio, 4)
        return asdict(figure) | {"bound": figure.bound, "because": figure.because, "ns": ns, "ratio": ratio}

    @staticmethod
    def _measured(figure: Figure, cycles: int | None) -> Figure:
        return figure if cycles is None else replace(figure, cycles=cycles, source="measured")

    @staticmethod
    def _cosim(cosim: CosimResult) -> dict[str, object]:
        runs = [asdict(run) | {"exact": run.exact} for run in cosim.runs]
        return asdict(cosim) | {"runs": runs, "exact": cosim.exact}

    @staticmethod
    def _area(area: AreaResult) -> dict[str, object]:
        errors = [asdict(e) | {"percent": e.percent} for e in area.errors]
        return asdict(area) | {"errors": errors, "total": asdict(area.total), "synthesized": area.synthesized}


def _areas(rows: Sequence[ProcessRow | StreamRow], found: Iterable[AreaRow]) -> tuple[AreaRow, ...]:
    known = {row.name: AreaRow(row.name, row.estimate, ESTIMATED) for row in rows if row.estimate is not None}
    known |= {row.name: row for row in found}
    return tuple(known[row.name] for row in rows if row.name in known)


def _how(area: AreaResult) -> str:
    if area.synthesized:
        return SYNTHESIZED
    any_was = any(row.synthesized for row in (*area.processes, *area.streams))
    return f"{SYNTHESIZED} in part" if any_was else ESTIMATED


def _short(text: str) -> str:
    """Indented JSON with lists of numbers on one line each; no string of JSON has a line break in it."""
    return re.sub(r"\[\n\s+([-+.\de]+(?:,\n\s+[-+.\de]+)*)\n\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)


def _percent(part: float, whole: float) -> float:
    """100 for something of nothing, whose verdict is `fits`, not the percentage."""
    return round(100.0 * part / whole, 2) if whole else (100.0 if part else 0.0)
