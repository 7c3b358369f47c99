"""How much each hit counts in the TrackML score: more at both ends of a track, and more for fast particles.

The formula is that of the TrackML library (trackml/weights.py) with the numbers of the challenge: the weight of a hit
is a factor for its place along the particle, times a factor for the particle's pt, over their sum in the event.

- Place: the shape 10, 8, 6, 5, 3, 3, 3, 5, 6 stretched linearly over the particle's hits, with the sum 1. Particles of
  fewer than 4 hits count nothing, nor do hits of a particle beyond its first 20. Hits are ordered by |z - vertex z|.
- Momentum: 0.2 up to 0.5 GeV, rising linearly to 1 at 3 GeV; 0 below 0.05 GeV.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.tracking.events import Event

SHAPE = (10.0, 8.0, 6.0, 5.0, 3.0, 3.0, 3.0, 5.0, 6.0)
MIN_HITS, MAX_HITS = 4, 20


def hit_weights(event: Event) -> NDArray[np.float64]:
    """(n,): the weight of each hit, which sum to 1; all 0 where no particle counts."""
    weight = np.zeros(len(event))
    of = event.row_of_particle()
    rows = np.nonzero(of >= 0)[0]
    if not len(rows):
        return weight
    of = of[rows]
    z = event.z[rows] if event.truth is None else event.truth[rows, 2]
    distance = np.abs(z - event.particles["vertex"][of, 2])
    order = np.lexsort((distance, of))
    sizes = np.bincount(of, minlength=len(event.particles))
    starts = np.cumsum(sizes) - sizes
    place = np.empty(len(rows), np.int64)
    place[order] = np.arange(len(rows)) - starts[of[order]]
    weight[rows] = place_weights()[np.minimum(sizes[of], MAX_HITS), np.minimum(place, MAX_HITS)]
    weight[rows] *= pt_weights(event.particles["pt"])[of]
    total = weight.sum()
    return weight / total if total else weight


def place_weights() -> NDArray[np.float64]:
    """(21, 21): by the number of hits of a particle and the place of one of them; the last place is 0."""
    table = np.zeros((MAX_HITS + 1, MAX_HITS + 1))
    for hits in range(MIN_HITS, MAX_HITS + 1):
        support = np.arange(len(SHAPE)) * (hits - 1) / (len(SHAPE) - 1)
        row = np.interp(np.arange(hits), support, SHAPE)
        table[hits, :hits] = row / row.sum()
    return table


def pt_weights(pt: NDArray[np.float64]) -> NDArray[np.float64]:
    """The factor for particles of this pt in GeV."""
    return np.asarray(np.interp(pt, [0.05, 0.5, 3.0], [0.2, 0.2, 1.0], left=0.0))
