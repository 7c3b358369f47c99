"""Parts of products that every step adds: computed once, and nothing else changes."""

import numpy as np

from codesign.gpu.networks import network
from codesign.gpu.reference import run
from codesign.gpu.rewrites.hoist import LEAST, hoist_invariants
from codesign.gpu.rewrites.pipeline import rewritten
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Concat, Input, Relu
from codesign.ir.layers.rows import Linear
from codesign.ir.tensor import Tensor
from codesign.ir.verify import verify
from tests.gpu import checkpoints

RNG = np.random.default_rng(11)
BOUND = 1e-12
"""Sums of some tens of float64 products in two orders, of numbers around 1."""


def loop(steps: int = 3, width: int = 4, shared: bool = True) -> Graph:
    """h = relu(W (h, x) + b), some times over."""
    graph = Graph("loop")
    graph.add("x", Input(Tensor((width,), rows="nodes")))
    weights, bias = RNG.normal(size=(2 * width, width)), RNG.normal(size=width)
    h = graph.add("h", Relu(), "x").name
    for k in range(steps):
        joined = graph.add(f"joined_{k}", Concat(), h, "x").name
        step = Linear(weights if shared else weights.copy(), bias)
        h = graph.add(f"relu_{k}", Relu(), graph.add(f"step_{k}", step, joined).name).name
    graph.outputs.append(Output("y", h, "y"))
    return graph


def hoisted(graph: Graph, least: int = 1) -> Graph:
    made = graph.copy()
    hoist_invariants(made, least)
    made.prune()
    verify(made, "hoisting")
    return made


def products(graph: Graph, source: str) -> int:
    return sum(isinstance(n.layer, Linear) and n.inputs == (source,) for n in graph)


def test_what_every_step_adds_is_computed_once() -> None:
    graph, inputs = loop(), {"x": RNG.normal(size=(7, 4))}
    made = hoisted(graph)
    assert products(graph, "x") == 0
    assert products(made, "x") == 1
    assert not any(isinstance(n.layer, Concat) for n in made)
    matrices = {id(n.layer.weights) for n in made if isinstance(n.layer, Linear)}
    assert len(matrices) == 2  # of the steps, which share theirs, and of x
    np.testing.assert_allclose(run(made, inputs)["y"], run(graph, inputs)["y"], rtol=0, atol=BOUND)


def test_what_one_step_reads_stays() -> None:
    for graph in (loop(steps=1), loop(shared=False)):
        assert products(hoisted(graph), "x") == 0


def test_a_part_of_few_channels_stays() -> None:
    assert products(hoisted(loop(width=LEAST - 1), LEAST), "x") == 0
    assert products(hoisted(loop(width=LEAST), LEAST), "x") == 1


def test_the_encoded_inputs_that_every_step_reads_again_are_multiplied_once() -> None:
    graph = network(checkpoints.interaction(hidden=(20, 16), steps=3, concat=True))
    made = rewritten(graph)
    encoded = {"edge_encoder_3": 1, "node_encoder_3": 3}  # an edge's; a node's as source, as target and for itself
    for name, count in encoded.items():
        assert sum(isinstance(n.layer, Linear) and n.inputs[0] == name for n in made if "_of_" in n.name) >= count
    inputs = {"x": RNG.normal(size=(9, 3)), "edge_index": RNG.integers(0, 9, (2, 30))}
    np.testing.assert_allclose(run(made, inputs)["output"], run(graph, inputs)["output"], rtol=0, atol=BOUND)
