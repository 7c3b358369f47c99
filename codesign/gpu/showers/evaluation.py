"""Everything that is measured of one way to cluster, on many events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.showers.condensation import Labels
from codesign.gpu.showers.event import Kind, ShowerEvent
from codesign.gpu.showers.panoptic import (
    KINDS,
    Matching,
    Quality,
    confusion,
    kinds_by_vote,
    matching,
    mean_iou,
    qualities,
)  # fmt: skip
from codesign.gpu.showers.response import Efficiency, Found, Response, efficiencies, found, response


@dataclass(frozen=True, eq=False)
class Clustering:
    """What a way to cluster says of one event: the clusters, and the kind of each hit where it says one."""

    labels: Labels
    kind: NDArray[np.int64] | None = None
    """(n,) of `Kind`"""


Clusterer = Callable[[ShowerEvent], Clustering]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """`plain` counts hits, `weighted` weighs them with their energies; both whatever the kinds.

    `by_kind` asks for the right kind too, by energy. A way that names no kinds is given the true kind of most of each
    cluster's energy, so its `by_kind` is a bound from above: `kinds_given` says so.
    """

    name: str
    events: int
    plain: Quality
    weighted: Quality
    by_kind: list[Quality]
    kinds_given: bool
    confusion: NDArray[np.float64]
    """(kinds, kinds) of hits that are not void, zero where no kinds are named"""
    of_energy: NDArray[np.float64]
    """(kinds, kinds) in GeV"""
    found: Found
    seconds: float
    """Of clustering one event, in the mean"""
    responses: dict[Kind, Response] = field(init=False)
    """Over the energy of the particles' hits"""
    to_truth: dict[Kind, Response] = field(init=False)
    """Over the particles' own energy"""
    efficiencies: dict[Kind, list[Efficiency]] = field(init=False)

    def __post_init__(self) -> None:
        wanted = [k for k in Kind if k != Kind.NOISE]
        object.__setattr__(self, "responses", {k: response(self.found, k) for k in wanted})
        object.__setattr__(self, "to_truth", {k: response(self.found, k, truth=True) for k in wanted})
        object.__setattr__(self, "efficiencies", {k: efficiencies(self.found, k) for k in wanted})

    @property
    def mean_iou(self) -> float | None:
        return mean_iou(self.confusion)

    def plain_text(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "name": self.name,
            "events": self.events,
            "seconds_per_event": self.seconds,
            "hits": _quality(self.plain),
            "energy_weighted": _quality(self.weighted),
            "by_kind": {k.name: _quality(self.by_kind[k]) for k in self.responses},
            "kinds_are_the_true_ones": self.kinds_given,
            "mean_iou": self.mean_iou,
            "mean_iou_by_energy": mean_iou(self.of_energy),
            "confusion": self.confusion.tolist(),
            **{
                name: {
                    k.name: {"found": r.count, "median": r.median, "resolution": r.resolution} for k, r in rows.items()
                }
                for name, rows in (("response", self.responses), ("response_to_true_energy", self.to_truth))
            },
            "efficiency": {
                k.name: [
                    {"low": e.low, "high": e.high if np.isfinite(e.high) else None, "found": e.found, "of": e.count}
                    for e in rows
                ]
                for k, rows in self.efficiencies.items()
            },
        }


def _quality(q: Quality) -> dict[str, object]:
    return {"pq": q.pq, "sq": q.sq, "rq": q.rq, "found": q.found, "false": q.false, "missed": q.missed}


def evaluate(name: str, clusterer: Clusterer, events: Iterable[ShowerEvent]) -> Evaluation:
    """Runs it on every event."""
    plain, weighted, count, seconds = Quality(), Quality(), 0, 0.0
    by_kind = [Quality()] * KINDS
    tables = [np.zeros((KINDS, KINDS)), np.zeros((KINDS, KINDS))]
    kept: list[tuple[ShowerEvent, Labels, Matching | None]] = []
    given = True
    for event in events:
        start = perf_counter()
        made = clusterer(event)
        seconds += perf_counter() - start
        count += 1
        match = matching(event, made.labels, event.energy)
        plain += matching(event, made.labels).quality()
        weighted += match.quality()
        kind = event.kind.astype(np.int64) if made.kind is None else made.kind
        rows = qualities(event, match, kinds_by_vote(made.labels, kind, event.energy))
        by_kind = [a + b for a, b in zip(by_kind, rows)]
        if made.kind is not None:
            given = False
            seen = ~event.void
            tables[0] += confusion(event.kind[seen], made.kind[seen])
            tables[1] += confusion(event.kind[seen], made.kind[seen], event.energy[seen])
        kept.append((event, made.labels, match))
    return Evaluation(
        name, count, plain, weighted, by_kind, given, tables[0], tables[1], found(kept), seconds / max(count, 1)
    )  # fmt: skip
