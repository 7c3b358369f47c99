"""Pairs within a radius by plain torch, against scipy's tree."""

from __future__ import annotations

import numpy as np
import pytest

from codesign.errors import DataError
from codesign.gpu.tracking import graphs

pytestmark = pytest.mark.gpu


def pairs(points: np.ndarray, radius: float, most: int | None = None) -> np.ndarray:
    torch = pytest.importorskip("torch")
    from codesign.gpu.fast.radius import radius_graph

    return radius_graph(torch.from_numpy(points.astype(np.float32)), radius, most, kernels=False).numpy()


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 8, 11])
def test_the_pairs_are_those_of_the_tree(d: int) -> None:
    points = np.random.default_rng(d).normal(size=(300, d)).astype(np.float32)
    radius = 0.02 if d == 1 else 0.3 * d**0.8
    expected = graphs.radius_graph(points, radius)
    assert expected.shape[1] > 20
    np.testing.assert_array_equal(pairs(points, radius), expected)


@pytest.mark.parametrize(("d", "radius"), [(1, 1.0), (2, 1.0), (3, 2.0), (4, 1.0), (8, 2.0)])
def test_duplicates_and_distances_that_are_the_radius(d: int, radius: float) -> None:
    points = np.random.default_rng(d).integers(-2, 3, (200, d)).astype(np.float32)
    np.testing.assert_array_equal(pairs(points, radius), graphs.radius_graph(points, radius))


def test_points_much_farther_apart_than_the_radius() -> None:
    points = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    points[::3] *= 1e30
    points[50:60] = points[49]
    np.testing.assert_array_equal(pairs(points, 1e-6), graphs.radius_graph(points, 1e-6))


@pytest.mark.parametrize("most", [1, 3, 20])
def test_the_nearest_neighbours_are_those_of_the_tree(most: int) -> None:
    points = np.random.default_rng(most).normal(size=(200, 4)).astype(np.float32)
    np.testing.assert_array_equal(pairs(points, 1.0, most), graphs.radius_graph(points, 1.0, most))


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_one_point_have_no_pair(n: int) -> None:
    assert pairs(np.zeros((n, 3)), 1.0).shape == (2, 0)


def test_bad_points_and_radii_are_refused() -> None:
    with pytest.raises(DataError, match=r"point 1 has the coordinates \[0.0, nan\]; leave such points out"):
        pairs(np.array([[0.0, 0.0], [0.0, np.nan]]), 1.0)
    with pytest.raises(DataError, match=r"the radius is 0\.0, expected 1e-15 to 1e15"):
        pairs(np.zeros((2, 2)), 0.0)
    with pytest.raises(DataError, match=r"found torch.float32 of shape \(2,\), expected float32 \(n, d\)"):
        pairs(np.zeros(2), 1.0)
    with pytest.raises(DataError, match="max_neighbours is 0, expected at least 1"):
        pairs(np.zeros((2, 2)), 1.0, 0)
