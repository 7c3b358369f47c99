"""Clusters around the densest hits: every hit follows its nearest denser neighbour.

CLUE of M. Rovere, Z. Chen, A. Di Pilato, F. Pantaleo and C. Seez, "CLUE: A Fast Parallel Clustering Algorithm for High
Granularity Calorimeters in High-Energy Physics", Front. Big Data 3 (2020) 591315: the density of a hit is its energy
and half of that of all others within `reach`; a hit with no denser one nearby is a seed where it is dense enough, and
an outlier otherwise. Of hits that are equally dense the later counts as denser, of equally near ones the first as
nearer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from codesign.gpu.showers.algorithm import Algorithm
from codesign.gpu.showers.condensation import NONE, Labels
from codesign.gpu.showers.detectors import Detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.neighbours import tree_of

KERNEL = 0.5
"""What others within reach count for."""


@dataclass(frozen=True)
class Density(Algorithm):
    """Distances in cells, a layer being `layers` cells deep, and the density of a seed in MIPs.

    A hit follows a denser one within `follow` cells.
    """

    reach: float = 2.0
    seed_mips: float = 5.0
    follow: float = 4.0
    layers: float = 1.0

    def grown(self, detector: Detector, event: ShowerEvent) -> Labels:
        if not len(event):
            return np.empty(0, np.int64)
        mips = event.energy / detector.mip_gev[event.layer]
        tree = tree_of(detector, event, 1.0, 1.0 / self.layers)
        return followed(tree, mips.astype(np.float64), self.reach, self.seed_mips, self.follow, self.follow)


def followed(
    tree: cKDTree, weight: NDArray[np.float64], reach: float, seed: float, seed_apart: float, follow: float
) -> Labels:
    """(n,) clusters from 0 in the order of their seeds, and `NONE`, of the points of a tree: seeds have a density of
    `seed` and no denser point within `seed_apart`; others follow the nearest denser one within `follow`."""
    n = len(weight)
    near = tree.query_pairs(max(reach, seed_apart, follow), output_type="ndarray").astype(np.int64)
    away = _distances(tree, near)
    density = weight.copy()
    close = near[away <= reach]
    for a, b in ((0, 1), (1, 0)):
        density += KERNEL * np.bincount(close[:, a], weights=weight[close[:, b]], minlength=n)
    # (from a point, to a denser one), each point's nearest last.
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.arange(n), density))] = np.arange(n)
    up = rank[near[:, 0]] < rank[near[:, 1]]
    low, high = np.where(up[:, None], near, near[:, ::-1]).T
    order = np.lexsort((-high, -away, low))
    nearest, distance = np.arange(n), np.full(n, np.inf)
    nearest[low[order]], distance[low[order]] = high[order], away[order]
    seeds = (density >= seed) & (distance > seed_apart)
    labels = np.full(n, NONE, np.int64)
    labels[seeds] = np.arange(int(seeds.sum()))
    follows = ~seeds & (distance <= follow)
    parent = np.where(follows, nearest, np.arange(n))
    while True:  # each step halves what is left of every path
        further = parent[parent]
        if (further == parent).all():
            return labels[parent]
        parent = further


def _distances(tree: cKDTree, near: NDArray[np.int64]) -> NDArray[np.float64]:
    apart = np.abs(tree.data[near[:, 0]] - tree.data[near[:, 1]])
    if tree.boxsize is not None:
        around = np.where(tree.boxsize > 0, tree.boxsize, np.inf)
        apart = np.minimum(apart, around - apart)
    return np.asarray(np.sqrt(np.square(apart).sum(axis=1)))
