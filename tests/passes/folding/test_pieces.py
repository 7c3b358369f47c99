"""The pieces of a network, each lowered on its own, are the processes and streams of the whole design."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.cost import design_cost
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Conv, Input
from codesign.ir.tensor import Tensor
from codesign.passes.builder import is_product, product_interval
from codesign.passes.folding.pieces import Pieces
from codesign.passes.lower import lower
from codesign.passes.products import foldings
from tests.perceptrons import folds
from tests.strategies import typed_networks


@settings(max_examples=100)
@given(st.data())
def test_they_cost_what_the_design_costs_and_are_as_fast(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    graph.prune()
    folding = data.draw(folds(graph))
    design = lower(graph, folding)
    nodes = [node for node in graph if is_product(node.layer)]
    pace = max((product_interval(n, graph[n.inputs[0]].type, folding[n.name]) for n in nodes), default=1)
    pieces = Pieces(graph, {})
    assert pieces.cost(folding, pace) == design_cost(design).total
    found = [pieces.product(name, fold, pace) for name, fold in folding.items()]
    found += [pieces.region(region, folding, pace) for region in pieces.regions]
    assert max(piece.interval for piece in found) == design.interval()
    assert sum(len(piece.design.processes) for piece in found) == len(design.processes)


def test_what_is_known_of_one_folding_is_not_taken_for_another() -> None:
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((5, 6, 4), Fixed(4))))
    weights = np.random.default_rng(0).integers(-4, 4, (3, 3, 4, 6))
    conv = graph.add("c", Conv(weights, Fixed(3), padding=(1, 1, 1, 1)), "x")
    graph.outputs = [Output("y", "c", "y")]
    pieces = Pieces(graph, {})
    for pace in (1, 300, 1000):
        for fold in foldings(conv):
            alone, found = Pieces(graph, {}).product("c", fold, pace), pieces.product("c", fold, pace)
            assert (found.cost, found.interval) == (alone.cost, alone.interval)
