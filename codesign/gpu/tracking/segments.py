"""Segments between neighbouring layers, as in the graphs of HEP.TrkX: pairs of hits that a fast particle from the beam
could have made, by a cut on the slope in phi and on where the line through both meets the beam."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import crossings
from codesign.gpu.tracking.geometry import LAYERS
from codesign.gpu.tracking.graphs import Edges
from codesign.gpu.tracking.helix import Helices

Pairs = tuple[tuple[int, int], ...]
"""Numbers of an inner and an outer layer."""


@cache
def neighbouring_layers(reach: int = 1, eta_max: float = 4.0) -> Pairs:
    """The pairs of layers that a straight particle from the beam crosses one after the other, from the inner to the
    outer; with a reach of 2 also those with one layer between them, for hits that are missing."""
    eta, z = np.meshgrid(np.linspace(-eta_max, eta_max, 4001), (-100.0, 0.0, 100.0))
    n = eta.size
    vertex = np.stack([np.zeros(n), np.zeros(n), z.ravel()], axis=1)
    straight = Helices(vertex, np.full(n, 1e6), np.zeros(n), eta.ravel(), np.ones(n, np.int8))
    rows, layers = crossings(straight)
    barrel = np.array([layer.barrel for layer in LAYERS])[layers]
    position = np.array([layer.position for layer in LAYERS])[layers]
    slope = np.sinh(straight.eta[rows])
    with np.errstate(divide="ignore"):  # a particle across the beam meets no disc
        r = np.where(barrel, position, (position - vertex[rows, 2]) / slope)
    order = np.lexsort((r, rows))
    rows, layers = rows[order], layers[order]
    found = set()
    for step in range(1, reach + 1):
        same = rows[step:] == rows[:-step]
        found |= set(zip(layers[:-step][same].tolist(), layers[step:][same].tolist()))
    return tuple(sorted((LAYERS[a].number, LAYERS[b].number) for a, b in found))


def segment_graph(
    event: Event, phi_slope_max: float = 6e-4, z0_max: float = 100.0, pairs: Pairs | None = None
) -> Edges:
    """(2, E): the pairs of hits on neighbouring layers, from the inner to the outer, with |dphi / dr| <= phi_slope_max
    in rad/mm and |z0| <= z0_max in mm, where z0 = z1 - r1 dz / dr is where the line through both meets the beam.

    A particle from the beam with the pt in GeV bends by about 0.0003 / pt rad/mm in 2 T, so the default is that of the
    published graphs: particles from half a GeV. `pairs` are those of `neighbouring_layers` unless given."""
    r, phi, z = (x.astype(np.float64) for x in (event.r, event.phi, event.z))
    by_layer = np.argsort(event.layer, kind="stable")
    numbers, starts = np.unique(event.layer[by_layer], return_index=True)
    hits = dict(zip(numbers.tolist(), np.split(by_layer, starts[1:])))
    found = [np.zeros((2, 0), np.int64)]
    for inner, outer in neighbouring_layers() if pairs is None else pairs:
        if inner in hits and outer in hits:
            a, b = _within(phi, hits[inner], hits[outer], phi_slope_max * _farthest(r, hits[inner], hits[outer]))
            dr = r[b] - r[a]
            dphi = np.abs(np.mod(phi[b] - phi[a] + np.pi, 2 * np.pi) - np.pi)
            # Multiplied by dr, which may be 0 between discs.
            near = np.abs(z[a] * dr - r[a] * (z[b] - z[a])) <= z0_max * dr
            keep = (dr > 0) & (dphi <= phi_slope_max * dr) & near
            found.append(np.stack([a[keep], b[keep]]))
    return np.concatenate(found, axis=1)


def _farthest(r: NDArray[np.float64], inner: NDArray[np.int64], outer: NDArray[np.int64]) -> float:
    return max(float(r[outer].max() - r[inner].min()), 0.0)


def _within(
    phi: NDArray[np.float64], inner: NDArray[np.int64], outer: NDArray[np.int64], window: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of an inner and an outer hit whose phi differs by no more than the window, around the circle."""
    if window >= np.pi:
        return np.repeat(inner, len(outer)), np.tile(outer, len(inner))
    outer = outer[np.argsort(phi[outer])]
    ring = np.concatenate([phi[outer] + turn for turn in (-2 * np.pi, 0, 2 * np.pi)])
    first = np.searchsorted(ring, phi[inner] - window, "left")
    count = np.searchsorted(ring, phi[inner] + window, "right") - first
    at = expand(first, count)
    return np.repeat(inner, count), outer[at % len(outer)]


def expand(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers first, first + 1, ... of each run, as many as its count, run after run."""
    ends = np.cumsum(count)
    return np.repeat(first - (ends - count), count) + np.arange(ends[-1] if len(ends) else 0)
