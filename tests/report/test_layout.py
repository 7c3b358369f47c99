"""Boxes do not overlap, arrows go down, chains are straight."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.report.layout import layout


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]]]:
    names = [f"n{i}" for i in range(draw(st.integers(1, 12)))]
    pairs = list(combinations(names, 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=20)) if pairs else []
    return names, edges


@given(graphs())
def test_boxes_keep_apart_and_arrows_go_down(graph: tuple[list[str], list[tuple[str, str]]]) -> None:
    names, edges = graph
    found = layout(names, edges)

    places = [*found.at.values(), *(bend for bends in found.bends.values() for bend in bends)]
    for (x, row), (other, other_row) in combinations(places, 2):
        assert row != other_row or abs(x - other) > 0.99
    for a, b in edges:
        rows = [found.at[a][1], *(row for _, row in found.bends[a, b]), found.at[b][1]]
        assert rows == list(range(rows[0], rows[0] + len(rows))) and len(rows) > 1
    assert min(x for x, _ in places) == 0
    assert found.columns == max(x for x, _ in places) + 1
    assert found.rows == max(row for _, row in places) + 1


@given(graphs())
def test_the_same_graph_is_drawn_the_same(graph: tuple[list[str], list[tuple[str, str]]]) -> None:
    assert layout(*graph) == layout(*graph)


def test_a_chain_is_a_straight_line() -> None:
    names = list("abcdef")
    found = layout(names, list(pairwise(names)))
    assert [found.at[n] for n in names] == [(0.0, row) for row in range(6)]
    assert found.columns == 1


def test_a_skip_connection_bends_beside_the_branch_it_skips() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")]
    found = layout(list("abcd"), edges)
    assert [row for _, row in found.bends["a", "d"]] == [1, 2]
    assert found.bends["a", "b"] == ()
    (x, _), (y, _) = found.bends["a", "d"]
    assert x == y
    assert found.at["a"][0] == found.at["d"][0] == pytest.approx((found.at["b"][0] + x) / 2)


def test_a_second_input_stands_right_above_its_reader() -> None:
    found = layout(["x", "a", "b", "y", "sum"], [("x", "a"), ("a", "b"), ("b", "sum"), ("y", "sum")])
    assert found.at["y"][1] == 2


def test_branches_do_not_cross() -> None:
    edges = [("a", "l"), ("a", "r"), ("l", "l2"), ("r", "r2"), ("l2", "z"), ("r2", "z")]
    found = layout(["a", "r", "l", "l2", "r2", "z"], edges)
    assert (found.at["l"][0] < found.at["r"][0]) == (found.at["l2"][0] < found.at["r2"][0])


def test_nothing_is_drawn_for_nothing() -> None:
    assert layout([], []).rows == 0
