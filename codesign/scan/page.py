"""scan.html: what a scan found, in one file that needs no other, neither script nor network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from codesign import __version__
from codesign.backends.swap import replace_file
from codesign.ir.fixed import Fixed
from codesign.report.pages import page_templates, style
from codesign.report.plots import Drawn
from codesign.report.text import counted, one_line
from codesign.scan import figures
from codesign.scan.evaluate import Outcome
from codesign.scan.results import uniform
from codesign.scan.search import Binary, varied
from codesign.scan.space import Site, accumulators, digest, read

if TYPE_CHECKING:
    from codesign.scan.run import ScanResult

MOST_ROWS = 200
Card = tuple[str, str, str, str]
"""Its state, heading, figure and remark."""


def write_page(result: ScanResult, binary: Binary, bits: Sequence[int], target: str) -> Path:
    """scan.html in the folder of the scan, whole; `bits` are the widths that rounding is shown for."""
    environment = page_templates("scan")
    sites = varied(result.space)
    front = {digest(read(o.types)) for o in result.front}
    best_first = sorted(result.stored, key=lambda o: o.value, reverse=result.metric.maximize)
    shown = sorted(best_first[:MOST_ROWS], key=lambda o: o.bit_operations)
    text = environment.get_template("scan.html").render(
        css=style(),
        name=result.space.graph.name,
        metric=result.metric.name,
        maximize=result.metric.maximize,
        target=target,
        samples=result.samples,
        version=__version__,
        cards=list(_cards(result, sites)),
        small=list(_small(result, sites)),
        large=list(_large(result, binary, sites, bits)),
        headings=["point", "bits", one_line(result.metric.name, 40), "output error", "bit operations", "EBOPs",
                  "interval", "latency", "LUT", "FF", "DSP", "BRAM36", "URAM"],
        rows=[(key in front, _cells(o, key, sites)) for o in shown for key in [digest(read(o.types))]],
        left_out=len(result.stored) - len(shown),
        failed=len(result.failed),
    )  # fmt: skip
    path = result.folder / "scan.html"
    replace_file(path, text)
    return path


def _cards(result: ScanResult, sites: Sequence[Site]) -> Iterator[Card]:
    yield "plain", "before quantization", f"{result.reference:.6g}", "at 18 bits of weight and 20 of result"
    if not result.front:
        return
    best = result.front[-1]
    yield "good", "best", f"{best.value:.6g}", f"{_width(best, sites)}, {best.bit_operations:,} bit operations"
    cheap = _cheapest_as_good(result)
    if cheap is not None:
        lost = "within 1 % of that before quantization"
        yield "good", "cheapest as good", f"{cheap.bit_operations:,} bit operations", f"{_width(cheap, sites)}; {lost}"
    yield "plain", "points", f"{len(result.stored)}", f"{counted(result.evaluated, 'point')} evaluated by this scan"
    if (nearest := result.nearest) is not None and nearest.excess is not None:
        said = f"is the nearest, {digest(read(nearest.types))[:12]}, {_width(nearest, sites)}: {nearest.refused}"
        yield "bad", "no point meets what was asked", f"{nearest.excess:.3g} times too much", said
    if result.mixed:
        gains = [m for m in result.mixed if m.uniform is not None]
        better = sum(result.metric.better(m.outcome.value, m.uniform.value) for m in gains if m.uniform is not None)
        said = "widths by layer better than one width, at no more bit operations"
        yield "plain", "mixed precision", f"{better} of {len(gains)} budgets", said


def _cheapest_as_good(result: ScanResult) -> Outcome | None:
    allowed = 0.01 * abs(result.reference)
    worst = result.reference - allowed if result.metric.maximize else result.reference + allowed
    good = [o for o in result.front if not result.metric.better(worst, o.value)]
    return good[0] if good else None


def _small(result: ScanResult, sites: Sequence[Site]) -> Iterator[Drawn]:
    trained = {r.bits: r.outcome.value for r in result.retrained}
    curve = figures.by_width(result.stored, result.metric, sites, result.reference, trained)
    if curve is not None:
        yield curve
    sums = figures.by_accumulator(result.stored, result.metric, sites)
    if sums is not None:
        yield sums
    yield from figures.fronts(result.stored, result.metric, sites)


def _large(result: ScanResult, binary: Binary, sites: Sequence[Site], bits: Sequence[int]) -> Iterator[Drawn]:
    yield from figures.sensitivity(result.sensitivities)
    curved = figures.curvature(result.curvatures)
    if curved is not None:
        yield curved

    def types(site: Site, width: int) -> Fixed:
        return binary.fixed(site, width)

    ranges = binary.calibration.ranges
    if result.front:
        yield figures.profile(ranges, sites, read(result.front[-1].types))
    yield figures.rounding(ranges, sites, types, bits)


def _width(outcome: Outcome, sites: Sequence[Site]) -> str:
    width = uniform(outcome, sites)
    said = "widths by layer" if width is None else f"{width} bits"
    return f"{said}, sums that wrap" if accumulators(outcome.types) else said


def _cells(outcome: Outcome, key: str, sites: Sequence[Site]) -> list[str]:
    width = uniform(outcome, sites)
    figures_ = (outcome.bit_operations, outcome.ebops, outcome.interval, outcome.latency, outcome.lut, outcome.ff,
                outcome.dsp, outcome.bram36, outcome.uram)  # fmt: skip
    numbers = ["" if n is None else f"{n:,.10g}" for n in figures_]
    bits = "mixed" if width is None else str(width)
    if sums := sorted(set(accumulators(outcome.types).values())):
        bits += f", sums {'-'.join(str(b) for b in dict.fromkeys((sums[0], sums[-1])))}"
    return [key[:12], bits, f"{outcome.value:.6g}", f"{outcome.output_error:.4g}",
            *numbers]  # fmt: skip
