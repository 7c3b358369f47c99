"""Which clusters are particles: those of enough energy, or that cross enough layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.showers.condensation import NONE, Labels
from codesign.gpu.showers.event import ShowerEvent

NEVER = 1000
"""More layers than any detector has."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A cluster has at least `least_gev`, or hits in at least `least_layers`, as a muon has that leaves no more energy
    than pileup. All are kept as it stands."""

    least_gev: float = 0.0
    least_layers: int = NEVER

    def selected(self, labels: Labels, event: ShowerEvent) -> Labels:
        """The clusters that have it, numbered from 0 by falling energy."""
        found, place = np.unique(labels, return_inverse=True)
        sums = np.bincount(place, weights=event.energy, minlength=len(found))
        deep = int(event.layer.max(initial=0)) + 1
        crossed = np.bincount(place * deep + event.layer, minlength=len(found) * deep).reshape(len(found), deep) > 0
        layers = crossed.sum(axis=1)
        kept = (sums >= self.least_gev) | (layers >= self.least_layers)
        return ordered(np.where(kept[place], labels, NONE), event.energy)


def ordered(labels: Labels, energy: NDArray[np.floating]) -> Labels:
    """The same clusters, numbered from 0 by falling energy; of equal ones the lower number is first."""
    found, place = np.unique(labels, return_inverse=True)
    sums = np.bincount(place, weights=energy, minlength=len(found))
    rank = np.full(len(found), NONE, np.int64)
    count = int((found != NONE).sum())
    rank[np.lexsort((found, -sums, found == NONE))[:count]] = np.arange(count)
    return rank[place]
