"""Layers on sets of rows: what they compute, and which sets of rows they refuse to mix."""

from fractions import Fraction

import numpy as np
import pytest

from codesign.errors import LayerError, ModelError
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, Concat, Input, Relu
from codesign.ir.layers.rows import Column, Devoxelize, Gather, KernelMapConv, LayerNorm, Linear, SegmentSum, Weigh
from codesign.ir.tensor import Tensor
from codesign.ir.text import from_text, to_text
from codesign.ir.verify import verify
from codesign.passes.lower import lower

NODES, EDGES = Tensor((3,), rows="nodes"), Tensor((3,), rows="edges")
ENDS = Tensor.of_index((2,), rows="edges", index="nodes")
TARGET = Tensor.of_index((), rows="edges", index="nodes")
RNG = np.random.default_rng(4)


def message_passing() -> Graph:
    """x -> relu(linear(sum of x[source] at target))."""
    graph = Graph("messages")
    graph.add("x", Input(NODES))
    graph.add("edge_index", Input(ENDS, rows_last=True))
    graph.add("source", Column(0), "edge_index")
    graph.add("target", Column(1), "edge_index")
    graph.add("message", Gather(), "x", "source")
    graph.add("received", SegmentSum(), "message", "target", "x")
    graph.add("dense", Linear(RNG.normal(size=(3, 2)), RNG.normal(size=2)), "received")
    graph.add("y", Relu(), "dense")
    graph.outputs.append(Output("output", "y", "output"))
    return graph


def test_types_say_which_set_rows_run_over() -> None:
    graph = message_passing()
    verify(graph, "building")
    rows = {node.name: node.type.rows for node in graph}
    assert rows["message"] == "edges" and rows["received"] == rows["y"] == "nodes"
    assert str(graph["edge_index"].type) == "2 for each of edges: rows of nodes"


def test_the_text_parses_back() -> None:
    graph = message_passing()
    text, arrays = to_text(graph)
    again = from_text(text, arrays)
    assert to_text(again)[0] == text
    assert [n.type for n in again] == [n.type for n in graph]


def test_a_set_of_rows_in_the_text_must_be_a_name() -> None:
    text, arrays = to_text(message_passing())
    with pytest.raises(ModelError, match=r"line 2: .*not a value: 'no des'"):
        from_text(text.replace("rows='nodes'", "rows='no des'", 1), arrays)


@pytest.mark.parametrize(
    ("layer", "types", "message"),
    [
        (Gather(), [EDGES, TARGET], "its index holds rows of nodes, and what it indexes has rows of edges"),
        (Gather(), [Tensor((3,)), TARGET], "what it indexes has rows of the batch"),
        (Gather(), [NODES, EDGES], "an index of nodes is expected, found 3 for each of edges real"),
        (Gather(), [NODES, ENDS], "its index has the shape"),
        (Gather(), [NODES, Tensor.of_index((), "edges", "nodes", missing=True)], "a row of nodes is missing"),
        (SegmentSum(), [NODES, TARGET, NODES], "sums rows of nodes, its index is one for each of edges"),
        (SegmentSum(), [EDGES, TARGET, EDGES], "its index holds rows of nodes"),
        (SegmentSum(), [TARGET, TARGET, NODES], "row numbers cannot be summed"),
        (Add(), [NODES, EDGES], "rows of different sets: nodes, edges"),
        (Concat(), [NODES, Tensor((3,))], "rows of different sets: nodes, the batch"),
        (Column(2), [ENDS], "column 2 is none of the 2"),
        (Column(0), [NODES], "several indices for each row are expected"),
        (Linear(np.zeros((4, 2))), [NODES], "a matrix of 4 x 2 cannot multiply"),
        (Linear(np.zeros((3, 2)), np.zeros(3)), [NODES], "are no matrix with a bias for each column"),
        (LayerNorm(np.zeros(2), np.zeros(2)), [NODES], "cannot normalize an input of shape"),
        (LayerNorm(np.zeros(3), np.zeros(3), Fraction(0)), [NODES], "epsilon is 0"),
        (Weigh(), [NODES, NODES], "a weight of shape"),
        (KernelMapConv(np.zeros((2, 4, 5))), [NODES, ENDS], "weights for 4 channels"),
        (KernelMapConv(np.zeros((27, 3, 5))), [NODES, ENDS], "expected .27,. .27 for each row"),
        (Devoxelize(), [NODES, ENDS, EDGES], "its index has the shape .2,., expected .8,."),
        (Devoxelize(2), [NODES, ENDS, EDGES], "2 weights for each point are expected"),
    ],
)
def test_rows_of_different_sets_and_shapes_that_do_not_fit_are_refused(
    layer: Linear, types: list[Tensor], message: str
) -> None:
    with pytest.raises(LayerError, match=message):
        layer.result_on_rows(*types)


