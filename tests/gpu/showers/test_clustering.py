"""From what a network says to clusters, and how they are tuned; no network runs here."""

import numpy as np
import pytest

from codesign.gpu.showers.clustering import Predicted, Thresholds, clusters, large
from codesign.gpu.showers.comparison import DEFAULTS
from codesign.gpu.showers.condensation import NONE
from codesign.gpu.showers.detectors import detector
from codesign.gpu.showers.event import NOBODY, Kind, ShowerEvent
from codesign.gpu.showers.generator import Mixture, showers
from codesign.gpu.showers.panoptic import matching
from codesign.gpu.showers.topological import Topological
from codesign.gpu.showers.tuning import DENSITY, THRESHOLDS, TOPOLOGICAL, tuned, tuned_thresholds


def perfect(event: ShowerEvent, spread: float = 0.0) -> Predicted:
    """What the best network would say: particles apart in the embedding, a beta that rises with the energy."""
    rng = np.random.default_rng(1)
    place = np.zeros((len(event), 5), np.float32)
    place[:, 0] = 3 * event.particle
    place += spread * rng.normal(size=place.shape)
    beta = np.where(event.particle == NOBODY, 0.01, 0.5 + 0.4 * event.energy / event.energy.max())
    probabilities = np.full((len(event), 4), 0.01, np.float32)
    probabilities[np.arange(len(event)), event.kind] = 0.97
    return Predicted(probabilities, beta.astype(np.float32), place)


def large_ones(event: ShowerEvent) -> np.ndarray:
    sizes = np.append(event.particles["hits"], 0)
    return np.where(sizes[event.particle] >= 3, event.particle, NONE)


def test_a_perfect_network_finds_every_particle() -> None:
    for event in showers("hcal", 10, 1):
        made = clusters(perfect(event), event, Thresholds())
        truth = large_ones(event)
        pairs = set(zip(made.labels.tolist(), truth.tolist()))
        assert len(pairs) == len(set(truth.tolist())) == len(set(made.labels.tolist()))
        kept = truth != NONE
        np.testing.assert_array_equal(made.kind[kept], event.kind[kept])
        assert (made.kind[~kept] == Kind.NOISE).all()


def test_clusters_are_numbered_by_falling_energy() -> None:
    event = next(showers("hcal", 1, 2))
    labels = clusters(perfect(event), event, Thresholds()).labels
    sums = np.bincount(labels[labels >= 0], weights=event.energy[labels >= 0])
    assert (np.diff(sums) <= 0).all()


def test_hits_that_are_noise_are_in_no_cluster() -> None:
    event = next(showers("hcal", 1, 3))
    said = perfect(event)
    said.probabilities[:] = [0.6, 0.2, 0.1, 0.1]
    assert (clusters(said, event, Thresholds(noise=0.5)).labels == NONE).all()
    assert (clusters(said, event, Thresholds(noise=0.7)).labels != NONE).any()


def test_small_clusters_are_none() -> None:
    assert large(np.array([0, 0, 0, 1, 1, -1]), 3).tolist() == [0, 0, 0, -1, -1, -1]
    assert large(np.empty(0, np.int64), 3).tolist() == []


@pytest.mark.parametrize("count", [0, 1])
def test_no_hit_and_one_hit_have_an_answer(count: int) -> None:
    one = next(showers("hcal", 1, 4))
    rows = slice(0, count)
    event = ShowerEvent(
        "hcal", one.points[rows], one.layer[rows], one.cell[rows], one.energy[rows],
        np.full(count, NOBODY), np.zeros(count, np.int8), one.particles,
    )  # fmt: skip
    said = Predicted(np.full((count, 4), 0.25, np.float32), np.full(count, 0.9, np.float32), np.zeros((count, 5)))
    assert clusters(said, event, Thresholds()).labels.tolist() == [NONE] * count
    assert clusters(said, event, Thresholds(least_hits=1)).labels.tolist() == list(range(count))


def test_the_best_way_is_found() -> None:
    events = list(showers("hcal", 8, 5, Mixture(particles=(4, 8), region=(4.0, 6.28))))
    where = detector("hcal")
    ways = [
        Topological(4, 2),
        Topological(60, 6, 0, 1, 2, least_gev=0.3),
        Topological(4, 6, 0, 1, 2, least_gev=3, least_layers=6),
        Topological(60, 6, 0, 1, 2, least_gev=5),
        Topological(1e9),
    ]
    best, quality = tuned(ways, where, events)
    each = []
    for way in ways:
        found = [matching(e, way.clusters(where, e), e.energy).quality() for e in events]
        total = found[0]
        for q in found[1:]:
            total += q
        each.append(total.pq)
    assert quality.pq == max(each) and best == ways[each.index(max(each))]


def test_what_is_tried_holds_every_setting_once_and_those_that_are_taken_by_default() -> None:
    for name, defaults in DEFAULTS.items():
        for ways, default in ((TOPOLOGICAL, "topological"), (DENSITY, "density")):
            assert len(set(ways[name])) == len(ways[name]) and defaults[default] in ways[name]
        assert len(set(THRESHOLDS[name])) == len(THRESHOLDS[name])


def test_thresholds_of_a_blurred_network_are_wide_enough() -> None:
    events = list(showers("hcal", 8, 6))
    thresholds, quality = tuned_thresholds([(perfect(e, spread=0.15), e) for e in events])
    assert quality.pq is not None and quality.pq > 0.99
    assert 0.6 <= thresholds.t_d <= 1.3
