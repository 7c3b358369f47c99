"""Random networks on random graphs: every lowering gives what they mean, with the rewrites and without."""

import numpy as np
import pytest
from hypothesis import given, settings

from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.reference import run
from codesign.gpu.rewrites import PASSES, rewritten
from codesign.ir.graph import Graph
from codesign.ir.layers import Layer
from codesign.ir.layers.rows import ROWS, SegmentSum
from codesign.ir.text import from_text, to_text
from tests.gpu.export.running import LOWERINGS, execute
from tests.strategies.rows import row_networks

Drawn = tuple[Graph, dict[str, np.ndarray], bool]
BOUND = 1e-5
"""For networks with a step that rounds, behind which nothing comes: in a layer norm of numbers below 8, some float32
roundings of 5e-7 each, over a deviation of at least 1 (epsilon), times 2 (the scale); tanh and sigmoid: within 1e-6."""


def assert_means(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], exact: bool) -> None:
    for name, numbers in expected.items():
        assert found[name].shape == numbers.shape
        np.testing.assert_allclose(found[name], numbers, rtol=0, atol=0 if exact else BOUND)


@pytest.mark.parametrize(("lowering", "edges"), LOWERINGS)
@given(row_networks())
@settings(max_examples=40)
def test_an_export_gives_what_the_network_means(lowering: str, edges: str, drawn: Drawn) -> None:
    graph, inputs, exact = drawn
    expected = run(graph, inputs)
    for rewrites in (False, True):
        model = to_onnx(graph, lowering, edges, rewrites=rewrites)
        assert_means(execute(model, feeds(graph, inputs, lowering, edges)), expected, exact)


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda p: p.__name__)
@given(row_networks())
@settings(max_examples=50)
def test_a_rewrite_keeps_every_number(rewrite, drawn: Drawn) -> None:  # type: ignore[no-untyped-def]
    graph, inputs, exact = drawn
    text = to_text(graph)[0]
    assert_means(run(rewritten(graph, [rewrite]), inputs), run(graph, inputs), exact)
    assert to_text(graph)[0] == text


@given(row_networks())
def test_the_text_of_a_network_on_rows_parses_back(drawn: Drawn) -> None:
    text, arrays = to_text(drawn[0])
    assert to_text(from_text(text, arrays))[0] == text


def test_every_layer_and_every_kind_of_graph_is_drawn() -> None:
    kinds: set[type[Layer]] = set()
    edges: set[int] = set()
    sums = 0

    @given(row_networks())
    @settings(max_examples=200)
    def look(drawn: Drawn) -> None:
        nonlocal sums
        graph, inputs, _ = drawn
        kinds.update(type(node.layer) for node in graph)
        edges.add(inputs["edge_index"].shape[1])
        sums += any(isinstance(node.layer, SegmentSum) for node in graph) and inputs["edge_index"].shape[1] > 256

    look()
    assert set(ROWS) <= kinds
    assert {0, 300} <= edges
    assert sums >= 20
