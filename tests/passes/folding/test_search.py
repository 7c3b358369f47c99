"""The search leaves out what cannot matter: it finds what a look at every option finds."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.ir.graph import Graph
from codesign.passes.folding.search import Search
from codesign.passes.products import choices
from codesign.targets import load_target
from tests.strategies import typed_networks

DEVICE = load_target("arty-a7").resources


def searched(graph: Graph, share: float) -> tuple[Search, dict[str, list[object]]]:
    graph.prune()
    search = Search(graph, {}, DEVICE * share, 100.0)
    return search, {
        name: list(choices(node, search.pieces.input(name))) for name, node in search.pieces.products.items()
    }


@settings(max_examples=60)
@given(typed_networks())
def test_no_product_is_faster_than_its_bound(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    search, options = searched(drawn[0], 1.0)
    for name, folds in options.items():
        for fold in folds:
            assert search.pieces.product(name, fold, 1).interval >= search.pieces.bound(name, fold)


@settings(max_examples=60)
@given(typed_networks())
def test_the_least_interval_is_that_of_all_options(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    search, options = searched(drawn[0], 1.0)
    pieces = search.pieces
    least = max((min(pieces.product(n, f, 1).interval for f in folds) for n, folds in options.items()), default=1)
    longest = least
    for region in pieces.regions:
        ends = [options[name] for name in region.products]
        if len(ends) > 2:
            ends = [[max(folds, key=lambda f: (f.pe, f.simd))] for folds in ends]
        each = (pieces.region(region, dict(zip(region.products, folds)), least).interval for folds in product(*ends))
        longest = max(longest, min(each))
    assert search.intervals(options)[0] == longest


@settings(max_examples=40)
@given(typed_networks(), st.sampled_from([0.002, 0.01, 0.05, 0.3, 1.0]))
def test_the_fastest_design_is_the_first_of_all_intervals_that_fits(
    drawn: tuple[Graph, list[np.ndarray]], share: float
) -> None:
    search, options = searched(drawn[0], share)
    found, bound = search.fastest(options)
    goals = search.intervals(options)
    possible = [search.possible(options, goal) for goal in goals]
    assert possible == sorted(possible)
    if found is None:
        assert not any(search.cheapest(options, goal) for goal in goals)
        return
    assert bound == goals[possible.index(True)]
    first = next(f for goal in goals if (f := search.cheapest(options, goal)) is not None)
    assert (found.folds, found.pace, found.price) == (first.folds, first.pace, first.price)
