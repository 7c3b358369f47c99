"""Settings of a way to cluster that do best on some events: by energy-weighted panoptic quality."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeVar

from codesign.gpu.showers.clustering import Predicted, Thresholds, clusters
from codesign.gpu.showers.condensation import Labels
from codesign.gpu.showers.density import Density
from codesign.gpu.showers.detectors import Detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.panoptic import Quality, matching
from codesign.gpu.showers.selection import NEVER, selected
from codesign.gpu.showers.topological import Topological

Way = TypeVar("Way", Topological, Density)

LEAST_GEV = (0.3, 3.0, 5.0, 7.0)
LAYERS = {"hgcal": (NEVER, 30), "hcal": (NEVER, 6)}
"""In how many a cluster has hits that is kept whatever its energy."""
TOPOLOGICAL = {
    name: tuple(
        Topological(seed, grow, 0.0, across, layers, least, crossed)
        for seed, grow, across, layers, least, crossed in product(
            (4.0, 30.0, 60.0, 120.0), (2.0, 6.0), reach, (1.0, 2.0), LEAST_GEV, LAYERS[name]
        )
    )
    for name, reach in (("hgcal", (1.0, 1.5, 2.0)), ("hcal", (1.0,)))
}
"""What is tried by detector; 4-2-0 with direct neighbours is the first."""
DENSITY = {
    name: tuple(Density(*of) for of in product(reach, seed, follow, (0.3, 0.6), LEAST_GEV, LAYERS[name]))
    for name, reach, seed, follow in (
        ("hgcal", (1.5, 2.0, 3.0), (2.0, 5.0), (4.0, 6.0, 8.0)),
        ("hcal", (1.0, 1.5, 2.0), (2.0, 5.0, 20.0), (1.5, 2.0, 3.0)),
    )
}
NETWORK_GEV = (0.0, 3.0, 6.0)
THRESHOLDS = tuple(
    Thresholds(t_beta, t_d, noise)
    for t_beta, t_d, noise in product((0.1, 0.3, 0.5, 0.7, 0.85), (0.4, 0.6, 0.7, 0.8, 1.0), (0.5, 2.0))
)
"""Noise of 2 keeps every hit."""


def tuned(ways: Iterable[Way], detector: Detector, events: Sequence[ShowerEvent]) -> tuple[Way, Quality]:
    """The way whose clusters have the largest quality, the first of equal ones; there is at least one."""
    best: tuple[Way, Quality] | None = None
    grown: dict[Topological | Density, list[Labels]] = {}
    for way in ways:
        core = replace(way, least_gev=0.0, least_layers=NEVER)
        if core not in grown:
            grown[core] = [way.grown(detector, e) for e in events]
        total = Quality()
        for event, labels in zip(events, grown[core]):
            kept = selected(labels, event, way.least_gev, way.least_layers)
            total += matching(event, kept, event.energy).quality()
        if best is None or (total.pq or 0.0) > (best[1].pq or 0.0):
            best = way, total
    assert best is not None
    return best


def tuned_thresholds(predictions: Sequence[tuple[Predicted, ShowerEvent]]) -> tuple[Thresholds, Quality]:
    """The thresholds that do best for what a network said of events, of one detector: what a cluster has at least is
    found with each of the others, as for the algorithms without training."""
    best: tuple[Thresholds, Quality] | None = None
    for way in THRESHOLDS:
        grown = [(clusters(p, e, way).labels, e) for p, e in predictions]
        for least, crossed in product(NETWORK_GEV, LAYERS[predictions[0][1].detector]):
            made = (matching(e, selected(labels, e, least, crossed), e.energy).quality() for labels, e in grown)
            total = sum(made, Quality())
            if best is None or (total.pq or 0.0) > (best[1].pq or 0.0):
                best = replace(way, least_gev=least, least_layers=crossed), total
    assert best is not None
    return best
