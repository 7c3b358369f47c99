"""Settings of a way to cluster that do best on some events: by energy-weighted panoptic quality."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import TypeVar

from codesign.gpu.showers.clustering import Predicted, Thresholds, clusters
from codesign.gpu.showers.condensation import Labels
from codesign.gpu.showers.density import Density
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.panoptic import Quality, matching
from codesign.gpu.showers.topological import Topological

Way = TypeVar("Way")

TOPOLOGICAL = {
    name: tuple(
        Topological(seed, grow, 0.0, across, layers, least)
        for seed, grow, across, layers, least in product(
            (4.0, 30.0, 60.0, 120.0), (2.0, 6.0), reach, (1.0, 2.0), (0.3, 1.0)
        )
    )
    for name, reach in (("hgcal", (1.0, 1.5, 2.0)), ("hcal", (1.0,)))
}
"""What is tried by detector; 4-2-0 with direct neighbours is the first."""
DENSITY = {
    "hgcal": tuple(
        Density(reach, seed, follow, layers, least)
        for reach, seed, follow, layers, least in product(
            (2.0, 3.0), (5.0, 10.0, 20.0), (4.0, 6.0), (0.3, 0.6), (0.3, 1.0)
        )
    ),
    "hcal": tuple(
        Density(reach, seed, follow, layers, least)
        for reach, seed, follow, layers, least in product(
            (1.0, 1.5, 2.0), (5.0, 20.0, 40.0), (1.5, 2.0, 3.0), (0.3, 0.6), (0.3, 1.0)
        )
    ),
}
THRESHOLDS = tuple(
    Thresholds(t_beta, t_d, noise)
    for t_beta, t_d, noise in product((0.1, 0.2, 0.3, 0.5, 0.7, 0.85), (0.2, 0.4, 0.6, 0.8, 1.0, 1.3), (0.5, 0.8, 2.0))
)
"""Noise of 2 keeps every hit."""


def tuned(
    ways: Iterable[Way], run: Callable[[Way, ShowerEvent], Labels], events: Sequence[ShowerEvent]
) -> tuple[Way, Quality]:
    """The way whose clusters have the largest quality, the first of equal ones; there is at least one."""
    scored = [(way, sum((matching(e, run(way, e), e.energy).quality() for e in events), Quality())) for way in ways]
    return max(scored, key=lambda pair: pair[1].pq or 0.0)


def tuned_thresholds(predictions: Sequence[tuple[Predicted, ShowerEvent]]) -> tuple[Thresholds, Quality]:
    """The thresholds that do best for what a network said of events."""
    scored = []
    for way in THRESHOLDS:
        made = (matching(e, clusters(p, e, way).labels, e.energy).quality() for p, e in predictions)
        scored.append((way, sum(made, Quality())))
    return max(scored, key=lambda pair: pair[1].pq or 0.0)
