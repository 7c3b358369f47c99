"""How good labels and edges are, beside the truth.

Matching is that of the TrackML challenge and of Exa.TrkX. A track belongs to the particle that most of its hits are of.
It matches that particle (double majority) where more than half of its hits are the particle's and they are more than
half of the particle's hits; so a particle has at most one match. With the particles of interest selected by pt and eta:

- technical efficiency: matched, of those selected particles that have at least `min_hits` hits (reconstructable)
- physics efficiency: matched and reconstructable, of all selected particles
- purity: matched, of all tracks of at least `min_hits` hits
- duplicates: tracks with more than half of their hits of a particle that another track matches, of all tracks
- fakes: tracks of which no particle has more than half of the hits, of all tracks
- hit purity: the part of a track's hits that are its particle's, as the mean over tracks
- TrackML score: the weight of the hits that matched tracks share with their particle, of all weight. All tracks and all
  particles count here, whatever the selection.

Only tracks of at least `min_hits` hits can match in the efficiencies. A track that matches a particle that is not
selected is no fake and no duplicate, and counts in the purity: the selection is of particles.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from codesign.errors import DataError
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.figures import Fraction, Mean, mean_of
from codesign.gpu.tracking.graphs import Edges, edge_truth
from codesign.gpu.tracking.weights import pt_weights


@dataclass(frozen=True)
class Selection:
    """Which particles count: pt in GeV and the absolute pseudorapidity. What is not known (NaN) is no reason to leave a
    particle out."""

    pt_min: float = 0.0
    pt_max: float = np.inf
    eta_max: float = np.inf

    def of(self, particles: NDArray[np.void]) -> NDArray[np.bool_]:
        """(n,): whether each row of a table of particles is selected."""
        low, high = particles["pt"] < self.pt_min, particles["pt"] >= self.pt_max
        chosen: NDArray[np.bool_] = ~(low | high | (np.abs(particles["eta"]) > self.eta_max))
        return chosen


@dataclass(frozen=True)
class TrackMetrics:
    """The figures of an event, or of several: they add up."""

    technical_efficiency: Fraction
    physics_efficiency: Fraction
    purity: Fraction
    duplicates: Fraction
    fakes: Fraction
    hit_purity: Mean  # over tracks
    score: Mean  # over events

    def __add__(self, other: TrackMetrics) -> TrackMetrics:
        return TrackMetrics(
            self.technical_efficiency + other.technical_efficiency,
            self.physics_efficiency + other.physics_efficiency,
            self.purity + other.purity,
            self.duplicates + other.duplicates,
            self.fakes + other.fakes,
            self.hit_purity + other.hit_purity,
            self.score + other.score,
        )


@dataclass(frozen=True, eq=False)
class Tracks:
    """Tracks beside the truth, a row for each label.

    label    its number
    hits     how many it has
    row      of the particle that most of its hits are of (of equal ones the first row), -1 where all are noise
    shared   how many of its hits are that particle's
    weight   of these hits
    matched  whether the two match by double majority
    """

    label: NDArray[np.int64]
    hits: NDArray[np.int64]
    row: NDArray[np.int64]
    shared: NDArray[np.int64]
    weight: NDArray[np.float64]
    matched: NDArray[np.bool_]


def match(event: Event, labels: NDArray[np.integer]) -> Tracks:
    """The tracks that the labels (n,) make of an event; hits with a label below 0 are on none."""
    if labels.shape != (len(event),) or labels.dtype.kind not in "iu":
        raise DataError(
            f"labels: found {labels.dtype} of shape {labels.shape}, expected an integer for each of {len(event)} hits"
        )
    on = np.nonzero(labels >= 0)[0]
    label, track, hits = np.unique(labels[on], return_inverse=True, return_counts=True)
    of = event.row_of_particle()[on]
    n = len(event.particles)
    # Pairs of a track and a particle, noise as the row n, and how many hits and how much weight they share.
    pair, which, shared = np.unique(track * (n + 1) + np.where(of < 0, n, of), return_inverse=True, return_counts=True)
    weight = np.bincount(which, event.weight[on], minlength=len(pair)).astype(np.float64)
    pair_track, pair_row = np.divmod(pair, n + 1)
    # The best pair of each track: the most hits, noise only where there is nothing else, then the first row.
    best = np.lexsort((pair_row, -shared, pair_row == n, pair_track))
    best = best[np.unique(pair_track[best], return_index=True)[1]]
    row = np.where(pair_row[best] == n, -1, pair_row[best])
    shared = np.where(row < 0, 0, shared[best])
    total = np.bincount(event.row_of_particle()[event.particle != 0], minlength=max(n, 1))
    matched = (row >= 0) & (2 * shared > hits) & (2 * shared > total[row])
    return Tracks(label.astype(np.int64), hits, row, shared, weight[best], matched)


def track_metrics(
    event: Event, labels: NDArray[np.integer], selection: Selection | None = None, min_hits: int = 5
) -> TrackMetrics:
    """The figures of the labels (n,): the number of the track of each hit, below 0 for none."""
    tracks = match(event, labels)
    long = tracks.hits >= min_hits
    chosen, reconstructable, found = particle_outcomes(event, tracks, selection, min_hits)
    majority = long & (2 * tracks.shared > tracks.hits)
    known = np.isin(tracks.row, tracks.row[long & tracks.matched])
    count = int(long.sum())
    total = float(event.weight.sum())
    score = float(tracks.weight[tracks.matched].sum()) / total if total else float("nan")
    return TrackMetrics(
        Fraction(int((chosen & reconstructable & found).sum()), int((chosen & reconstructable).sum())),
        Fraction(int((chosen & reconstructable & found).sum()), int(chosen.sum())),
        Fraction(int((long & tracks.matched).sum()), count),
        Fraction(int((majority & known & ~tracks.matched).sum()), count),
        Fraction(int((long & ~majority).sum()), count),
        mean_of(tracks.shared[long] / tracks.hits[long]),
        Mean(score, score**2, 1) if total else Mean(0.0, 0.0, 0),
    )


def particle_outcomes(
    event: Event, tracks: Tracks, selection: Selection | None = None, min_hits: int = 5
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """For each row of the table of particles: whether it is selected, has enough hits, and is matched by a track of
    enough hits."""
    hits = np.bincount(event.row_of_particle()[event.particle != 0], minlength=len(event.particles))
    found = np.zeros(len(event.particles), bool)
    found[tracks.row[tracks.matched & (tracks.hits >= min_hits)]] = True
    return (selection or Selection()).of(event.particles), hits >= min_hits, found


def efficiency_against(
    event: Event,
    labels: NDArray[np.integer],
    by: str,
    edges: NDArray[np.floating],
    selection: Selection | None = None,
    min_hits: int = 5,
) -> list[Fraction]:
    """The technical efficiency in each bin of `pt` or `eta`, whose limits `edges` (bins + 1,) rise; low <= x < high."""
    if by not in ("pt", "eta"):
        raise DataError(f"efficiency against {by!r}: expected pt or eta")
    chosen, reconstructable, found = particle_outcomes(event, match(event, labels), selection, min_hits)
    values = event.particles[by]
    counted = chosen & reconstructable
    return [
        Fraction(int((counted & found & inside).sum()), int((counted & inside).sum()))
        for inside in ((values >= low) & (values < high) for low, high in pairwise(edges))
    ]


@dataclass(frozen=True)
class EdgeMetrics:
    """efficiency: of the true edges, how many are kept; purity: of the kept edges, how many are true; weighted purity:
    the same where edges count by weight."""

    efficiency: Fraction
    purity: Fraction
    weighted_purity: float

    @property
    def kept(self) -> int:
        return self.purity.all


def edge_metrics(
    event: Event,
    edges: Edges,
    true: Edges,
    selection: Selection | None = None,
    weight: NDArray[np.floating] | None = None,
) -> EdgeMetrics:
    """The figures of the kept edges (2, E), in any direction and each once, beside the true ones (2, T).

    With a selection only the true edges of its particles count in the efficiency, and kept edges that are true but of
    other particles are left out of the purity: they are neither wanted nor wrong. `weight` (E,) is that of each kept
    edge, by default the TrackML factor for momentum (0.2 to 1) of the faster of its two particles, noise as the
    slowest: so what is wrong counts by what it spoils."""
    n = len(event)
    right = edge_truth(edges, true, n)
    wanted = np.ones(true.shape[1], bool)
    counted = np.ones(edges.shape[1], bool)
    if selection is not None:
        of = event.row_of_particle()
        chosen = np.append(selection.of(event.particles), False)  # the last for noise, whose row is -1
        wanted = chosen[of[true[0]]]
        counted = ~right | chosen[of[edges[0]]]
    found = edge_truth(true[:, wanted], edges, n)
    if weight is None:
        weight = _edge_weights(event, edges)
    total = float(weight[counted].sum())
    return EdgeMetrics(
        Fraction(int(found.sum()), int(wanted.sum())),
        Fraction(int((right & counted).sum()), int(counted.sum())),
        float(weight[counted & right].sum()) / total if total else float("nan"),
    )


def _edge_weights(event: Event, edges: Edges) -> NDArray[np.float64]:
    """(E,): the factor for momentum of the faster particle of each edge; 1 where its pt is not known."""
    pt = event.particles["pt"]
    factor = np.append(np.where(np.isnan(pt), 1.0, pt_weights(pt)), pt_weights(np.array([0.05])))
    of = event.row_of_particle()
    faster: NDArray[np.float64] = np.maximum(factor[of[edges[0]]], factor[of[edges[1]]])
    return faster
