"""Topological clusters: what is connected to a strong hit by hits that are not weak.

As ATLAS clusters the cells of its calorimeters ("Topological cell clustering in the ATLAS calorimeters and its
performance in LHC Run 1", Eur. Phys. J. C 77 (2017) 490, sec. 3.1): a hit above `seed` begins a cluster, hits above
`grow` next to it make it grow, and hits above `border` next to those belong to it and go no further. The three are 4, 2
and 0 times the noise there, hence 4-2-0. Clusters are not split at local maxima: that is
`codesign.gpu.showers.density`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from codesign.gpu.showers.algorithm import Algorithm
from codesign.gpu.showers.condensation import NONE, Labels
from codesign.gpu.showers.detectors import Detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.neighbours import pairs


@dataclass(frozen=True)
class Topological(Algorithm):
    """Thresholds in noise widths of a cell, neighbours in cells across and layers."""

    seed: float = 4.0
    grow: float = 2.0
    border: float = 0.0
    across: float = 1.0
    layers: float = 1.0

    def grown(self, detector: Detector, event: ShowerEvent) -> Labels:
        significance = event.energy / (detector.noise_mips * detector.mip_gev[event.layer])
        near = pairs(detector, event, self.across, self.layers)
        return grown(significance, event.energy, near, self)


def grown(
    significance: NDArray[np.floating], energy: NDArray[np.floating], near: NDArray[np.int64], cuts: Topological
) -> Labels:
    """(n,) clusters and `NONE`, for (m, 2) pairs of neighbours. A hit of the border with neighbours in several clusters
    goes to that of the one with the most energy, the first of equal ones."""
    n = len(energy)
    growing = significance >= cuts.grow
    inner = near[growing[near].all(axis=1)]
    graph = coo_array((np.ones(len(inner), np.int8), (inner[:, 0], inner[:, 1])), shape=(n, n))
    labels = connected_components(graph, directed=False)[1].astype(np.int64)
    seeded = np.zeros(n, bool)
    seeded[labels[growing & (significance >= cuts.seed)]] = True
    labels = np.where(growing & seeded[labels], labels, NONE)
    both = np.concatenate([near, near[:, ::-1]])
    touching = (labels[both[:, 0]] != NONE) & ~growing[both[:, 1]] & (significance[both[:, 1]] >= cuts.border)
    inside, border = both[touching].T
    # The last of equal indices wins an assignment: the strongest is last, and of equal ones the first hit.
    order = np.lexsort((-inside, energy[inside]))
    labels[border[order]] = labels[inside[order]]
    return labels
