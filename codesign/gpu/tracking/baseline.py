"""Tracks without learning, for a learned pipeline to beat: segments from the beam, joined where they lie on one helix.

Two hits and the beam line make a circle: seen from the beam, chord / sin(dphi) = 2 R. So each segment has a curvature
k = 1 / 2R, a path length s = asin(k r) / k to each of its hits, and a slope dz / ds. Two segments that share a hit fit
where curvature and slope agree within the resolution of their layers. Each segment is joined to the best fitting one on
each side, and the longest chains keep their hits. Of two hits of one particle on overlapping modules of a layer one is
left out, and gets the label of the other. Particles that do not come from the beam are lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from codesign.errors import DataError
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.geometry import LAYERS
from codesign.gpu.tracking.graphs import Edges, radius_graph
from codesign.gpu.tracking.labelling import best_paths, numbered
from codesign.gpu.tracking.segments import expand, neighbouring_layers, segment_graph

Floats = NDArray[np.float64]

_NUMBERS = np.array([layer.number for layer in LAYERS])  # rising
_RESOLUTION = np.array([layer.resolution for layer in LAYERS])
_IS_BARREL = np.array([layer.barrel for layer in LAYERS])


@dataclass(frozen=True)
class Cuts:
    """What fits. The scattering is that of the material, which generated events do not have: a floor of the errors."""

    phi_slope_max: float = 1e-3  # rad/mm, of segments: 0.3 GeV in 2 T
    z0_max: float = 150.0  # mm
    reach: int = 1  # layers to the next hit; with 2, hits may be missing, and four times the segments mislead
    chi2_max: float = 20.0  # of a joint, with two degrees of freedom
    scattering: float = 2e-3  # rad, in both planes
    beam: float = 0.05  # mm, its width
    min_hits: int = 5


def helix_labels(event: Event, cuts: Cuts | None = None) -> NDArray[np.int64]:
    """(n,): the number of the track of each hit, -1 for none."""
    cuts = cuts or Cuts()
    unknown = np.setdiff1d(event.layer, _NUMBERS)
    if unknown.size:
        raise DataError(f"helix labels: layer {unknown[0]} of the event is no layer of the TrackML detector")
    partner = _partners(event)
    alone = np.nonzero(partner == np.arange(len(event)))[0]
    single = event.take(alone)
    edges = segment_graph(single, cuts.phi_slope_max, cuts.z0_max, neighbouring_layers(cuts.reach))
    joints, chi2 = _joints(single, edges, cuts)
    chains = best_paths(edges.shape[1], joints, -chi2)
    labels = np.full(len(event), -1)
    labels[alone] = _shared_out(len(single), edges, chains)
    return numbered(labels[partner], cuts.min_hits)


def _partners(event: Event) -> NDArray[np.int64]:
    """(n,): for each hit an earlier one on another module of its layer, where a particle from the beam may have made
    both; else the hit itself. One that is the partner of another is its own."""
    found = [np.zeros((2, 0), np.int64)]
    r, z, phi = (x.astype(np.float64) for x in (event.r, event.z, event.phi))
    for layer in LAYERS:
        own = np.nonzero(event.layer == layer.number)[0]
        # Seen from the beam on the middle of the layer, in units of how far apart the two may be: what the particle
        # bends between the modules, the resolution, and along the layer what it starts away from the origin.
        scale = layer.position / (r if layer.barrel else z)[own]
        along = (z if layer.barrel else r)[own] * scale
        across = phi[own] * (layer.position if layer.barrel else along)
        reach = np.array([2 * layer.stagger, layer.stagger]) + 5 * np.array(layer.resolution)
        pairs = own[radius_graph(np.column_stack([across, along]) / reach, 1.0)]
        found.append(pairs[:, event.module[pairs[0]] != event.module[pairs[1]]])
    first, second = np.concatenate(found, axis=1)
    its_own = np.ones(len(event), bool)
    its_own[second] = False
    kept = its_own[first]
    partner = np.arange(len(event))
    partner[second[kept]] = first[kept]
    return partner


_BLOCK = 1 << 22
"""How many pairs of segments are looked at together: it bounds the memory."""


def _joints(event: Event, edges: Edges, cuts: Cuts) -> tuple[Edges, Floats]:
    """(2, J): the rows of segments that share a hit and fit, the inner one first, and how badly they fit."""
    by_start = np.argsort(edges[0], kind="stable")
    starts = edges[0][by_start]
    first = np.searchsorted(starts, edges[1], "left")
    count = np.searchsorted(starts, edges[1], "right") - first
    values = _helix(event, edges, cuts)
    found, fits = [np.zeros((2, 0), np.int64)], [np.zeros(0)]
    limits = np.searchsorted(np.cumsum(count), np.arange(_BLOCK, count.sum() + _BLOCK, _BLOCK), "right")
    for low, high in pairwise([0, *limits.tolist()]):
        high = max(high, low + 1)  # one segment that meets more than a block
        inner = np.repeat(np.arange(low, high), count[low:high])
        outer = by_start[expand(first[low:high], count[low:high])]
        chi2 = np.zeros(len(inner))
        for value, error in values:
            chi2 += (value[outer] - value[inner]) ** 2 / (error[outer] ** 2 + error[inner] ** 2)
        keep = chi2 <= cuts.chi2_max
        found.append(np.stack([inner[keep], outer[keep]]))
        fits.append(chi2[keep])
    return np.concatenate(found, axis=1), np.concatenate(fits)


def _helix(event: Event, edges: Edges, cuts: Cuts) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """The curvature 1 / 2R in 1/mm, with its sign, and the slope dz / ds of each segment, each with its standard
    deviation to first order."""
    (xa, ya, za), (xb, yb, zb) = (event.hits[ends].T.astype(np.float64) for ends in edges)
    ra, rb, chord = np.hypot(xa, ya), np.hypot(xb, yb), np.hypot(xb - xa, yb - ya)
    curvature = (xa * yb - ya * xb) / (ra * rb * chord)
    # asin(k r) / k without a division by 0 where the particle is straight: numpy's sinc(x) is sin(pi x) / (pi x).
    sa, sb = (r / np.sinc(np.arcsin(np.clip(curvature * r, -1, 1)) / np.pi) for r in (ra, rb))
    slope = (zb - za) / (sb - sa)

    rows = np.searchsorted(_NUMBERS, event.layer)
    (across_a, along_a), (across_b, along_b) = (_RESOLUTION[rows[ends]].T for ends in edges)
    # The beam's width turns the inner hit as seen from it; scattering in its layer turns the outer one.
    turn = np.sqrt((across_a**2 + cuts.beam**2) / ra**2 + across_b**2 / rb**2) / chord
    # A cylinder measures z, a disc r, which is the path.
    flat_a, flat_b = (np.where(_IS_BARREL[rows[ends]], 1.0, slope) for ends in edges)
    rise = np.hypot(flat_a * along_a, flat_b * along_b) / (sb - sa)
    return (
        (curvature, np.hypot(turn, cuts.scattering / rb)),
        (slope, np.hypot(rise, cuts.scattering * (1 + slope**2))),
    )


def _shared_out(n: int, edges: Edges, chains: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,): each hit on the longest of the chains that it is on, -1 on none."""
    length = np.bincount(chains, minlength=1)
    hit, chain = edges.T.ravel(), np.repeat(chains, 2)
    order = np.lexsort((-chain, length[chain]))
    labels = np.full(n, -1, np.int64)
    labels[hit[order]] = chain[order]  # the last one written stays: the longest, of equal ones the first
    return labels
