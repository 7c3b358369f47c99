"""Graphs of hits, against every pair of points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from codesign.errors import DataError
from codesign.gpu.tracking.events import PARTICLE, Event
from codesign.gpu.tracking.graphs import directed, edge_truth, radius_graph, same_particle, truth_edges

POINTS = arrays(np.float64, st.tuples(st.integers(0, 30), st.integers(1, 4)), elements=st.integers(-4, 4).map(float))
"""Points on a grid, so that many lie at the same distance or on the same spot."""


def pairs(edges: np.ndarray) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in edges.T]


@given(POINTS, st.sampled_from([0.5, 1.0, 2.0, 2.5]))
def test_every_pair_within_the_radius_is_there_once(points: np.ndarray, radius: float) -> None:
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    expected = np.argwhere(np.triu(distance <= radius, 1))
    assert pairs(radius_graph(points, radius)) == [tuple(pair) for pair in expected]


@given(POINTS, st.sampled_from([1.0, 2.5]), st.integers(1, 5))
def test_a_pair_stays_where_one_is_among_the_nearest_of_the_other(points: np.ndarray, radius: float, k: int) -> None:
    found = pairs(radius_graph(points, radius, k))
    n = len(points)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    # Of points at the same distance any may be taken: the k-th smallest distance says which must and which may.
    must, may = set(), set()
    for i in range(n):
        others = np.delete(distance[i], i)
        if not len(others):
            continue
        last = np.sort(others)[: min(k, len(others))][-1]
        for j in range(n):
            if i != j and distance[i, j] <= min(last, radius):
                may.add((min(i, j), max(i, j)))
                closer = (others < distance[i, j]).sum() + (others == distance[i, j]).sum() <= k
                if closer:
                    must.add((min(i, j), max(i, j)))
    assert found == sorted(set(found))
    assert must <= set(found) <= may
    assert len(found) <= n * k


def test_many_neighbours_allowed_is_no_bound() -> None:
    points = np.random.default_rng(1).normal(size=(200, 8))
    np.testing.assert_array_equal(radius_graph(points, 2.0, 1000), radius_graph(points, 2.0))


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("k", [None, 3])
def test_no_pair_has_no_edges(n: int, k: int | None) -> None:
    edges = radius_graph(np.zeros((n, 8)), 1.0, k)
    assert edges.shape == (2, 0)
    assert edges.dtype == np.int64


def test_points_on_one_spot_are_bounded_by_the_neighbours() -> None:
    assert radius_graph(np.zeros((500, 3)), 1.0, 4).shape[1] <= 500 * 4


def test_a_point_without_a_place_is_refused_by_its_row() -> None:
    with pytest.raises(DataError, match=r"point 1 has the coordinates \[nan, 0.0\]"):
        radius_graph(np.array([[0, 0], [np.nan, 0]]), 1.0)


@pytest.mark.parametrize("radius", [0.0, -1.0, np.nan, np.inf])
def test_a_radius_that_is_none_is_refused(radius: float) -> None:
    with pytest.raises(DataError, match="expected a number above 0"):
        radius_graph(np.zeros((3, 2)), radius)


def test_a_bound_of_no_neighbours_is_refused() -> None:
    with pytest.raises(DataError, match="max_neighbours is 0, expected at least 1"):
        radius_graph(np.zeros((3, 2)), 1.0, 0)


def test_edges_run_from_low_to_high_and_of_equal_ends_from_the_lower_row() -> None:
    edges = np.array([[0, 2, 3], [1, 1, 2]])
    assert pairs(directed(edges, np.array([5.0, 3.0, 9.0, 9.0]))) == [(1, 0), (1, 2), (2, 3)]


def track(ids: list[int], radii: list[float], vertex: tuple[float, float, float] = (0, 0, 0)) -> Event:
    hits = np.zeros((len(ids), 3), np.float32)
    hits[:, 0] = radii
    particles = np.zeros(len(set(ids) - {0}), PARTICLE)
    particles["id"] = sorted(set(ids) - {0})
    particles["vertex"] = vertex
    return Event(hits, np.zeros(len(ids), np.int32), np.array(ids, np.int64), particles)


def test_true_edges_join_consecutive_hits_of_a_particle_and_leave_noise_out() -> None:
    event = track([7, 0, 7, 9, 7, 9], [72, 60, 32, 32, 116, 33])
    assert pairs(truth_edges(event)) == [(2, 0), (0, 4), (3, 5)]


def test_the_order_is_seen_from_the_vertex_of_the_particle() -> None:
    assert pairs(truth_edges(track([7, 7, 7], [32, 72, 116], (100, 0, 0)))) == [(2, 1), (1, 0)]


def test_two_hits_on_one_layer_where_modules_overlap_are_neighbours_of_one_path() -> None:
    assert pairs(truth_edges(track([7, 7, 7, 7], [116, 72.4, 32, 71.6]))) == [(2, 3), (3, 1), (1, 0)]


def test_noise_alone_has_no_true_edges() -> None:
    assert truth_edges(track([0, 0], [1, 2])).shape == (2, 0)


def test_an_edge_is_true_in_either_direction() -> None:
    edges = np.array([[0, 1, 2], [1, 2, 0]])
    assert edge_truth(edges, np.array([[1, 0], [0, 2]]), 3).tolist() == [True, False, True]


def test_hits_of_one_particle_that_are_no_neighbours_are_still_of_one_particle() -> None:
    event = track([7, 7, 0, 0, 7], [1, 2, 3, 4, 5])
    assert same_particle(event, np.array([[0, 2, 0], [4, 3, 2]])).tolist() == [True, False, False]
