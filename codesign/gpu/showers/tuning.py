"""Settings of a way to cluster that do best on some events: by energy-weighted panoptic quality."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeVar

from codesign.gpu.showers.algorithm import Algorithm
from codesign.gpu.showers.clustering import Predicted, Thresholds, clusters
from codesign.gpu.showers.condensation import Labels
from codesign.gpu.showers.density import Density
from codesign.gpu.showers.detectors import Detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.panoptic import Quality, matching
from codesign.gpu.showers.selection import NEVER, Selection
from codesign.gpu.showers.topological import Topological

Way = TypeVar("Way", bound=Selection)
AnyAlgorithm = TypeVar("AnyAlgorithm", bound=Algorithm)

SELECTIONS = {
    name: tuple(product((0.3, 3.0, 5.0, 6.0, 7.0, 8.0, 10.0), layers))
    for name, layers in (("hgcal", (NEVER, 30)), ("hcal", (NEVER, 6)))
}
"""By detector, the least energy in GeV and the least layers of a cluster: those of muons, or none."""


def selections(ways: Iterable[Way], name: str) -> tuple[Way, ...]:
    """Each way with each of the detector's `SELECTIONS`."""
    return tuple(
        replace(way, least_gev=least, least_layers=layers) for way in ways for least, layers in SELECTIONS[name]
    )


TOPOLOGICAL = {
    name: selections(
        (
            Topological(seed, grow, 0.0, across, layers)
            for seed, grow, across, layers in product((4.0, 30.0, 60.0, 120.0), (2.0, 6.0), reach, (1.0, 2.0))
        ),
        name,
    )
    for name, reach in (("hgcal", (1.0, 1.5, 2.0)), ("hcal", (1.0,)))
}
"""What is tried by detector; 4-2-0 with direct neighbours is the first."""
DENSITY = {
    name: selections((Density(*of) for of in product(reach, seed, follow, (0.3, 0.6))), name)
    for name, reach, seed, follow in (
        ("hgcal", (1.5, 2.0, 3.0), (2.0, 5.0), (4.0, 6.0, 8.0)),
        ("hcal", (1.0, 1.5, 2.0), (2.0, 5.0, 20.0), (1.5, 2.0, 3.0)),
    )
}
THRESHOLDS = {
    name: selections(
        (Thresholds(*of) for of in product((0.1, 0.3, 0.5, 0.7, 0.85), (0.4, 0.6, 0.7, 0.8, 1.0), (0.5, 2.0))), name
    )
    for name in SELECTIONS
}
"""Noise of 2 keeps every hit."""


def tuned(
    ways: Iterable[AnyAlgorithm], detector: Detector, events: Sequence[ShowerEvent]
) -> tuple[AnyAlgorithm, Quality]:
    """The algorithm whose clusters have the largest quality, the first of equal ones; there is at least one."""
    return _best(ways, events, lambda way: [way.grown(detector, e) for e in events])


def tuned_thresholds(predictions: Sequence[tuple[Predicted, ShowerEvent]]) -> tuple[Thresholds, Quality]:
    """The thresholds that do best for what a network said of events, of one detector."""
    ways = THRESHOLDS[predictions[0][1].detector]
    return _best(ways, [e for _, e in predictions], lambda way: [clusters(p, e, way).labels for p, e in predictions])


def _best(
    ways: Iterable[Way], events: Sequence[ShowerEvent], grow: Callable[[Way], list[Labels]]
) -> tuple[Way, Quality]:
    """Of ways that differ in nothing but their selection the clusters are grown once, where they stand together."""
    best: tuple[Way, Quality] | None = None
    core: Way | None = None
    grown: list[Labels] = []
    for way in ways:
        whole = replace(way, least_gev=0.0, least_layers=NEVER)
        if whole != core:
            core, grown = whole, grow(whole)
        made = (matching(e, way.selected(labels, e), e.energy).quality() for labels, e in zip(grown, events))
        total = sum(made, Quality())
        if best is None or (total.pq or 0.0) > (best[1].pq or 0.0):
            best = way, total
    assert best is not None
    return best
