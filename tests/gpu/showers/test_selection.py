"""Which clusters are particles."""

import numpy as np

from codesign.gpu.showers.generator import showers
from codesign.gpu.showers.selection import Selection, ordered


def test_clusters_are_numbered_by_falling_energy() -> None:
    labels, energy = np.array([4, 4, -1, 7, 2]), np.array([1.0, 1.0, 9.0, 3.0, 0.2])
    assert ordered(labels, energy).tolist() == [1, 1, -1, 0, 2]
    assert ordered(np.array([1, 0]), np.array([2.0, 2.0])).tolist() == [1, 0]
    assert ordered(np.empty(0, np.int64), np.empty(0)).tolist() == []


def test_clusters_of_enough_energy_or_enough_layers_are_kept() -> None:
    """Each cluster of random ones, by sums and sets."""
    rng = np.random.default_rng(0)
    for event in showers("hcal", 5, 1):
        labels = rng.integers(-1, 12, len(event))
        made = Selection(least_gev=8.0, least_layers=6).selected(labels, event)
        for k in range(12):
            of = labels == k
            wanted = float(event.energy[of].astype(float).sum()) >= 8 or len(set(event.layer[of].tolist())) >= 6
            assert ((made[of] >= 0) == wanted).all()
        assert (made[labels == -1] == -1).all()
