"""The program knows the best folding: against all foldings of small random networks."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from codesign.analysis.cost import design_cost
from codesign.ir.graph import Graph
from codesign.passes.folding.model import Model, price
from codesign.passes.folding.pieces import Pieces
from codesign.passes.lower import lower
from codesign.passes.products import choices
from codesign.targets import load_target
from tests.strategies import typed_networks

MANY = 300


@settings(max_examples=40)
@given(typed_networks(), st.floats(0, 1), st.floats(0.02, 1))
def test_its_solution_is_the_best_of_all(drawn: tuple[Graph, list[np.ndarray]], where: float, share: float) -> None:
    graph, _ = drawn
    graph.prune()
    pieces = Pieces(graph, {})
    options = {name: list(choices(node, pieces.input(name))) for name, node in pieces.products.items()}
    assume(0 < prod(map(len, options.values())) <= MANY and all(len(r.products) <= 2 for r in pieces.regions))
    every = [dict(zip(options, folds)) for folds in product(*options.values())]
    paces = sorted({lower(graph, folds).interval() for folds in every})
    pace = paces[round(where * (len(paces) - 1))]
    device = load_target("arty-a7").resources * share
    fitting = []
    for folds in every:
        design = lower(graph, folds, pace=pace)
        need = design_cost(design).total
        if design.interval() <= pace and not need.exceeding(device):
            fitting.append(price(need, device))
    model = Model(pieces, options, device, pace)
    solution = model.cheapest()
    assert (solution is not None) == bool(fitting)
    if solution is not None:
        chosen = lower(graph, model.folding(solution), pace=pace)
        found = price(design_cost(chosen).total, device)
        assert chosen.interval() <= pace
        assert found == min(fitting)
        assert round(2 * solution.objective) == 2 * found  # blocks of RAM come in halves
