"""The pictures of a scan, as SVG: fronts, the metric by width, what each layer loses, the numbers in the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from codesign.ir.fixed import Fixed
from codesign.passes.tune_precision import Part
from codesign.report.plots import BLUE, GREEN, GREY, ORANGE, Drawn, plain, svg
from codesign.scan.calibrate import Range
from codesign.scan.evaluate import Outcome
from codesign.scan.metrics import Metric
from codesign.scan.results import pareto, uniform
from codesign.scan.searches import Sensitivity
from codesign.scan.space import Site, accumulators, digest, read

if TYPE_CHECKING:
    from codesign.scan.hessian import Curvature

COSTS: Mapping[str, str] = {
    "bit_operations": "bit operations",
    "lut": "LUT",
    "dsp": "DSP slices",
    "interval": "interval in cycles",
    "latency": "latency in cycles",
}
"""The costs that fronts are drawn for, by the field of an outcome."""
_ROW = 0.27
"""Inches per row of a heat map."""
_LINES = 8
"""Lines that can be told apart."""
_NAME = 34
"""Letters of a site's name."""


def fronts(outcomes: Sequence[Outcome], metric: Metric, sites: Sequence[Site]) -> Iterator[Drawn]:
    """The metric against each cost that the points differ in."""
    for cost, words in COSTS.items():
        known = [o for o in outcomes if getattr(o, cost) is not None]
        if len({getattr(o, cost) for o in known}) < 2:
            continue
        front = pareto(known, metric, cost)

        def draw(axes: Axes, known: list[Outcome] = known, front: list[Outcome] = front, cost: str = cost) -> None:
            wraps = [o for o in known if accumulators(o.types)]
            safe = [o for o in known if not accumulators(o.types)]
            same = [o for o in safe if uniform(o, sites) is not None]
            mixed = [o for o in safe if uniform(o, sites) is None]
            for points, colour, label in (
                (same, BLUE, "one width everywhere"),
                (mixed, ORANGE, "widths by layer"),
                (wraps, GREEN, "sums that may wrap"),
            ):
                if points:
                    axes.plot(_of(points, cost), _of(points, "value"), "o", ms=4, color=colour, label=label, alpha=0.75)
            axes.step(_of(front, cost), _of(front, "value"), where="post", color=GREY, lw=1, label="no other is better")
            costs = _of(known, cost)
            if min(costs) > 0 and max(costs) > 20 * min(costs):
                axes.set_xscale("log")
            else:
                axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
                axes.xaxis.set_major_locator(MaxNLocator(6))
            axes.set_xlabel(COSTS[cost])
            axes.set_ylabel(plain(metric.name))
            axes.legend(frameon=False, fontsize=8.5)

        best = "largest" if metric.maximize else "least"
        remark = f"{best} is best; {len(front)} of {len(known)} points on the front"
        yield Drawn(f"{metric.name} against {words}", remark, svg(draw, (6.2, 3.6), cost))


def by_width(
    outcomes: Sequence[Outcome],
    metric: Metric,
    sites: Sequence[Site],
    reference: float,
    trained: Mapping[int, float],
) -> Drawn | None:
    """The metric against the width that all weights and results have, and for networks `trained` with quantizers; None
    for fewer than two widths."""
    safe = [o for o in outcomes if not accumulators(o.types)]
    found = {width: o for o in safe if (width := uniform(o, sites)) is not None}
    widths = sorted(found)
    if len(widths) < 2:
        return None

    def draw(axes: Axes) -> None:
        axes.plot(widths, [found[w].value for w in widths], "o-", color=BLUE, ms=4, label="quantized after training")
        if trained:
            axes.plot(list(trained), list(trained.values()), "s-", color=ORANGE, ms=4, label="trained with quantizers")
        axes.axhline(reference, color=GREY, lw=1, ls="--", label="18 bits of weight, 20 of result")
        axes.set_xlabel("bits of weights and results")
        axes.set_ylabel(plain(metric.name))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, fontsize=8.5)

    return Drawn(
        f"{metric.name} by width", "the same width for all weights and results", svg(draw, (6.2, 3.6), "widths")
    )


