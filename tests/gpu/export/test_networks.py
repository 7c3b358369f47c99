"""The tracking networks in onnxruntime: every lowering gives what the networks mean, on any graph."""

import numpy as np
import onnx
import pytest

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.networks import network
from tests.gpu import checkpoints
from tests.gpu.export.running import LOWERINGS, assert_equal_to_reference, execute

RNG = np.random.default_rng(7)
NETWORKS = {
    "filter": checkpoints.edge_filter(),
    "interaction": checkpoints.interaction(),
    "one sum, no norm": checkpoints.interaction(aggregate="target", layer_norm=False),
    "inputs read again": checkpoints.interaction(concat=True),
    "features of edges": checkpoints.interaction(edge_inputs=2),
    "attention": checkpoints.attention(),
}


def edges(nodes: int, count: int, star: bool = False) -> dict[str, np.ndarray]:
    """A graph with self loops and repeated edges; with `star` half of the edges end at one node."""
    index = RNG.integers(0, max(nodes, 1), (2, count))
    if star:
        index[1, ::2] = nodes - 1
    return {"x": RNG.normal(size=(nodes, 3)), "edge_index": index}


@pytest.mark.parametrize(("lowering", "edge_mode"), LOWERINGS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_lowering_gives_what_the_network_means(name: str, lowering: str, edge_mode: str) -> None:
    graph, inputs = network(NETWORKS[name]), edges(30, 100)
    if "edge_attr" in graph:
        inputs["edge_attr"] = RNG.normal(size=(100, 2))
    assert_equal_to_reference(graph, inputs, lowering=lowering, edges=edge_mode)


@pytest.mark.parametrize(("lowering", "edge_mode"), LOWERINGS)
@pytest.mark.parametrize(
    "inputs",
    [edges(0, 0), edges(4, 0), edges(1, 1), edges(9, 2), edges(6, 900, star=True), edges(400, 200)],
    ids=["nothing", "no edges", "a self loop", "lonely nodes", "a node of degree > 256", "more nodes than edges"],
)
def test_every_graph_has_a_defined_answer(inputs: dict[str, np.ndarray], lowering: str, edge_mode: str) -> None:
    assert_equal_to_reference(network(NETWORKS["interaction"]), inputs, lowering=lowering, edges=edge_mode)


@pytest.mark.parametrize("layer_norm", [False, True])
def test_an_embedding_needs_no_edges(layer_norm: bool) -> None:
    graph = network(checkpoints.embedding(layer_norm))
    for nodes in (0, 1, 20):
        assert_equal_to_reference(graph, {"x": RNG.normal(size=(nodes, 3))})


def test_the_pull_lowering_gives_the_same_bits_in_every_run_and_for_every_number_of_threads() -> None:
    graph, inputs = network(NETWORKS["interaction"]), edges(50, 2000, star=True)
    model = to_onnx(graph)
    arrays = feeds(graph, inputs)
    first = execute(model, arrays)["output"]
    for threads in (1, 2, 3):
        np.testing.assert_array_equal(execute(model, arrays, threads)["output"], first, strict=True)


def test_the_contract_of_the_tracking_plugin() -> None:
    """Acts takes the inputs by their place, one output of one or two dimensions, and applies the sigmoid itself."""
    model = to_onnx(network(NETWORKS["interaction"]))
    assert [v.name for v in model.graph.input] == ["x", "edge_index"]
    shapes = {
        v.name: (v.type.tensor_type.elem_type, [d.dim_value or d.dim_param for d in v.type.tensor_type.shape.dim])
        for v in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {
        "x": (onnx.TensorProto.FLOAT, ["nodes", 3]),
        "edge_index": (onnx.TensorProto.INT64, [2, "edges"]),
        "output": (onnx.TensorProto.FLOAT, ["edges"]),
    }


@pytest.mark.parametrize(("lowering", "edge_mode"), LOWERINGS)
def test_no_export_has_a_scatternd_and_only_the_scatter_lowering_scatters(lowering: str, edge_mode: str) -> None:
    kinds = {n.op_type for n in to_onnx(network(NETWORKS["attention"]), lowering, edge_mode).graph.node}
    assert {k for k in kinds if "Scatter" in k} == ({"ScatterElements"} if lowering == "scatter" else set())
    assert ("TopK" in kinds) == (edge_mode == "any" and lowering != "scatter")


def test_an_index_is_sorted_once_and_shared_weights_are_one_constant() -> None:
    model = to_onnx(network(checkpoints.interaction(steps=6)))
    assert [n.op_type for n in model.graph.node].count("TopK") == 2
    few = to_onnx(network(checkpoints.interaction(steps=1)))
    assert sum(np.prod(t.dims) for t in model.graph.initializer) == sum(np.prod(t.dims) for t in few.graph.initializer)


def test_an_edge_to_a_node_that_does_not_exist_is_refused() -> None:
    graph = network(NETWORKS["filter"])
    for bad in (-1, 30):
        inputs = edges(30, 5)
        inputs["edge_index"][1, 3] = bad
        with pytest.raises(ModelError, match=f"input edge_index: row {bad} of nodes does not exist"):
            feeds(graph, inputs)


@pytest.mark.parametrize("lowering", ["pull", "padded", "scatter"])
@pytest.mark.parametrize("bad", [-1, -30, -31, 30, 1 << 40])
def test_a_model_fails_in_onnxruntime_where_nobody_checked_its_edges(bad: int, lowering: str) -> None:
    graph = network(NETWORKS["interaction"])
    arrays = feeds(graph, edges(30, 50), lowering)
    arrays["edge_index"][:, 7] = bad
    with pytest.raises(Exception, match=r"out of data bounds|out of bounds"):
        execute(to_onnx(graph, lowering), arrays)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"lowering": "scatter_nd"}, "lowering is 'scatter_nd', expected one of pull, padded, scatter"),
        ({"edges": "random"}, "edges is 'random', expected one of any, sorted"),
        ({"precision": "fp8"}, "precision is 'fp8', expected one of fp32"),
    ],
)
def test_an_unknown_option_is_refused(option: dict[str, str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        to_onnx(network(NETWORKS["filter"]), **option)


def changed(checkpoint: Checkpoint, **settings: object) -> Checkpoint:
    return Checkpoint(checkpoint.kind, {**checkpoint.settings, **settings}, checkpoint.weights)  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("checkpoint", "message"),
    [
        (
            changed(NETWORKS["interaction"], layer_norm=False),
            "node_encoder.1.weight are none of a network with its settings",
        ),
        (changed(NETWORKS["interaction"], steps=0), "setting steps is 0, expected an integer in 1..64"),
        (changed(NETWORKS["interaction"], aggregate="source"), "setting aggregate is 'source', expected one of both"),
        (
            changed(NETWORKS["interaction"], activation="gelu"),
            "setting activation is 'gelu', expected one of tanh, relu",
        ),
        (changed(NETWORKS["interaction"], inputs=4), "a matrix of 3 x 6 cannot multiply an input of shape .4,."),
        (changed(NETWORKS["interaction"], activaton="tanh"), "'activaton' is not known; did you mean activation"),
        (
            changed(NETWORKS["filter"], steps=2),
            "setting 'steps' is not known; there are activation, inputs, layer_norm",
        ),
        (changed(NETWORKS["filter"], inputs=5), "setting inputs is 5, expected an even number"),
        (Checkpoint("calorimeter", {}, {}), "kind calorimeter cannot be exported"),
        (Checkpoint("spvcnn", {}, {}), "the setting inputs is missing"),
        (
            Checkpoint(
                "filter", NETWORKS["filter"].settings, {**NETWORKS["filter"].weights, "more": np.zeros(1, "f4")}
            ),
            "the weights more are none of a network with its settings",
        ),
        (
            Checkpoint("filter", NETWORKS["filter"].settings, {"network.0.weight": np.zeros((3, 6), "f4")}),
            "the weights network.0.bias are missing",
        ),
    ],
)
def test_a_checkpoint_whose_settings_and_weights_disagree_is_refused(checkpoint: Checkpoint, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        network(checkpoint)
