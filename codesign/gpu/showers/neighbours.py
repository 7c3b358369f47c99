"""Which hits of a calorimeter are next to each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from codesign.gpu.showers.detectors import Detector, Towers
from codesign.gpu.showers.event import ShowerEvent


def tree_of(detector: Detector, event: ShowerEvent, across: float, layers: float) -> cKDTree:
    """Hits at their places in the grid in units of `across` cells and `layers` layers; towers close around the beam."""
    place = detector.grid(event) / [across, across, layers]
    if isinstance(detector, Towers):
        return cKDTree(place, boxsize=[0, detector.towers[1] / across, 0])
    return cKDTree(place)


def pairs(detector: Detector, event: ShowerEvent, across: float, layers: float) -> NDArray[np.int64]:
    """(m, 2) hits with at most so many cells between their middles in either direction across, and so many layers; each
    pair once, in order. In the endcap the cells are those of the first layer, seen from the origin."""
    if len(event) < 2:
        return np.empty((0, 2), np.int64)
    # 1e-6 of a unit: cells that are just that far apart are neighbours whatever their sums were rounded to.
    found = tree_of(detector, event, across, layers).query_pairs(1 + 1e-6, p=np.inf, output_type="ndarray")
    found = np.sort(found.astype(np.int64), axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]