def by_accumulator(outcomes: Sequence[Outcome], metric: Metric, sites: Sequence[Site]) -> Drawn | None:
    """The metric against the bits of all accumulators that would need more, a line for each width of weights and
    results, which ends where they are safe; None where no sum may wrap."""
    safe = {digest(read(o.types)): o for o in outcomes if not accumulators(o.types)}
    lines: dict[str, dict[int, Outcome]] = {}
    for o in outcomes:
        if len(widths := set(accumulators(o.types).values())) == 1:
            key = digest({k: t for k, t in read(o.types).items() if not accumulators({k: t})})
            if key in safe and o.accumulator == max(widths):
                lines.setdefault(key, {})[widths.pop()] = o
    if not lines:
        return None
    shown = list(lines.items())[:: -(-len(lines) // _LINES)]

    def draw(axes: Axes) -> None:
        for number, (key, points) in enumerate(shown):
            best, colour = safe[key], f"C{number}"
            found = sorted(points.items())
            bits = uniform(best, sites)
            x, y = [b for b, _ in found], [o.value for _, o in found]
            label = "widths by layer" if bits is None else f"{bits} bits of weights and results"
            if best.accumulator is not None:
                axes.plot(best.accumulator, best.value, "D", ms=7, mfc="white", mec=colour, mew=1.6, zorder=3)
                x, y = [*x, best.accumulator], [*y, best.value]
            axes.plot(x, y, "o-", color=colour, ms=4, lw=1.2, label=label, zorder=2)
        axes.plot([], [], "D", ms=7, mfc="white", mec=GREY, mew=1.6, label="safe: no input overflows")
        axes.set_xlabel("bits of accumulators, where more would be safe")
        axes.set_ylabel(plain(metric.name))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, fontsize=8.5)

    return Drawn(
        f"{metric.name} by accumulator",
        "sums of products modulo so many bits; the diamonds are the widest safe accumulator of each",
        svg(draw, (6.2, 3.6), "accumulators"),
    )


def sensitivity(rows: Sequence[Sensitivity]) -> Iterator[Drawn]:
    """What one site costs on its own, at each width, and what narrow sums of one product do, as far as either was
    looked at."""
    numbers = [row for row in rows if row.site.part is not Part.ACCUMULATOR]
    sums = [row for row in rows if row.site.part is Part.ACCUMULATOR]
    relative = "error of the outputs, relative to their spread"
    if numbers:
        remark = f"{relative}, with one site at so many bits and all others at the most"
        yield _sensitivity(numbers, "Sensitivity by layer", remark, "bits of this site alone", "sensitivity")
    if sums:
        remark = f"{relative}, with the sums of one product in so many bits; empty where these are safe"
        yield _sensitivity(sums, "Sensitivity to accumulators", remark, "bits of this accumulator alone", "sums")


def _sensitivity(rows: Sequence[Sensitivity], title: str, remark: str, label: str, name: str) -> Drawn:
    sites = list(dict.fromkeys(row.site for row in rows))
    widths = sorted({row.bits for row in rows})
    errors = np.full((len(sites), len(widths)), np.nan)
    for row in rows:
        errors[sites.index(row.site), widths.index(row.bits)] = row.outcome.output_error
    return Drawn(title, remark, _heat(errors, sites, widths, lambda v: f"{v:.2g}", label, name, log=True))


def curvature(rows: Sequence[Curvature]) -> Drawn | None:
    """What second derivatives expect one site to cost on its own, at each width; None where there are none."""
    if not rows:
        return None
    widths = list(rows[0].losses)
    errors = np.array([[row.losses[b] ** 0.5 for b in widths] for row in rows])
    return Drawn(
        "Expected sensitivity by layer",
        "error of the outputs, relative to their spread, that the Hessian makes one expect of one site at so many bits",
        _heat(errors, [r.site for r in rows], widths, lambda v: f"{v:.2g}", "bits of this site alone", "curvature",
              log=True),
    )  # fmt: skip


def profile(ranges: Mapping[str, Range], sites: Sequence[Site], types: Mapping[str, Fixed]) -> Drawn:
    """The numbers at each site as powers of two, and the codes that the given types have for them."""

    def draw(axes: Axes) -> None:
        for y, site in enumerate(sites):
            sizes = np.abs(ranges[site.key].values)
            kept = sizes > 0
            if kept.any():
                least, low, middle, high, most = _quantiles(np.log2(sizes[kept]), ranges[site.key].weights[kept])
                axes.plot([least, most], [y, y], color=BLUE, lw=1)
                axes.barh(y, high - low, 0.52, low, color="#bcd3f2", edgecolor=BLUE, lw=0.8)
                axes.plot([middle, middle], [y - 0.26, y + 0.26], color=BLUE, lw=1.6)
            fixed = types[site.key]
            step, top = -fixed.frac, np.log2(max(fixed.high, -fixed.low)) - fixed.frac
            axes.plot([step, top], [y + 0.36] * 2, color=ORANGE, lw=2.4, solid_capstyle="butt")
        _rows(axes, sites)
        axes.set_xlabel("size of the numbers, as a power of two")
        axes.plot([], [], color="#bcd3f2", lw=6, label="5 to 95 % of the numbers, and the median")
        axes.plot([], [], color=ORANGE, lw=2.4, label="from one step to the largest code")
        axes.legend(
            frameon=False, fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, -0.14 - 0.9 / len(sites)), ncols=2
        )

    return Drawn("Ranges by layer", "numbers on the calibration data, zeros left out, and the types of the best point",
                 svg(draw, (8.2, 1.5 + _ROW * 1.3 * len(sites)), "ranges"))  # fmt: skip


