"""Labels from edges, against a search by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import DataError
from codesign.gpu.tracking.labelling import connected_components


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
