"""Weights against those that come with the data, and against the definition."""

from pathlib import Path

import numpy as np

from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.trackml import read_event
from codesign.gpu.tracking.weights import hit_weights, place_weights, pt_weights


def test_the_formula_gives_the_weights_of_a_published_event(shared: Path) -> None:
    event = read_event(shared / "data/trackml_event1_small", "event000000001")
    own = hit_weights(event)
    counts = event.weight > 0  # some secondaries have no weight in the data
    assert counts.sum() > 4000
    ratio = own[counts] / event.weight[counts]
    # The event is a part of a larger one, so that all weights have a factor in common; they come with six digits.
    np.testing.assert_allclose(ratio / np.median(ratio), 1, rtol=1.1e-5)
    assert (own[counts] > 0).all()


def test_weights_sum_to_one_and_count_nothing_for_noise_and_short_particles() -> None:
    event = generate(Settings(particles=300), seed=1)
    weight = hit_weights(event)
    assert abs(weight.sum() - 1) < 1e-12
    hits = event.particles["hits"][event.row_of_particle()]
    none = (event.particle == 0) | (hits < 4)
    assert (weight[none] == 0).all()
    assert (weight[~none] > 0).all()


def test_a_particle_of_nine_hits_has_the_shape_itself() -> None:
    np.testing.assert_allclose(place_weights()[9, :9] * 49, [10, 8, 6, 5, 3, 3, 3, 5, 6])
    np.testing.assert_allclose(place_weights()[4:].sum(axis=1), 1)
    assert (place_weights()[:4] == 0).all()


def test_momentum_counts_between_half_a_gev_and_three() -> None:
    np.testing.assert_allclose(pt_weights(np.array([0.01, 0.1, 0.5, 1.75, 3, 100])), [0, 0.2, 0.2, 0.6, 1, 1])
