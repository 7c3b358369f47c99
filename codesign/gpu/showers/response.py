"""Energies of clusters beside those of their particles, and which particles are found, by kind and energy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.showers.condensation import NONE, Labels
from codesign.gpu.showers.event import Kind, ShowerEvent
from codesign.gpu.showers.panoptic import Matching, matching

Floats = NDArray[np.float64]

EDGES_GEV = (0.0, 15.0, 25.0, 40.0, 65.0, np.inf)
"""Of the true energies for which efficiencies are told."""


@dataclass(frozen=True, eq=False)
class Found:
    """Particles of many events that can be found: kind, true GeV, GeV of the hits, GeV of the cluster (NaN: none)."""

    kind: NDArray[np.int64]
    energy: Floats
    hits: Floats
    cluster: Floats

    @property
    def matched(self) -> NDArray[np.bool_]:
        return np.isfinite(self.cluster)


@dataclass(frozen=True)
class Response:
    """Energies of the clusters of `count` particles over something: the median, and half of what holds the middle
    68.3 %, over it. Both None where no particle was found."""

    count: int
    median: float | None
    resolution: float | None


@dataclass(frozen=True)
class Efficiency:
    """Found of all in a range of energies, with the interval of E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209."""

    low: float
    high: float
    found: int
    count: int

    @property
    def value(self) -> float | None:
        return self.found / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        """Of 68.3 % (one standard deviation)."""
        n, k = self.count, self.found
        if not n:
            return 0.0, 1.0
        middle, half = (k + 0.5) / (n + 1), sqrt(k * (n - k) / n + 0.25) / (n + 1)
        return max(0.0, middle - half), min(1.0, middle + half)


def found(pairs: Iterable[tuple[ShowerEvent, Labels, Matching | None]]) -> Found:
    """Of events and their clusters; the matching by energy is made where none is given."""
    kinds, energies, hits, clusters = [], [], [], []
    for event, labels, given in pairs:
        match = given or matching(event, labels, event.energy)
        energy = event.energy.astype(np.float64)
        sums = np.bincount(labels + 1, weights=energy, minlength=2)[1:]
        own = np.bincount(event.particle + 1, weights=energy, minlength=len(event.particles) + 1)[1:]
        of = np.append(sums, np.nan)[np.where(match.pair == NONE, len(sums), match.pair)]
        kinds.append(event.particles["kind"][match.wanted].astype(np.int64))
        energies.append(event.particles["energy"][match.wanted].astype(np.float64))
        hits.append(own[match.wanted])
        clusters.append(of[match.wanted])
    if not kinds:
        return Found(np.empty(0, np.int64), *(np.empty(0) for _ in range(3)))
    return Found(*(np.concatenate(each) for each in (kinds, energies, hits, clusters)))


def response(of: Found, kind: Kind, truth: bool = False) -> Response:
    """Of the particles of a kind that were found: over the energy of their hits, 1 for a perfect clustering, or over
    their true energy, in which the calorimeter's own resolution is."""
    here = of.matched & (of.kind == kind)
    if not here.any():
        return Response(0, None, None)
    low, middle, high = np.quantile(of.cluster[here] / (of.energy if truth else of.hits)[here], [0.1585, 0.5, 0.8415])
    return Response(int(here.sum()), float(middle), float((high - low) / 2 / middle))


def efficiencies(of: Found, kind: Kind, edges: tuple[float, ...] = EDGES_GEV) -> list[Efficiency]:
    """Of the particles of a kind, for each range of true energies."""
    rows = []
    for low, high in pairwise(edges):
        here = (of.kind == kind) & (of.energy >= low) & (of.energy < high)
        rows.append(Efficiency(low, high, int((here & of.matched).sum()), int(here.sum())))
    return rows
