"""clustering.json and clustering.html: ways to cluster side by side, on the same events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from codesign.backends.swap import replace_file
from codesign.gpu.showers.condensation import NONE, Labels
from codesign.gpu.showers.detectors import detector
from codesign.gpu.showers.evaluation import Evaluation
from codesign.gpu.showers.event import Kind, ShowerEvent
from codesign.gpu.showers.panoptic import Quality
from codesign.gpu.showers.response import EDGES_GEV
from codesign.report.measurements import Card, Page, Table
from codesign.report.plots import BLUE, GREEN, GREY, ORANGE, Drawn, svg

JSON, HTML = "clustering.json", "clustering.html"
COLOURS = (BLUE, ORANGE, GREEN, GREY)
NAMES = {Kind.EM: "electrons and photons", Kind.HAD: "hadrons", Kind.MIP: "muons"}


@dataclass(frozen=True, eq=False)
class Shown:
    """An event that is drawn, with the clusters of each way."""

    event: ShowerEvent
    labels: Mapping[str, Labels]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Ways to cluster on events of one detector; `settings` says for each how it was set."""

    detector: str
    data: str
    evaluations: Sequence[Evaluation]
    settings: Mapping[str, str]
    shown: Shown | None = None

    def write(self, folder: Path) -> None:
        """Both files into the folder, each whole."""
        plain = {
            "detector": self.detector,
            "data": self.data,
            "settings": dict(self.settings),
            "ways": [e.plain_text() for e in self.evaluations],
        }
        replace_file(folder / HTML, self.page().html())
        replace_file(folder / JSON, json.dumps(plain, indent=2) + "\n")

    def page(self) -> Page:
        """All of it."""
        first = self.evaluations[0]
        best = max(self.evaluations, key=lambda e: e.weighted.pq or 0)
        return Page(
            title="Clusters in a calorimeter",
            remark="Ways to find particles among the hits, on the same events. PQ is panoptic quality: the product of "
            "SQ, how well clusters fit the particles that they find, and RQ, how many are found.",
            facts=[("detector", self.detector), ("events", f"{first.events:,}"), ("data", self.data)],
            cards=[
                Card(e.name, f"PQ {figure(e.weighted.pq)}", f"SQ {figure(e.weighted.sq)}, RQ {figure(e.weighted.rq)}, "
                     "hits weighed with their energy", "good" if e is best else "plain")
                for e in self.evaluations
            ],
            pictures=list(self._pictures()),
            tables=list(self._tables()),
        )  # fmt: skip

    def _pictures(self) -> Iterator[Drawn]:
        for kind, name in NAMES.items():
            yield Drawn(
                f"Found of {name}", "by true energy; bars are 68 % intervals",
                svg(lambda axes, k=kind: self._efficiency(axes, k), (5.2, 3.0), f"{kind.name} found"),  # type: ignore[misc]
            )  # fmt: skip
        yield Drawn("Energy of clusters", "over that of the particle's hits, where it was found",
                    svg(self._response, (5.2, 3.0), "response"))  # fmt: skip
        if self.shown is not None and len(self.shown.event):
            for title, labels in [("truth", self.shown.event.particle), *self.shown.labels.items()]:
                yield Drawn(f"An event: {title}", "hits from the side, as large as their energy; grey are no cluster's",
                            svg(lambda axes, x=labels: self._display(axes, x), (5.2, 3.2), title))  # type: ignore[misc]  # fmt: skip

    def _efficiency(self, axes: Axes, kind: Kind) -> None:
        top = max(float(e.found.energy.max(initial=EDGES_GEV[-2] + 1)) for e in self.evaluations)
        for k, e in enumerate(self.evaluations):
            rows = [r for r in e.efficiencies[kind] if r.count]
            x = [(r.low + min(r.high, top)) / 2 * (1 + 0.02 * k) for r in rows]
            y = [r.value or 0.0 for r in rows]
            errors = [[v - r.interval[0] for v, r in zip(y, rows)], [r.interval[1] - v for v, r in zip(y, rows)]]
            axes.errorbar(x, y, np.maximum(errors, 0), fmt="o-", ms=4, lw=1, color=COLOURS[k % 4], label=e.name)
        axes.set(ylim=(0, 1.05), xlabel="true energy in GeV", ylabel="found")
        axes.legend(frameon=False, fontsize=8.5)

    def _response(self, axes: Axes) -> None:
        edges = np.linspace(0.4, 1.6, 61).tolist()
        for k, e in enumerate(self.evaluations):
            ratio = e.found.cluster[e.found.matched] / e.found.hits[e.found.matched]
            axes.hist(np.clip(ratio, 0.4, 1.6), edges, histtype="step", color=COLOURS[k % 4], label=e.name)
        axes.set(
            xlabel="cluster / particle",
            ylabel="particles",
            yscale="log" if any(e.found.matched.any() for e in self.evaluations) else "linear",
        )
        axes.legend(frameon=False, fontsize=8.5)

    def _display(self, axes: Axes, labels: Labels) -> None:
        assert self.shown is not None
        event = self.shown.event
        where = detector(self.detector)
        place = where.grid(event)
        mips = event.energy / where.mip_gev[event.layer]
        colour = np.where(labels == NONE, NONE, labels % 10)
        # A few sizes: marks that are alike take a tenth of the bytes.
        for size, low, high in ((1.2, 0.0, 3.0), (2.2, 3.0, 20.0), (4.0, 20.0, np.inf)):
            for c in np.unique(colour):
                of = (colour == c) & (mips >= low) & (mips < high)
                axes.plot(place[of, 2], place[of, 1], "o", ms=size, mew=0, color="#c3c9d2" if c == NONE else f"C{c}")
        axes.set(xlabel="layer", ylabel="cells across")

    def _tables(self) -> Iterator[Table]:
        heads = ["", "PQ", "SQ", "RQ", "found", "false", "missed"]
        rows = [
            [f"{e.name}, {how}", *_cells(q)]
            for e in self.evaluations
            for how, q in (("by energy", e.weighted), ("by hits", e.plain))
        ]
        yield Table("All particles", "whatever their kinds", heads, rows)
        rows = [
            [f"{e.name}, {NAMES[k]}{', kinds from the truth' if e.kinds_given else ''}", *_cells(e.by_kind[k])]
            for e in self.evaluations
            for k in NAMES
        ]
        yield Table("By kind", "a cluster must be of the right kind too; a way that names no kinds is given the true "
                    "ones, a help to it", heads, rows)  # fmt: skip
        rows = [
            [
                f"{e.name}, {NAMES[k]}",
                str(r.count),
                *(figure(v) for v in (r.median, r.resolution, t.median, t.resolution)),
            ]
            for e in self.evaluations
            for (k, r), t in zip(e.responses.items(), e.to_truth.values())
        ]
        yield Table("Energy", "median and resolution of the cluster's energy over that of the particle's hits, and "
                    "over the particle's own, in which the calorimeter's resolution is",
                    ["", "found", "response", "resolution", "to true energy", "resolution"], rows)  # fmt: skip
        named = [e for e in self.evaluations if e.mean_iou is not None]
        for e in named:
            rows = [[k.name, *(f"{n:,.0f}" for n in e.confusion[k])] for k in Kind]
            yield Table(f"Kinds of hits: {e.name}", f"true by row, said by column; mean IoU {figure(e.mean_iou)}",
                        ["", *(k.name for k in Kind)], rows)  # fmt: skip
        rows = [[e.name, f"{1e3 * e.seconds:.1f}", self.settings.get(e.name, "")] for e in self.evaluations]
        yield Table("How", "time of clustering an event on this machine", ["", "ms", "settings"], rows)


def figure(number: float | None) -> str:
    """As tables show it."""
    return "-" if number is None else f"{number:.3f}"


def _cells(q: Quality) -> list[str]:
    return [figure(q.pq), figure(q.sq), figure(q.rq), str(q.found), str(q.false), str(q.missed)]
