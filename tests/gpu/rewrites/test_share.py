"""Equal layers of equal inputs become one."""

import numpy as np

from codesign.gpu.rewrites.share import share_results
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, Input, Relu
from codesign.ir.layers.rows import Gather, Linear
from codesign.ir.tensor import Tensor


def test_the_same_results_are_computed_once() -> None:
    graph = Graph("shared")
    weights = np.ones((2, 2))
    graph.add("x", Input(Tensor((2,), rows="nodes")))
    graph.add("z", Input(Tensor((2,), rows="nodes")))
    graph.add("i", Input(Tensor.of_index((), rows="edges", index="nodes")))
    for k in range(2):
        graph.add(f"product_{k}", Linear(weights), "x")
        graph.add(f"relu_{k}", Relu(), f"product_{k}")
        graph.add(f"sent_{k}", Gather(), f"relu_{k}", "i")
    graph.add("other", Linear(weights.copy()), "x")  # equal numbers are not the same weights
    graph.add("from_z", Linear(weights), "z")
    graph.add("rest", Add(), "other", "from_z")
    graph.add("sum", Add(), "sent_0", "sent_1")
    graph.outputs += [Output("y", "sum", "y"), Output("rest", "rest", "rest"), Output("again", "sent_1", "again")]
    share_results(graph)
    graph.prune()
    assert [n.name for n in graph] == ["x", "z", "i", "product_0", "relu_0", "sent_0", "other", "from_z", "rest", "sum"]
    assert graph["sum"].inputs == ("sent_0", "sent_0")
    assert [o.source for o in graph.outputs] == ["sum", "rest", "sent_0"]
