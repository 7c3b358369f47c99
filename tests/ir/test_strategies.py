"""The shared strategies draw what they say: runnable networks with every layer in them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.ir.graph import Graph
from codesign.ir.layers import (
    ALL,
    FloatConv,
    Layer,
    MatMul,
    MultiplyShift,
    Requantize,
    Shift,
    Softmax,
    Table,
    Thresholds,
)
from tests.strategies import networks, typed_networks

NOT_DRAWN: set[type[Layer]] = {FloatConv, MatMul, Softmax}
"""These have no codes until a precision is chosen for them."""


@given(networks())
def test_a_drawn_network_runs_and_has_codes_at_its_outputs(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    found = graph.run(inputs)
    for output in graph.outputs:
        node = graph[output.source]
        codes = found[output.source]
        assert codes.shape == (len(inputs[0]), *node.type.shape)
        assert node.type.low <= codes.min() <= codes.max() <= node.type.high


@given(typed_networks())
def test_a_typed_network_runs_on_codes_and_every_code_lies_in_its_type(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    found = graph.run_codes(inputs, keep=True)
    for node in graph:
        assert found[node.name].dtype == np.int64
        assert node.type.low <= found[node.name].min() <= found[node.name].max() <= node.type.high


def kinds_drawn(strategy: st.SearchStrategy[tuple[Graph, list[np.ndarray]]]) -> set[type]:
    """The layers, and the kinds of step function, in 300 networks."""
    seen: set[type] = set()

    @settings(max_examples=300)
    @given(strategy)
    def collect(drawn: tuple[Graph, list[np.ndarray]]) -> None:
        for node in drawn[0]:
            seen.add(type(node.layer))
            if isinstance(node.layer, Requantize):
                seen.add(type(node.layer.function))

    collect()
    return seen


def test_every_layer_joins_the_strategies() -> None:
    assert set(ALL) - NOT_DRAWN <= kinds_drawn(networks()) | kinds_drawn(typed_networks())


def test_every_kind_of_step_function_is_drawn() -> None:
    assert {Shift, MultiplyShift, Thresholds, Table} <= kinds_drawn(typed_networks())
