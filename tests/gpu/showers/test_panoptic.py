"""Panoptic quality, against its definition by sets."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.generator import Mixture, showers
from codesign.gpu.showers.panoptic import (
    Quality,
    confusion,
    kinds_by_vote,
    matching,
    mean_iou,
    qualities,
)


def events() -> Iterator[ShowerEvent]:
    """Small ones, with void particles among them."""
    yield from showers("hcal", 25, 11, Mixture(particles=(0, 6), region=(1.0, 1.0), pileup=6, noise=5))


def labels_near(event: ShowerEvent, rng: np.random.Generator) -> np.ndarray:
    """The truth with mistakes: hits moved, clusters joined and split."""
    labels = event.particle.copy()
    moved = rng.uniform(size=len(labels)) < 0.2
    labels[moved] = rng.integers(-1, max(len(event.particles), 1) + 2, int(moved.sum()))
    if rng.uniform() < 0.4:
        labels[labels == 1] = 0
    return labels


def by_sets(event: ShowerEvent, labels: np.ndarray, weight: np.ndarray) -> tuple[Quality, dict[int, int]]:
    hits = [set(np.flatnonzero(event.particle == p).tolist()) for p in range(len(event.particles))]
    clusters = {int(k): set(np.flatnonzero(labels == k).tolist()) for k in np.unique(labels) if k >= 0}
    void = set().union(*(h for h in hits if len(h) < 3)) if hits else set()

    def size(of: set[int]) -> float:
        return float(sum(weight[i] for i in of))

    total, pairs = 0.0, {}
    for p, own in enumerate(hits):
        for k, cluster in clusters.items():
            together = size(own | (cluster - void))
            if len(own) >= 3 and size(own & cluster) / together > 0.5:
                total += size(own & cluster) / together
                pairs[p] = k
    false = sum(k not in pairs.values() and size(c & void) <= 0.5 * size(c) for k, c in clusters.items())
    missed = sum(len(h) >= 3 for h in hits) - len(pairs)
    return Quality(total, len(pairs), false, missed), pairs


@pytest.mark.parametrize("weighted", [False, True])
def test_matching_is_what_sets_say(weighted: bool) -> None:
    rng = np.random.default_rng(0)
    seen = Quality()
    for event in events():
        labels = labels_near(event, rng)
        weight = event.energy.astype(np.float64) if weighted else np.ones(len(event))
        match = matching(event, labels, weight if weighted else None)
        wanted, pairs = by_sets(event, labels, weight)
        found = match.quality()
        assert (found.found, found.false, found.missed) == (wanted.found, wanted.false, wanted.missed)
        # Sums of up to 300 doubles in another order.
        assert found.overlap == pytest.approx(wanted.overlap, rel=1e-12)
        assert {p: int(k) for p, k in enumerate(match.pair) if k >= 0} == pairs
        seen += found
    assert seen.found > 30 and seen.false > 10 and seen.missed > 10


def test_the_truth_has_the_quality_one_and_leaves_nothing_out() -> None:
    for event in events():
        quality = matching(event, event.particle, event.energy).quality()
        assert (quality.false, quality.missed) == (0, 0)
        assert quality.sq in (None, pytest.approx(1.0, rel=1e-12)) and quality.rq in (None, 1.0)


def test_kinds_split_the_quality() -> None:
    """With the right kinds the qualities of kinds add up to that of all; a wrong kind is a mistake and a miss."""
    for event in events():
        match = matching(event, event.particle, event.energy)
        right = event.particles["kind"][: len(match.false)]
        total = sum(qualities(event, match, right), Quality())
        whole = match.quality()
        assert (total.found, total.false, total.missed) == (whole.found, whole.false, whole.missed)
        wrong = right % 3 + 1
        swapped = sum(qualities(event, match, wrong), Quality())
        assert (swapped.found, swapped.false, swapped.missed) == (0, whole.found, whole.found)


def test_a_quality_is_the_product_of_its_parts() -> None:
    q = Quality(overlap=1.7, found=2, false=1, missed=3)
    assert q.sq == pytest.approx(0.85) and q.rq == pytest.approx(0.5)
    assert q.pq == pytest.approx(1.7 / (2 + 0.5 + 1.5))
    assert (Quality().pq, Quality().sq, Quality(false=1).pq) == (None, None, 0.0)


def test_a_confusion_counts_every_hit_and_its_iou_is_the_mean_over_kinds() -> None:
    truth, found = np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 1, 1, 0, 2])
    table = confusion(truth, found)
    assert table.tolist() == [[1, 1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert mean_iou(table) == pytest.approx((1 / 3 + 2 / 4 + 1) / 3)
    assert mean_iou(np.zeros((4, 4))) is None
    assert confusion(truth, found, np.full(6, 0.5)).sum() == 3


def test_a_cluster_has_the_kind_of_most_of_its_energy() -> None:
    labels, kind = np.array([0, 0, 0, 1, 1, -1]), np.array([1, 2, 2, 0, 0, 3])
    energy = np.array([5.0, 2.0, 2.0, 1.0, 1.0, 9.0])
    assert kinds_by_vote(labels, kind, energy).tolist() == [1, 0]  # noise alone


def test_no_hits_have_a_quality() -> None:
    event = next(showers("hcal", 1, 0, Mixture(particles=(0, 0), pileup=0, noise=0)))
    assert matching(event, np.empty(0, np.int64)).quality() == Quality()


def test_labels_of_another_event_are_refused() -> None:
    event = next(events())
    with pytest.raises(ModelError, match="labels have the shape"):
        matching(event, np.zeros(len(event) + 1, np.int64))
    with pytest.raises(ModelError, match="hit 0 has -5, expected clusters from 0"):
        matching(replace(event), np.full(len(event), -5))
