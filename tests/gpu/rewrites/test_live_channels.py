"""Channels that nobody reads: not computed, not gathered, not summed, and every number that is left stays."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codesign.gpu.reference import run
from codesign.gpu.rewrites.live_channels import keep_live_channels
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, Affine, Concat, Input, Relu, Slice
from codesign.ir.layers.rows import Gather, KernelMapConv, LayerNorm, Linear, SegmentSum
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.ir.verify import verify

RNG = np.random.default_rng(5)


def started() -> Graph:
    graph = Graph("live")
    graph.add("x", Input(Tensor((3,), rows="nodes")))
    graph.add("index", Input(Tensor.of_index((), rows="edges", index="nodes")))
    graph.add("map", Input(Tensor.of_index((4,), rows="nodes", index="nodes", missing=True)))
    return graph


def inputs() -> dict[str, np.ndarray]:
    index, map = RNG.integers(0, 8, 20), RNG.integers(0, 9, (8, 4))
    return {"x": RNG.integers(-9, 9, (8, 3)).astype(float), "index": index, "map": map}


def whole(*shape: int) -> np.ndarray:
    """Small integers: float64 sums of their products are exact in every order."""
    return RNG.integers(-4, 5, shape).astype(float)


def reading(rows: list[int], size: int, columns: int = 2) -> Linear:
    """A product that multiplies these of its inputs by other numbers than 0."""
    weights = np.zeros((size, columns))
    weights[rows] = RNG.integers(1, 5, (len(rows), columns))
    return Linear(weights, whole(columns))


def narrowed(graph: Graph, result: str) -> Graph:
    graph.outputs.append(Output("y", result, "y"))
    graph.prune()
    made = graph.copy()
    keep_live_channels(made)
    verify(made, "narrowing")
    given = inputs()
    np.testing.assert_array_equal(run(made, given)["y"], run(graph, given)["y"])
    return made


def channels(graph: Graph, *names: str) -> list[int]:
    return [graph[name].type.channels for name in names]


def test_only_live_channels_are_gathered_and_summed() -> None:
    graph = started()
    graph.add("wide", Linear(whole(3, 6), whole(6)), "x")
    graph.add("norm", Affine(Vector.of([1, 2, 3, 4, 5, 6]), Vector.of(Fraction(1, 2))), "wide")
    graph.add("relu", Relu(), "norm")
    graph.add("sent", Gather(), "relu", "index")
    graph.add("sum", SegmentSum(), "sent", "index", "x")
    graph.add("out", reading([1, 4], 6), "sum")
    made = narrowed(graph, "out")
    assert channels(made, "wide", "norm", "relu", "sent", "sum", "out") == [2, 2, 2, 2, 2, 2]
    assert made["norm"].layer == Affine(Vector.of([2, 5]), Vector.of(Fraction(1, 2)))


def test_a_channel_that_dies_behind_another_layer_dies_too() -> None:
    graph = started()
    graph.add("first", Linear(whole(3, 5)), "x")
    graph.add(
        "conv", KernelMapConv(np.concatenate([whole(4, 5, 2), np.ones((4, 5, 1))], axis=2), whole(3)), "first", "map"
    )
    conv = graph["conv"].layer
    assert isinstance(conv, KernelMapConv)
    conv.weights[:, 3, :2] = 0  # read by channel 2 alone, which nobody reads
    conv.weights[0, [0, 1, 2, 4], :2] = 1
    graph.add("out", reading([0, 1], 3), "conv")
    assert channels(narrowed(graph, "out"), "first", "conv") == [4, 2]


def test_sums_joins_and_parts_keep_the_channels_that_go_together() -> None:
    graph = started()
    for name in ("a", "b", "c"):
        graph.add(name, Linear(whole(3, 4)), "x")
    graph.add("sum", Add(), "a", "b")
    graph.add("joined", Concat(), "sum", "c")
    graph.add("part", Slice(2, 7), "joined")  # channels 2 and 3 of the sum, 0, 1 and 2 of c
    graph.add("out", reading([1, 2, 4], 5), "part")
    made = narrowed(graph, "out")
    assert channels(made, "a", "b", "sum", "c", "joined", "part") == [1, 1, 1, 2, 3, 3]


def test_inputs_outputs_and_norms_keep_all_channels() -> None:
    graph = started()
    graph.add("wide", Linear(whole(3, 4)), "x")
    graph.add("norm", LayerNorm(np.ones(4), np.zeros(4)), "wide")
    graph.add("sum", Add(), graph.add("other", Linear(whole(3, 3)), "x").name, "x")
    graph.add("joined", Concat(), "norm", "sum")
    graph.add("out", reading([0, 4], 7), "joined")
    assert channels(narrowed(graph, "out"), "wide", "norm", "other", "sum", "out") == [4, 4, 3, 3, 2]


def test_a_network_whose_last_product_reads_nothing_keeps_a_channel() -> None:
    graph = started()
    graph.add("wide", Linear(whole(3, 4)), "x")
    graph.add("out", reading([], 4), "wide")
    assert channels(narrowed(graph, "out"), "wide", "out") == [1, 2]


def test_steps_that_read_alike_still_share_their_weights() -> None:
    graph = started()
    shared, last = Linear(whole(3, 3)), reading([0, 2], 3)
    h = "x"
    for k in range(2):
        h = graph.add(f"step_{k}", shared, h).name
        graph.add(f"read_{k}", last, h)
    made = narrowed(graph, graph.add("out", Add(), "read_0", "read_1").name)
    assert channels(made, "step_0", "step_1") == [3, 2]
    assert made["read_0"].layer.weights is last.weights  # type: ignore[attr-defined]
    assert made["step_0"].layer.weights is shared.weights  # type: ignore[attr-defined]


@given(st.integers(0, 2**32 - 1))
def test_random_zeros_in_random_chains_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = started()
    names = ["x"]
    for k in range(rng.integers(2, 7)):
        source = names[rng.integers(len(names))]
        n, m = graph[source].type.channels, int(rng.integers(1, 5))
        weights = rng.integers(-2, 3, (n, m)) * (rng.random((n, 1)) < 0.5)
        names.append(graph.add(f"product_{k}", Linear(weights.astype(float)), source).name)
        alike = [i for i in names if graph[i].type.shape == (m,)]
        names.append(graph.add(f"sum_{k}", Add(), names[-1], alike[rng.integers(len(alike))]).name)
        names.append(graph.add(f"joined_{k}", Concat(), names[-1], names[rng.integers(len(names))]).name)
    narrowed(graph, names[-1])
