"""What `codesign scan` prints: a row per point, and which of them no other beats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from codesign.passes.tune_precision import Part
from codesign.report.text import counted, one_line
from codesign.scan.evaluate import Outcome
from codesign.scan.results import configured
from codesign.scan.run import ScanResult
from codesign.scan.search import varied
from codesign.scan.space import Site, accumulators, digest, read

MOST_ROWS = 60


def scanned(result: ScanResult) -> Iterator[RenderableType]:
    """The points of the search, the reference, and where the files are."""
    front = {digest(read(o.types)) for o in result.front}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("point", "bits"):
        table.add_column(heading, no_wrap=True)
    headings = [one_line(result.metric.name, 30), "output error", "bit operations", "EBOPs", "interval", "latency"]
    for heading in [*headings, "LUT", "FF", "DSP", "BRAM", "URAM"]:
        table.add_column(heading, justify="right")
    for outcome in result.outcomes[:MOST_ROWS]:
        key = digest(read(outcome.types))
        table.add_row(*_cells(result, outcome, key), style="bold" if key in front else "")
    yield table
    if len(result.outcomes) > MOST_ROWS:
        yield Text(f"and {len(result.outcomes) - MOST_ROWS} more in results.csv", style="dim")
    if result.sensitivities:
        yield from _sensitivities(result)
    if result.curvatures:
        yield _curvatures(result)
    if result.mixed:
        yield _mixed(result)
    yield Text(f"{one_line(result.metric.name, 60)} at 18 bits of weight and 20 of result: {result.reference:.6g}")
    yield Text(f"{counted(result.evaluated, 'point')} evaluated now, {len(result.stored)} in the store")
    refused = [o.refused for o in result.outcomes if o.refused is not None]
    if (nearest := result.nearest) is not None and nearest.excess is not None:
        point = f"{digest(read(nearest.types))[:12]} of {_widths(result, nearest)} bits"
        missed = f"the nearest, {point}, misses it by a factor of {nearest.excess:.3g}"
        yield Text(f"no point meets what was asked of the design; {missed}: {one_line(nearest.refused or '', 300)}")
    elif refused:
        yield Text(f"{counted(len(refused), 'point')} without a design; the first: {one_line(refused[0], 300)}")
    if result.failed:
        first = next(iter(result.failed.values()))
        yield Text(f"{counted(len(result.failed), 'point')} without a network; the first: {one_line(first, 300)}")
    kept = configured(result.stored, result.metric)
    files = counted(len(kept), "file")
    there = f"scan.html, results.csv, and in configs/ {files}"
    which = "in bold" if len(kept) == len(result.front) else "in bold, and those with the narrowest accumulators"
    yield Text(f"{result.folder}: {there} for `codesign compile --config` ({which})")


def _sensitivities(result: ScanResult) -> Iterator[RenderableType]:
    """The output error that one layer causes on its own, site by site and width by width."""
    sums = list(dict.fromkeys(s.site for s in result.sensitivities if s.site.part is Part.ACCUMULATOR))
    yield _sensitivity(result, varied(result.space), "output error with one site at fewer bits")
    if sums:
        yield _sensitivity(result, sums, "output error with the sums of one product in fewer bits than are safe")


def _sensitivity(result: ScanResult, sites: Sequence[Site], title: str) -> Table:
    widths = sorted({s.bits for s in result.sensitivities if s.site in sites})
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title)
    table.add_column("site", no_wrap=True)
    for bits in widths:
        table.add_column(str(bits), justify="right")
    for site in sites:
        found = {s.bits: s.outcome.output_error for s in result.sensitivities if s.site == site}
        table.add_row(one_line(site.key, 40), *(f"{found[b]:.3g}" if b in found else "safe" for b in widths))
    return table


def _curvatures(result: ScanResult) -> Table:
    """The output error that second derivatives expect of each site on its own, width by width."""
    title = "output error to expect of one site at fewer bits, by the Hessian"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title)
    table.add_column("site", no_wrap=True)
    for heading in ("trace", *map(str, result.curvatures[0].losses)):
        table.add_column(heading, justify="right")
    for c in result.curvatures:
        table.add_row(one_line(c.site.key, 40), f"{c.trace:.3g}", *(f"{v**0.5:.3g}" for v in c.losses.values()))
    return table


def _mixed(result: ScanResult) -> Table:
    """Each allocation beside the uniform width of the same budget."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="bits by layer, beside the same bits everywhere")
    headings = ("budget", "uniform bits", one_line(result.metric.name, 30), "output error")
    for heading in (*headings, "mixed bits", one_line(result.metric.name, 30), "output error", "bit operations"):
        table.add_column(heading, justify="right")
    for m in result.mixed:
        same = ("-", "-", "-")
        if m.uniform is not None:
            same = (str(m.bits), f"{m.uniform.value:.6g}", f"{m.uniform.output_error:.3g}")
        o = m.outcome
        figures = (_widths(result, o), f"{o.value:.6g}", f"{o.output_error:.3g}", str(o.bit_operations))
        table.add_row(str(m.budget), *same, *figures)
    return table


def _cells(result: ScanResult, outcome: Outcome, key: str) -> list[str]:
    figures = (outcome.interval, outcome.latency, outcome.lut, outcome.ff, outcome.dsp, outcome.bram36, outcome.uram)
    return [
        key[:12],
        _widths(result, outcome),
        f"{outcome.value:.6g}",
        f"{outcome.output_error:.3g}",
        str(outcome.bit_operations),
        str(outcome.ebops),
        *("-" if f is None else f"{f:g}" if f < 1e6 else str(int(f)) for f in figures),
    ]


def _widths(result: ScanResult, outcome: Outcome) -> str:
    """The widths of weights and results as far as they are the same: 8, 4/8, 2-8; and of sums that wrap."""
    types = read(outcome.types)
    kinds: dict[str, set[int]] = {}
    for site in varied(result.space):
        kinds.setdefault(site.part.value, set()).add(types[site.key].width)
    texts = [str(min(w)) if len(w) == 1 else f"{min(w)}-{max(w)}" for w in kinds.values()]
    bits = texts[0] if len(set(texts)) == 1 else "/".join(texts)
    sums = sorted(set(accumulators(types).values()))
    return bits if not sums else f"{bits}, sums {'-'.join(str(b) for b in dict.fromkeys((sums[0], sums[-1])))}"
