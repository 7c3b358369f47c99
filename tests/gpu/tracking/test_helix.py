"""Helices against the equation of motion, and where they meet layers."""

import numpy as np

from codesign.gpu.tracking.helix import Helices


def helices(n: int = 500, seed: int = 0) -> Helices:
    random = np.random.default_rng(seed)
    return Helices(
        random.normal(size=(n, 3)) * (1, 1, 50),
        random.uniform(0.1, 5, n),
        random.uniform(-np.pi, np.pi, n),
        random.uniform(-3, 3, n),
        random.choice(np.array([-1, 1], np.int8), n),
    )


def test_a_helix_starts_at_its_vertex_with_its_momentum() -> None:
    h = helices()
    position, momentum = h.at(np.zeros(500))
    np.testing.assert_array_equal(position, h.vertex)
    np.testing.assert_allclose(np.hypot(momentum[:, 0], momentum[:, 1]), h.pt, rtol=1e-14)
    np.testing.assert_allclose(np.arctan2(momentum[:, 1], momentum[:, 0]), h.phi, atol=1e-14)


def test_the_momentum_points_along_the_path() -> None:
    h, step = helices(), 1e-5
    before, _ = h.at(np.full(500, 0.7 - step))
    after, _ = h.at(np.full(500, 0.7 + step))
    _, momentum = h.at(np.full(500, 0.7))
    along = (after - before) / (2 * step * h.radius[:, None])
    # A central difference is off by step^2 / 6, the positions by rounding of 1e-12 mm over the step.
    np.testing.assert_allclose(along, momentum / h.pt[:, None], atol=1e-6)


def test_a_gev_in_two_tesla_turns_on_1668_mm() -> None:
    one = Helices(np.zeros((1, 3)), np.ones(1), np.zeros(1), np.zeros(1), np.ones(1, np.int8), field=2.0)
    np.testing.assert_allclose(one.radius, 1667.82, atol=0.005)


def test_a_positive_charge_turns_clockwise_in_a_field_along_z() -> None:
    h = Helices(np.zeros((2, 3)), np.ones(2), np.zeros(2), np.zeros(2), np.array([1, -1], np.int8))
    position, _ = h.at(np.full(2, 0.1))
    assert position[0, 1] < 0 < position[1, 1]


def test_a_crossing_of_a_cylinder_lies_on_it_and_is_the_first() -> None:
    h = helices()
    angle = h.to_cylinder(np.full(500, 172.0))
    met = ~np.isnan(angle)
    assert met.sum() > 450
    position, _ = h.at(angle)
    # Below a turning angle of 1e-2 the arcsine near its end loses digits: 1e-16 / 1e-2, times metres.
    np.testing.assert_allclose(np.hypot(position[met, 0], position[met, 1]), 172.0, atol=1e-8)
    for part in np.linspace(0.02, 0.98, 20):
        earlier, _ = h.at(angle * part)
        assert (np.hypot(earlier[met, 0], earlier[met, 1]) < 172.0).all()


def test_a_helix_that_does_not_reach_so_far_or_starts_outside_has_no_crossing() -> None:
    h = Helices(np.array([[0, 0, 0], [200.0, 0, 0]]), np.array([0.1, 5]), np.zeros(2), np.zeros(2), np.ones(2, np.int8))
    assert np.isnan(h.to_cylinder(np.array([500.0, 172.0]))).all()


def test_a_crossing_of_a_plane_lies_on_it_within_half_a_turn() -> None:
    h = helices()
    angle = h.to_plane(np.full(500, 600.0))
    met = ~np.isnan(angle)
    position, _ = h.at(angle)
    np.testing.assert_allclose(position[met, 2], 600.0, atol=1e-9)
    assert ((angle[met] > 0) & (angle[met] <= np.pi)).all()
    assert not (met & (h.eta < 0)).any()
