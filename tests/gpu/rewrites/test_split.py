"""The first layer of an edge network, computed for each node before it is gathered."""

import numpy as np

from codesign.gpu.networks import network
from codesign.gpu.reference import run
from codesign.gpu.rewrites.split import split_over_rows
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Concat, Input
from codesign.ir.layers.rows import Column, Gather, Linear
from codesign.ir.tensor import Tensor
from codesign.ir.verify import verify
from tests.gpu import checkpoints

RNG = np.random.default_rng(2)
LAYER = Linear(RNG.normal(size=(7, 5)), RNG.normal(size=5))


def edge_layer() -> Graph:
    graph = Graph("edges")
    graph.add("x", Input(Tensor((2,), rows="nodes")))
    graph.add("e", Input(Tensor((3,), rows="edges")))
    graph.add("edge_index", Input(Tensor.of_index((2,), rows="edges", index="nodes"), rows_last=True))
    for k, end in enumerate(("source", "target")):
        graph.add(end, Column(k), "edge_index")
        graph.add(f"x_{end}", Gather(), "x", end)
    graph.add("joined", Concat(), "x_source", "e", "x_target")
    graph.add("y", LAYER, "joined")
    graph.outputs.append(Output("y", "y", "y"))
    return graph


def lines(graph: Graph) -> list[str]:
    """What each node computes of what, without its parameters."""
    return [f"{n.name} = {type(n.layer).__name__}({', '.join(n.inputs)})" for n in graph]


INPUTS = {
    "x": RNG.normal(size=(4, 2)),
    "e": RNG.normal(size=(9, 3)),
    "edge_index": RNG.integers(0, 4, (2, 9)),
}


def test_a_product_of_gathered_rows_is_a_sum_of_gathered_products() -> None:
    graph = edge_layer()
    expected = run(graph, INPUTS)["y"]
    split_over_rows(graph)
    graph.prune()
    verify(graph, "split_over_rows")
    assert lines(graph) == [
        "x = Input()",
        "e = Input()",
        "edge_index = Input()",
        "source = Column(edge_index)",
        "target = Column(edge_index)",
        "y_of_x = Linear(x)",
        "y_x_source = Gather(y_of_x, source)",
        "y_of_e = Linear(e)",
        "y_of_x_2 = Linear(x)",
        "y_x_target = Gather(y_of_x_2, target)",
        "y_partial = Add(y_x_source, y_of_e)",
        "y = Add(y_partial, y_x_target)",
    ]
    # The same products, summed in another order: some float64 roundings of numbers of about 1.
    np.testing.assert_allclose(run(graph, INPUTS)["y"], expected, rtol=0, atol=1e-14)
    with_bias = [n.name for n in graph if isinstance(n.layer, Linear) and n.layer.bias is not None]
    assert with_bias == ["y_of_x"]  # once, and on the nodes


def test_what_others_read_too_and_what_is_not_gathered_stays() -> None:
    shared = edge_layer()
    shared.add("z", LAYER, "joined")
    shared.outputs.append(Output("z", "z", "z"))
    given = edge_layer()
    given.outputs.append(Output("joined", "joined", "joined"))
    plain = Graph("plain")
    plain.add("x", Input(Tensor((2,), rows="nodes")))
    plain.add("w", Input(Tensor((5,), rows="nodes")))
    plain.add("joined", Concat(), "x", "w")
    plain.add("y", LAYER, "joined")
    plain.outputs.append(Output("y", "y", "y"))
    single = Graph("single")
    single.add("x", Input(Tensor((7,), rows="nodes")))
    single.add("index", Input(Tensor.of_index((), rows="edges", index="nodes")))
    single.add("sent", Gather(), "x", "index")
    single.add("joined", Concat(), "sent")
    single.add("y", LAYER, "joined")
    single.outputs.append(Output("y", "y", "y"))
    for graph in (shared, given, plain, single):
        before = lines(graph)
        split_over_rows(graph)
        assert lines(graph) == before


def test_the_parts_of_a_matrix_are_shared_by_all_steps() -> None:
    graph = network(checkpoints.interaction(steps=5))
    split_over_rows(graph)
    linear = [n for n in graph if isinstance(n.layer, Linear) and n.name.startswith("edge_network_")]
    assert len(linear) == 5 * 4
    first = {id(n.layer.weights) for n in linear if isinstance(n.layer, Linear)}
    assert len(first) == 3 + 1  # the two ends and the edge itself, and the second layer
