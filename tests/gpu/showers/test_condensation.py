"""Clusters from betas and places in the embedding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.errors import ModelError
from codesign.gpu.showers.condensation import condensed


def one_by_one(beta: np.ndarray, place: np.ndarray, t_beta: float, t_d: float) -> list[int]:
    """The definition, hit by hit."""
    labels = [-1] * len(beta)
    count = 0
    for i in sorted(range(len(beta)), key=lambda i: (-beta[i], i)):
        if beta[i] < t_beta or labels[i] != -1:
            continue
        for j in range(len(beta)):
            if labels[j] == -1 and sum((a - b) ** 2 for a, b in zip(place[i], place[j])) <= t_d * t_d:
                labels[j] = count
        count += 1
    return labels


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 40), st.floats(0, 1), st.floats(0, 2))
def test_it_is_what_the_definition_says(seed: int, n: int, t_beta: float, t_d: float) -> None:
    rng = np.random.default_rng(seed)
    # Few distinct values, so that equal betas and equal distances happen.
    beta, place = rng.integers(0, 5, n) / 4, rng.integers(-4, 4, (n, 3)) / 4
    assert condensed(beta, place, t_beta, t_d).tolist() == one_by_one(beta, place, t_beta, t_d)


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
