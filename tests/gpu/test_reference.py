"""Networks on sets of rows: their inputs are checked, and run layer by layer."""

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.gpu.inputs import fed
from codesign.gpu.reference import run
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Input
from codesign.ir.layers.rows import Column, Gather, SegmentSum
from codesign.ir.tensor import Tensor


def neighbours() -> Graph:
    graph = Graph("neighbours")
    graph.add("x", Input(Tensor((2,), rows="nodes")))
    graph.add("edge_index", Input(Tensor.of_index((2,), rows="edges", index="nodes"), rows_last=True))
    graph.add("source", Column(0), "edge_index")
    graph.add("target", Column(1), "edge_index")
    graph.add("sent", Gather(), "x", "source")
    graph.add("received", SegmentSum(), "sent", "target", "x")
    graph.outputs.append(Output("output", "received", "output"))
    return graph


X = np.array([[1, 2], [10, 20], [100, 200]], dtype=np.float32)


def test_each_node_receives_the_sum_of_what_its_neighbours_send() -> None:
    found = run(neighbours(), {"x": X, "edge_index": np.array([[0, 1, 2, 2], [1, 1, 0, 1]])})
    assert found["output"].tolist() == [[100, 200], [111, 222], [0, 0]]


@pytest.mark.parametrize("nodes", [0, 3])
def test_without_edges_nothing_is_received(nodes: int) -> None:
    found = run(neighbours(), {"x": X[:nodes], "edge_index": np.zeros((2, 0), dtype=np.int64)})
    np.testing.assert_array_equal(found["output"], np.zeros((nodes, 2)), strict=True)


def test_arrays_are_fed_in_the_types_of_the_file() -> None:
    found = fed(neighbours(), {"x": X.astype(np.float64), "edge_index": np.zeros((2, 1), dtype=np.int32)})
    assert (found["x"].dtype, found["edge_index"].dtype) == (np.float32, np.int64)


EDGES = np.array([[0], [1]])


@pytest.mark.filterwarnings("error")
def test_a_number_that_is_infinite_in_float32_is_refused_before_it_is_fed() -> None:
    inputs = {"x": np.array([[1.0, 2.0], [3.0, -1e39]]), "edge_index": EDGES}
    assert run(neighbours(), inputs)["output"].tolist() == [[0, 0], [1, 2]]
    with pytest.raises(ModelError, match=r"input x: -1e\+39 is beyond float32"):
        fed(neighbours(), inputs)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": X}, "the input edge_index is missing"),
        ({"x": X, "edge_index": EDGES, "w": X}, "there is no input w; there are x, edge_index"),
        ({"x": X[:, :1], "edge_index": EDGES}, r"input x has the shape \(3, 1\), expected \(nodes, 2\)"),
        ({"x": X, "edge_index": EDGES.T}, r"input edge_index has the shape \(1, 2\), expected \(2, edges\)"),
        ({"x": X, "edge_index": EDGES * 1.0}, "input edge_index has float64, expected integers"),
        ({"x": X.astype("U3"), "edge_index": EDGES}, "input x has <U3, expected real numbers"),
        ({"x": X * np.nan, "edge_index": EDGES}, "input x: row 0 has a value that is not a number"),
        ({"x": X, "edge_index": EDGES + 2}, r"input edge_index: row 3 of nodes does not exist, there are 3 \(0..2\)"),
        ({"x": X, "edge_index": EDGES - 1}, "input edge_index: row -1 of nodes does not exist"),
        ({"x": X[:0], "edge_index": EDGES}, "does not exist, there are 0"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_name(inputs: dict[str, np.ndarray], message: str) -> None:
    for function in (run, fed):
        with pytest.raises(ModelError, match=message):
            function(neighbours(), inputs)
