"""The shared strategies draw what they say: runnable networks with every layer in them."""

import numpy as np
from hypothesis import given, seed, settings
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


def kinds_drawn(strategy: st.SearchStrategy[tuple[Graph, list[np.ndarray]]], wanted: set[type]) -> set[type]:
    """The layers, and the kinds of step function, in up to 10 x 300 networks: until all that is wanted was seen."""
    seen: set[type] = set()
    for round_number in range(10):

        @seed(round_number)
        @settings(max_examples=300, derandomize=False, database=None)
        @given(strategy)
        def collect(drawn: tuple[Graph, list[np.ndarray]]) -> None:
            for node in drawn[0]:
                seen.add(type(node.layer))
                if isinstance(node.layer, Requantize):
                    seen.add(type(node.layer.function))

        collect()
        if wanted <= seen:
            break
    return seen


def test_every_layer_joins_the_strategies() -> None:
    layers: set[type] = set(ALL) - NOT_DRAWN
    assert layers <= kinds_drawn(st.one_of(networks(), typed_networks()), layers)


def test_every_kind_of_step_function_is_drawn() -> None:
    kinds: set[type] = {Shift, MultiplyShift, Thresholds, Table}
    assert kinds <= kinds_drawn(typed_networks(), kinds)
