"""Which clusters are particles: those of enough energy, or that cross enough layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.showers.condensation import NONE, Labels
from codesign.gpu.showers.event import ShowerEvent

NEVER = 1000
"""More layers than any detector has."""


def selected(labels: Labels, event: ShowerEvent, least_gev: float, least_layers: int = NEVER) -> Labels:
    """The clusters of at least that energy or with hits in at least so many layers, as a muon has that leaves no more
    energy than pileup; numbered from 0 by falling energy."""
    found, place = np.unique(labels, return_inverse=True)
    sums = np.bincount(place, weights=event.energy, minlength=len(found))
    cells = np.unique(np.stack([place, event.layer.astype(np.int64)], axis=1), axis=0)
    layers = np.bincount(cells[:, 0], minlength=len(found))
    kept = (sums >= least_gev) | (layers >= least_layers)
    return ordered(np.where(kept[place], labels, NONE), event.energy)


def ordered(labels: Labels, energy: NDArray[np.floating]) -> Labels:
    """The same clusters, numbered from 0 by falling energy; of equal ones the lower number is first."""
    found, place = np.unique(labels, return_inverse=True)
    sums = np.bincount(place, weights=energy, minlength=len(found))
    rank = np.full(len(found), NONE, np.int64)
    count = int((found != NONE).sum())
    rank[np.lexsort((found, -sums, found == NONE))[:count]] = np.arange(count)
    return rank[place]
