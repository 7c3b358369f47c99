"""Clusters from betas and places in the embedding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.errors import ModelError
from codesign.gpu.showers.condensation import condensed


def one_by_one(beta: np.ndarray, place: np.ndarray, t_beta: float, t_d: float) -> list[int]:
    """The definition, hit by hit."""

    def away(i: int, j: int) -> float:
        return float(sum((a - b) ** 2 for a, b in zip(place[i], place[j])))

    points: list[int] = []
    for i in sorted(range(len(beta)), key=lambda i: (-beta[i], i)):
        if beta[i] >= t_beta and all(away(i, p) > t_d * t_d for p in points):
            points.append(i)
    labels = []
    for i in range(len(beta)):
        near = [(away(i, p), k) for k, p in enumerate(points) if away(i, p) <= t_d * t_d]
        labels.append(min(near)[1] if near else -1)
    return labels


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 40), st.floats(0, 1), st.floats(0, 2))
def test_it_is_what_the_definition_says(seed: int, n: int, t_beta: float, t_d: float) -> None:
    rng = np.random.default_rng(seed)
    # Few distinct values, so that equal betas and equal distances happen.
    beta, place = rng.integers(0, 5, n) / 4, rng.integers(-4, 4, (n, 3)) / 4
    assert condensed(beta, place, t_beta, t_d).tolist() == one_by_one(beta, place, t_beta, t_d)


def test_a_hit_between_two_points_is_of_the_nearer_one() -> None:
    """Also where the farther one has the larger beta; a hit of neither is in no cluster."""
    place = np.array([[0.0], [1.0], [0.6], [0.4], [2.5]])
    assert condensed(np.array([0.9, 0.8, 0.1, 0.1, 0.1]), place, 0.5, 0.7).tolist() == [0, 1, 1, 0, -1]


def test_no_hit_and_one_hit_have_an_answer() -> None:
    assert condensed(np.empty(0), np.empty((0, 5))).tolist() == []
    assert condensed(np.array([0.9]), np.zeros((1, 5))).tolist() == [0]
    assert condensed(np.array([0.05]), np.zeros((1, 5))).tolist() == [-1]


@pytest.mark.parametrize(
    ("beta", "place", "message"),
    [
        (np.zeros(3), np.zeros((4, 5)), r"beta is \(3,\), the embedding \(4, 5\)"),
        (np.array([0.1, 1.5]), np.zeros((2, 2)), "hit 1 has beta 1.5"),
        (np.array([0.1, np.nan]), np.zeros((2, 2)), "hit 1 has beta nan"),
        (np.array([0.1, 0.5]), np.array([[np.inf, 0], [0, 0]]), "hit 0 has beta 0.1"),
    ],
)
def test_what_is_no_beta_or_place_is_refused(beta: np.ndarray, place: np.ndarray, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        condensed(beta, place)


def test_thresholds_out_of_range_are_refused() -> None:
    with pytest.raises(ModelError, match="t_beta is 2"):
        condensed(np.zeros(1), np.zeros((1, 2)), t_beta=2)
