"""Labels from edges, against a search by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import DataError
from codesign.gpu.tracking import labelling
from codesign.gpu.tracking.labelling import best_paths, connected_components, support, supported_components, walk


def flooded(n: int, edges: list[tuple[int, int]], min_hits: int) -> list[int]:
    """The same labels by flooding from each hit in turn."""
    labels, number = [-1] * n, 0
    seen: set[int] = set()
    for start in range(n):
        if start in seen:
            continue
        group, grown = {start}, True
        while grown:
            more = {b for a, b in edges if a in group} | {a for a, b in edges if b in group}
            grown = not more <= group
            group |= more
        seen |= group
        if len(group) >= min_hits:
            for hit in group:
                labels[hit] = number
            number += 1
    return labels


@given(st.data(), st.integers(1, 15), st.integers(1, 4))
def test_hits_are_numbered_by_component(data: st.DataObject, n: int, min_hits: int) -> None:
    end = st.integers(0, n - 1)
    edges = data.draw(st.lists(st.tuples(end, end), max_size=20))
    array = np.array(edges, np.int64).reshape(-1, 2).T
    assert connected_components(n, array, min_hits).tolist() == flooded(n, edges, min_hits)


def test_no_hits_have_no_labels() -> None:
    labels = connected_components(0, np.zeros((2, 0), np.int64), 3)
    assert labels.shape == (0,)
    assert labels.dtype == np.int64


def test_hits_without_edges_are_on_no_track_of_two() -> None:
    assert connected_components(3, np.zeros((2, 0), np.int64), 2).tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("edges", "message"), [([[0], [3]], "edge 0 ends at hit 3, but the hits are 0..2"), ([[-1], [0]], "at hit -1")]
)
def test_an_edge_to_a_hit_that_there_is_not_is_refused(edges: list[list[int]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        connected_components(3, np.array(edges))


def test_edges_of_another_shape_are_refused() -> None:
    with pytest.raises(DataError, match=r"found float64 of shape \(5, 2\), expected integers of shape \(2, E\)"):
        connected_components(3, np.zeros((5, 2)))


def greedy(n: int, edges: list[tuple[int, int, float]]) -> list[tuple[int, int]]:
    """The edges that are taken one after the other by falling score."""
    taken: list[tuple[int, int]] = []
    for _, (a, b, _score) in sorted(enumerate(edges), key=lambda pair: (-pair[1][2], pair[0])):
        if a != b and all(a != c and b != d for c, d in taken):
            taken.append((a, b))
    return taken


@given(st.data(), st.integers(1, 12), st.integers(1, 3))
def test_best_paths_are_those_of_taking_edges_one_by_one(data: st.DataObject, n: int, min_hits: int) -> None:
    end = st.integers(0, n - 1)
    edges = data.draw(st.lists(st.tuples(end, end, st.integers(0, 4).map(float)), max_size=25))
    array = np.array([edge[:2] for edge in edges], np.int64).reshape(-1, 2).T
    scores = np.array([edge[2] for edge in edges])
    expected = flooded(n, greedy(n, edges), min_hits)
    assert best_paths(n, array, scores, min_hits).tolist() == expected


def test_two_tracks_that_share_an_edge_are_told_apart_by_their_scores() -> None:
    # 0-1-2-3 and 4-5-6-7 with a wrong edge from 1 to 6.
    edges = np.array([[0, 1, 2, 4, 5, 6, 1], [1, 2, 3, 5, 6, 7, 6]])
    scores = np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.6])
    assert connected_components(8, edges).tolist() == [0] * 8
    assert walk(8, edges, scores).tolist() == [0] * 4 + [1] * 4


def test_a_component_that_does_not_branch_is_left_whole() -> None:
    edges = np.array([[0, 1, 3, 3], [1, 2, 4, 5]])
    assert walk(7, edges, np.array([0.1, 0.1, 0.5, 0.6]), min_hits=2).tolist() == [0, 0, 0, 1, -1, 1, -1]


@given(st.data(), st.integers(1, 12), st.integers(1, 3))
def test_a_walk_is_components_where_none_branches_and_best_paths_where_all_do(
    data: st.DataObject, n: int, min_hits: int
) -> None:
    end = st.integers(0, n - 1)
    pairs = data.draw(st.lists(st.tuples(end, end).filter(lambda pair: pair[0] < pair[1]), max_size=15, unique=True))
    edges = np.array(pairs, np.int64).reshape(-1, 2).T
    scores = np.array(data.draw(st.lists(st.integers(0, 5).map(float), min_size=len(pairs), max_size=len(pairs))))
    whole, paths = connected_components(n, edges), best_paths(n, edges, scores)
    found = walk(n, edges, scores)
    for component in range(whole.max() + 1):
        own = whole == component
        branches = any(np.bincount(ends, minlength=n)[own].max() > 1 for ends in edges)
        expected = paths[own] if branches else whole[own]
        assert len({*zip(found[own].tolist(), expected.tolist())}) == len(set(expected.tolist()))
        assert len(set(found[own].tolist())) == len(set(expected.tolist()))
    sizes = np.bincount(found)
    kept = walk(n, edges, scores, min_hits)
    np.testing.assert_array_equal(kept >= 0, sizes[found] >= min_hits)


def test_scores_that_do_not_fit_the_edges_are_refused() -> None:
    edges = np.array([[0, 1], [1, 2]])
    with pytest.raises(DataError, match=r"found the shape \(3,\), expected one for each of 2 edges"):
        best_paths(3, edges, np.zeros(3))
    with pytest.raises(DataError, match="edge 1 has the score NaN"):
        best_paths(3, edges, np.array([0, np.nan]))


@given(st.data(), st.integers(2, 10))
def test_support_is_the_sum_over_common_neighbours(data: st.DataObject, n: int) -> None:
    end = st.integers(0, n - 1)
    pairs = data.draw(
        st.lists(st.tuples(end, end).filter(lambda p: p[0] != p[1]), max_size=20, unique_by=lambda p: (min(p), max(p)))
    )
    edges = np.array(pairs, np.int64).reshape(-1, 2).T
    scores = np.array(data.draw(st.lists(st.integers(0, 4), min_size=len(pairs), max_size=len(pairs)))) / 4
    of = {frozenset(pair): score for pair, score in zip(pairs, scores)}
    expected = [
        sum(of.get(frozenset((a, c)), 0) * of.get(frozenset((c, b)), 0) for c in range(n) if c not in (a, b))
        for a, b in pairs
    ]
    assert support(n, edges, scores).tolist() == expected  # sums of sixteenths are exact


def test_support_does_not_depend_on_the_size_of_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    edges = np.unique(np.sort(random.integers(30, size=(2, 200)), axis=0), axis=1)
    edges = edges[:, edges[0] != edges[1]]
    scores = random.random(edges.shape[1])
    whole = support(30, edges, scores)
    monkeypatch.setattr(labelling, "_BLOCK", 7)
    np.testing.assert_array_equal(support(30, edges, scores), whole)


def test_two_tracks_of_near_hits_are_told_apart_where_one_edge_joins_them() -> None:
    # Two tracks of four hits, all near ones joined, and a wrong edge between their middles.
    track = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    edges = np.array([*track, *((a + 4, b + 4) for a, b in track), (1, 6)]).T
    scores = np.full(edges.shape[1], 0.9)
    assert connected_components(8, edges).tolist() == [0] * 8
    assert supported_components(8, edges, scores).tolist() == [0] * 4 + [1] * 4
    assert supported_components(8, edges, scores, least=2.0, min_hits=2).tolist() == [-1] * 8
