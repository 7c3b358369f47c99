"""Clusters around the densest hits."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from codesign.gpu.showers.density import Density, followed
from codesign.gpu.showers.detectors import detector
from codesign.gpu.showers.generator import Mixture, showers

CLUE = Path(__file__).parents[4] / "shared" / "data" / "clue_toydetector"


def one_by_one(
    place: np.ndarray, weight: np.ndarray, reach: float, seed: float, apart: float, follow: float
) -> list[int]:
    """The definition, point by point."""
    n = len(weight)
    away = [[float(np.sqrt(((place[i] - place[j]) ** 2).sum())) for j in range(n)] for i in range(n)]
    density = [weight[i] + sum(0.5 * weight[j] for j in range(n) if j != i and away[i][j] <= reach) for i in range(n)]
    parent, labels, count = [-1] * n, [-1] * n, 0
    for i in range(n):
        denser = [j for j in range(n) if (density[j], j) > (density[i], i)]
        nearest = min(denser, key=lambda j: (away[i][j], j), default=None)
        distance = np.inf if nearest is None else away[i][nearest]
        if density[i] >= seed and distance > apart:
            labels[i], count = count, count + 1
        elif distance <= follow:
            parent[i] = nearest if nearest is not None else -1
    for i in range(n):
        j = i
        while parent[j] >= 0:
            j = parent[j]
        labels[i] = labels[j]
    return labels


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_it_is_what_the_definition_says(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    # Whole numbers, so that distances and densities are equal now and then.
    place, weight = rng.integers(0, 7, (n, 2)).astype(float), rng.integers(1, 4, n).astype(float)
    reach, threshold, apart = rng.integers(1, 4), rng.integers(1, 6), rng.integers(1, 4)
    follow = apart + rng.integers(0, 2)
    found = followed(cKDTree(place), weight, reach, threshold, apart, follow)
    assert found.tolist() == one_by_one(place, weight, reach, threshold, apart, follow)


@pytest.mark.skipif(not CLUE.is_dir(), reason="needs ../shared/data/clue_toydetector")
def test_the_toy_detector_of_clue_has_the_clusters_that_clue_found() -> None:
    """Every one of the 999 labels, outliers too. The file does not say with which settings it was made: CLUE's tests
    have the distance 4 and the density 2.5; two points between 4.15 and 4.18 away belong to clusters, hence 4.17."""
    given_ = np.loadtxt(CLUE / "toyDetector_1000.csv", delimiter=",", skiprows=1)
    truth = np.loadtxt(CLUE / "toy_det_1000_truth.csv", delimiter=",", skiprows=1)[:, 3].astype(int)
    labels = followed(cKDTree(given_[:, :2]), given_[:, 2], 4.17, 2.5, 4.17, 4.17)
    pairs = set(zip(labels.tolist(), truth.tolist()))
    assert len(pairs) == len(set(truth.tolist())) == len(set(labels.tolist())) == 96
    np.testing.assert_array_equal(labels == -1, truth == -1)


def test_two_showers_side_by_side_are_two_clusters() -> None:
    event = next(showers("hgcal", 1, 4, Mixture(particles=(2, 2), shares=(1, 0, 0), pileup=0, noise=0)))
    labels = Density(reach=3, seed_mips=10, follow=6, layers=0.3, least_gev=3).clusters(detector("hgcal"), event)
    for cluster in (0, 1):
        of = event.particle[labels == cluster]
        assert (of == np.bincount(of).argmax()).mean() > 0.98
    assert set(labels.tolist()) <= {-1, 0, 1}


@pytest.mark.parametrize("name", ["hgcal", "hcal"])
def test_no_hit_has_an_answer(name: str) -> None:
    empty = next(showers(name, 1, 0, Mixture(particles=(0, 0), pileup=0, noise=0)))
    assert Density().clusters(detector(name), empty).tolist() == []