def test_a_sum_of_codes_is_an_exact_integer_at_its_extremes() -> None:
    values = Tensor.of_codes((1,), -8, 7)
    values = Tensor(values.shape, values.fixed, low=-8, high=7, rows="edges")
    layer = SegmentSum(terms=3)
    result = layer.result_on_rows(values, TARGET, NODES)
    assert (result.low, result.high, result.rows) == (-24, 21, "nodes")
    index, like = np.array([2, 0, 2, 2, 0, 0]), np.zeros((4, 3), dtype=np.int64)
    codes = np.array([[7], [-8], [7], [7], [-8], [-8]])
    found = layer.run([values, TARGET, NODES], result, [codes, index, like])
    assert found.dtype == np.int64 and found.tolist() == [[-24], [0], [21], [0]]
    with pytest.raises(LayerError, match="row 0 sums 3 rows, at most 2 were promised"):
        SegmentSum(terms=2).run([values, TARGET, NODES], result, [codes, index, like])


def test_without_a_bound_a_sum_of_codes_is_exact_and_real() -> None:
    values = Tensor.of_codes((1,), -8, 7)
    values = Tensor(values.shape, values.fixed, low=-8, high=7, rows="edges")
    layer = SegmentSum()
    result = layer.result_on_rows(values, TARGET, NODES)
    assert result.real
    found = layer.run([values, TARGET, NODES], result, [np.array([[3], [4]]), np.array([1, 1]), np.zeros((2, 3))])
    assert found.tolist() == [[0], [7]] and isinstance(found[1, 0], Fraction)


def test_gathered_codes_keep_how_they_are_read() -> None:
    x = Tensor((1,), Tensor.of_codes((1,), 0, 5).fixed, low=0, high=5, rows="nodes")
    result = Gather().result_on_rows(x, TARGET)
    assert (result.low, result.high, result.rows) == (0, 5, "edges")
    found = Gather().run([x, TARGET], result, [np.array([[5], [0]]), np.array([1, 0, 0])])
    assert found.tolist() == [[0], [5], [5]]


def test_a_kernel_map_counts_missing_neighbours_as_zero() -> None:
    x, w = RNG.normal(size=(3, 2)), RNG.normal(size=(2, 2, 4))
    neighbours = np.array([[0, 3], [3, 3], [2, 1]])
    found = KernelMapConv(w, np.ones(4)).floats(x, neighbours)
    expected = [x[0] @ w[0] + 1, np.ones(4), x[2] @ w[0] + x[1] @ w[1] + 1]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_point_sees_the_voxels_around_it_by_their_weights() -> None:
    x = np.array([[1.0, 2.0], [10.0, 20.0]])
    found = Devoxelize(2).floats(x, np.array([[0, 1], [2, 1]]), np.array([[0.25, 0.5], [0.75, 0.125]]))
    assert found.tolist() == [[5.25, 10.5], [1.25, 2.5]]


def test_a_layer_norm_has_mean_0_and_variance_1_before_its_scale() -> None:
    x = RNG.normal(3, 5, size=(6, 50))
    y = LayerNorm(np.full(50, 2.0), np.full(50, 1.0)).floats(x)
    np.testing.assert_allclose(y.mean(axis=1), 1, atol=1e-13)
    np.testing.assert_allclose(y.var(axis=1), 4, rtol=1e-5)


def test_there_is_no_hardware_for_rows_of_a_set() -> None:
    with pytest.raises(ModelError, match=r"node x: there is no hardware for Input on rows of a set .nodes."):
        lower(message_passing(), {})
