"""How well clusters fit particles: panoptic quality, and the agreement of kinds hit by hit.

Panoptic quality is that of A. Kirillov, K. He, R. Girshick, C. Rother and P. Dollar, "Panoptic Segmentation", CVPR 2019
(arXiv:1801.00868), sec. 4: a cluster and a particle match where the intersection of their hits is more than half of
their union, which at most one cluster can do. With TP pairs that match, FP clusters and FN particles that do not,

    SQ = mean IoU of the pairs      RQ = TP / (TP + FP / 2 + FN / 2)      PQ = SQ RQ.

Hits are counted, or weighed with their energies. Particles of fewer than `FEWEST_HITS` hits are void, as there: their
hits are taken out of every union, and a cluster of mostly void hits that matches nothing is no mistake. Hits of pileup
and noise belong to no particle, and a cluster of them is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.gpu.showers.condensation import NONE, Labels
from codesign.gpu.showers.event import FEWEST_HITS, Kind, ShowerEvent

KINDS = len(Kind)
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Quality:
    """What matching counts; qualities of several events add up."""

    overlap: float = 0.0
    """The sum of the IoU of all pairs"""
    found: int = 0
    """TP"""
    false: int = 0
    """FP: clusters of no particle"""
    missed: int = 0
    """FN: particles of no cluster"""

    def __add__(self, other: Quality) -> Quality:
        return Quality(
            self.overlap + other.overlap,
            self.found + other.found,
            self.false + other.false,
            self.missed + other.missed,
        )

    @property
    def sq(self) -> float | None:
        """None where nothing matches."""
        return self.overlap / self.found if self.found else None

    @property
    def rq(self) -> float | None:
        """None where there is neither a particle nor a cluster."""
        total = self.found + (self.false + self.missed) / 2
        return self.found / total if total else None

    @property
    def pq(self) -> float | None:
        return None if self.rq is None else self.rq * (self.sq or 0.0)


@dataclass(frozen=True, eq=False)
class Matching:
    """Of one event: what matches what."""

    pair: Ints
    """(p,): the cluster of each particle, or `NONE`"""
    overlap: Floats
    """(p,): its IoU, 0 where there is none"""
    wanted: NDArray[np.bool_]
    """(p,): particles that are not void"""
    false: NDArray[np.bool_]
    """(k,): clusters that count as mistakes"""

    def quality(self) -> Quality:
        """Of all particles and clusters, whatever their kinds."""
        found = int((self.pair != NONE).sum())
        return Quality(float(self.overlap.sum()), found, int(self.false.sum()), int(self.wanted.sum()) - found)


def matching(event: ShowerEvent, labels: Labels, weights: NDArray[np.floating] | None = None) -> Matching:
    """Particles and clusters 0..k-1 of an event; `weights` (n,) are 1 where none are given."""
    check_labels(event, labels)
    count, clusters = len(event.particles), int(labels.max(initial=NONE)) + 1
    weight = np.ones(len(event)) if weights is None else weights.astype(np.float64)
    wanted = event.sizes >= FEWEST_HITS
    one, two = event.particle + 1, labels + 1  # row 0 of nobody, column 0 of no cluster
    summed = np.bincount(one * (clusters + 1) + two, weights=weight, minlength=(count + 1) * (clusters + 1))
    table = summed.astype(np.float64).reshape(count + 1, clusters + 1)  # of no hits, numpy counts in integers
    of_void = np.bincount(two, weights=weight * event.void, minlength=clusters + 1)
    particle, cluster = table.sum(axis=1)[:, None], (table.sum(axis=0) - of_void)[None, :]
    union = particle + cluster - table
    share = np.divide(table, union, out=np.zeros_like(table), where=union > 0)[1:, 1:]
    share[~wanted] = 0.0
    matched = share > 0.5
    pair = np.where(matched.any(axis=1), matched.argmax(axis=1) if clusters else NONE, NONE).astype(np.int64)
    overlap = (share * matched).sum(axis=1)
    whole = table.sum(axis=0)[1:]
    present = np.bincount(two, minlength=clusters + 1)[1:] > 0
    false = present & ~matched.any(axis=0) & ~(of_void[1:] > 0.5 * whole)
    return Matching(pair, overlap, wanted, false)


def qualities(event: ShowerEvent, match: Matching, kinds: Sequence[int] | NDArray[np.integer]) -> list[Quality]:
    """Of each `Kind` (noise has none), for clusters of these kinds (k,): only pairs of one kind count, of others the
    particle is missed and the cluster a mistake."""
    kind = np.asarray(kinds, np.int64)
    truth = event.particles["kind"].astype(np.int64)
    paired = match.pair != NONE
    same = paired & (np.append(kind, NONE)[match.pair] == truth)
    spent = np.zeros(len(match.false), bool)
    spent[match.pair[paired & ~same]] = True
    found = []
    for k in range(KINDS):
        of = truth == k
        good = same & of
        found.append(
            Quality(
                float(match.overlap[good].sum()),
                int(good.sum()),
                int(((match.false | spent) & (kind == k)).sum()),
                int((match.wanted & of & ~same).sum()),
            )
        )
    return found


def kinds_by_vote(labels: Labels, kind: NDArray[np.integer], energy: NDArray[np.floating]) -> Ints:
    """(k,): of each cluster the kind with the most energy among its hits that are not noise, noise where all are."""
    clusters = int(labels.max(initial=NONE)) + 1
    inside = labels != NONE
    votes = np.bincount(
        labels[inside] * KINDS + kind[inside], weights=energy[inside], minlength=clusters * KINDS
    ).reshape(clusters, KINDS)
    best: Ints = votes[:, 1:].argmax(axis=1) + 1
    return np.where(votes[:, 1:].any(axis=1), best, int(Kind.NOISE))


def confusion(
    truth: NDArray[np.integer], found: NDArray[np.integer], weights: NDArray[np.floating] | None = None
) -> Floats:
    """(kinds, kinds): hits of each true kind (rows) by the kind they were given (columns)."""
    place = truth.astype(np.int64) * KINDS + found
    return np.bincount(place, weights=weights, minlength=KINDS**2).astype(np.float64).reshape(KINDS, KINDS)


def mean_iou(table: Floats) -> float | None:
    """Of a confusion the mean over kinds of right / (true or given); kinds that are neither are left out."""
    right = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - right
    seen = union > 0
    return float((right[seen] / union[seen]).mean()) if seen.any() else None


def check_labels(event: ShowerEvent, labels: Labels) -> None:
    """ModelError where labels are not one per hit, or below `NONE`."""
    if labels.shape != (len(event),):
        raise ModelError(f"labels have the shape {labels.shape}, the event has {len(event)} hits")
    if len(labels) and labels.min() < NONE:
        raise ModelError(f"labels: hit {int(labels.argmin())} has {labels.min()}, expected clusters from 0, and {NONE}")