def rounding(ranges: Mapping[str, Range], sites: Sequence[Site], types: Callable[[Site, int], Fixed],
             widths: Sequence[int]) -> Drawn:  # fmt: skip
    """The signal-to-noise ratio in dB of the numbers at each site, rounded to the type that they get at each width."""
    found = np.full((len(sites), len(widths)), np.nan)
    for i, site in enumerate(sites):
        numbers = ranges[site.key]
        power = float(np.average(numbers.values**2, weights=numbers.weights))
        for j, bits in enumerate(widths):
            noise = numbers.error(types(site, bits))
            if noise > 0 and power > 0:
                found[i, j] = 10 * np.log10(power / noise)
    return Drawn(
        "Rounding by layer",
        "signal to quantization noise in dB, of the numbers of each site at each width; empty: nothing is lost",
        _heat(found, sites, widths, lambda v: f"{v:.0f}", "bits", "rounding", log=False),
    )


def _heat(values: NDArray[np.float64], sites: Sequence[Site], widths: Sequence[int], text: Callable[[float], str],
          label: str, name: str, *, log: bool) -> str:  # fmt: skip
    def draw(axes: Axes) -> None:
        shown = np.log10(np.maximum(values, 1e-9)) if log else values
        edges = np.arange(len(widths) + 1) - 0.5, np.arange(len(sites) + 1) - 0.5
        axes.pcolormesh(*edges, np.ma.masked_invalid(shown), cmap="YlOrRd" if log else "YlGnBu")
        middle = np.nanmean([np.nanmin(shown), np.nanmax(shown)]) if np.isfinite(shown).any() else 0
        for (y, x), value in np.ndenumerate(values):
            if np.isfinite(value):
                colour = "white" if shown[y, x] > middle else "#1b2330"
                axes.text(x, y, text(float(value)), ha="center", va="center", fontsize=7.5, color=colour)
        axes.set_xticks(range(len(widths)), [str(w) for w in widths])
        _rows(axes, sites)
        axes.grid(False)
        axes.set_xlabel(label)

    return svg(draw, (2.9 + 0.5 * len(widths), 0.9 + _ROW * len(sites)), name)


def _rows(axes: Axes, sites: Sequence[Site]) -> None:
    names = [
        site.key if len(site.key) <= _NAME else f"{site.key[: _NAME // 2]}…{site.key[-_NAME // 2 :]}" for site in sites
    ]
    axes.set_yticks(range(len(sites)), list(map(plain, names)), fontsize=8)
    axes.set_ylim(len(sites) - 0.4, -0.6)


def _quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> list[float]:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    places = np.minimum(np.searchsorted(share, (0.0, 0.05, 0.5, 0.95, 1.0)), len(values) - 1)
    return [float(v) for v in values[order][places]]


def _of(outcomes: Sequence[Outcome], name: str) -> list[float]:
    return [float(getattr(o, name)) for o in outcomes]
