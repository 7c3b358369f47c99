"""Exports in float16 and in int8 codes: what is quantized, how, and by how much results change."""

from pathlib import Path

import numpy as np
import onnx
import onnx.version_converter
import pytest
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from codesign.errors import CodesignError, ConfigError, ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export.exported import Options
from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.export.onnx_target import write_onnx
from codesign.gpu.lint import refused
from codesign.gpu.lint.lint import lint
from codesign.gpu.networks import network
from codesign.gpu.reference import run
from tests.gpu import checkpoints
from tests.gpu.export.running import execute

RNG = np.random.default_rng(3)
NETWORKS = {
    "embedding": checkpoints.embedding(),
    "filter": checkpoints.edge_filter(),
    "interaction": checkpoints.interaction(),
    "attention": checkpoints.attention(),
}
MODES = [("any", "pull"), ("sorted", "pull"), ("any", "scatter")]


def event(kind: str, nodes: int = 40, edges: int = 150) -> dict[str, np.ndarray]:
    inputs = {"x": RNG.normal(size=(nodes, 3)).astype(np.float32)}
    return inputs if kind == "embedding" else {**inputs, "edge_index": RNG.integers(0, nodes, (2, edges))}


def constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def producers(model: onnx.ModelProto) -> dict[str, onnx.NodeProto]:
    return {output: node for node in model.graph.node for output in node.output}


@pytest.mark.parametrize(("edges", "lowering"), MODES)
@pytest.mark.parametrize("name", NETWORKS)
def test_float16_is_within_its_roundings(name: str, edges: str, lowering: str) -> None:
    graph, inputs = network(NETWORKS[name]), event(name)
    model = to_onnx(graph, lowering, edges, "fp16")
    assert not any(x.dtype == np.float32 and x.size > 1 for x in constants(model).values())
    [found] = execute(model, feeds(graph, inputs, lowering, edges)).values()
    [expected] = run(graph, inputs).values()
    assert found.dtype == np.float32
    # Some tens of roundings of 2^-11 each in networks of weights below 1, which do not amplify them.
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-2 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_product_behind_the_first_layer_is_of_symmetric_int8_codes(name: str) -> None:
    graph, inputs = network(NETWORKS[name]), event(name)
    plain, model = to_onnx(graph), to_onnx(graph, precision="int8", calibration=inputs)
    known, made, before = constants(model), producers(model), constants(plain)
    weights = {n.name: before[n.input[1]] for n in plain.graph.node if n.op_type == "MatMul"}
    quantized = 0
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.input[0] == "x":
            continue
        for one in (made[x] for x in node.input):
            assert one.op_type == "DequantizeLinear"
            assert not known[one.input[2]].any()  # the zero points
        codes, scale = (known[made[node.input[1]].input[k]] for k in (0, 1))
        assert codes.dtype == np.int8
        assert scale.shape == codes.shape[1:]  # one for each output channel
        # Half a step, and a rounding of the float32 scale.
        assert (np.abs(codes * scale - weights[node.name]) <= scale * 0.5001).all()
        quantized += 1
    first = sum(n.op_type == "MatMul" and n.input[0] == "x" for n in plain.graph.node)
    assert quantized == len(weights) - first > 0


@pytest.mark.parametrize(("edges", "lowering"), MODES)
@pytest.mark.parametrize("name", NETWORKS)
def test_int8_is_near_on_the_event_of_its_scales(name: str, edges: str, lowering: str) -> None:
    graph, inputs = network(NETWORKS[name]), event(name)
    model = to_onnx(graph, lowering, edges, "int8", calibration=inputs)
    [found] = execute(model, feeds(graph, inputs, lowering, edges)).values()
    [expected] = run(graph, inputs).values()
    error = np.sqrt(np.mean((found - expected) ** 2) / np.var(expected))
    assert 1e-5 < error < 0.2  # a 127th of the range of each product, at most, and some products


def test_onnxruntime_computes_what_the_quantizers_mean() -> None:
    graph, inputs = network(NETWORKS["filter"]), event("filter")
    model = to_onnx(graph, edges="sorted", precision="int8", calibration=inputs)
    given = feeds(graph, inputs, edges="sorted")
    newer = onnx.version_converter.convert_version(model, 19)  # the first that the evaluator knows
    [meant] = ReferenceEvaluator(newer).run(None, given)
    [found] = execute(model, given).values()
    # Codes are equal but where float32 sums of two orders lie at both sides of a step: then one step, in few edges.
    assert np.mean(np.abs(found - meant) > 1e-5) < 0.05


def test_int8_needs_an_event_with_rows() -> None:
    graph = network(NETWORKS["filter"])
    with pytest.raises(ModelError, match="int8 needs an event for calibration"):
        to_onnx(graph, precision="int8")
    with pytest.raises(ModelError, match="an event with at least one row in each input is needed"):
        to_onnx(graph, precision="int8", calibration=event("filter", edges=0))


def test_a_network_of_one_layer_has_no_product_to_quantize() -> None:
    checkpoint = checkpoints.embedding()
    weights = {k: v for k, v in checkpoint.weights.items() if k.startswith("network.0.")}
    single = Checkpoint("embedding", {**checkpoint.settings, "hidden": [], "outputs": 6}, weights)
    with pytest.raises(ModelError, match="int8: the network has no product behind its first layer"):
        to_onnx(network(single), precision="int8", calibration=event("embedding"))


def test_no_runtime_refuses_the_codes_that_takes_the_network() -> None:
    graph, inputs = network(NETWORKS["interaction"]), event("interaction")
    for target in ("onnxruntime-cpu", "onnxruntime-cuda", "tensorrt", "tensorrt-rtx"):
        model = to_onnx(graph, edges="sorted", precision="int8", calibration=inputs)
        assert not refused(lint(model, target)), target


def test_the_command_takes_an_event_for_its_network(tmp_path: Path) -> None:
    checkpoints.edge_filter().save(tmp_path / "model")
    np.savez(tmp_path / "event.npz", **event("filter"))
    options = Options(precision="int8", calibration=tmp_path / "event.npz")
    [one] = write_onnx(tmp_path / "model", tmp_path / "out", options, version="1").values()
    assert 0 < one.differences[0].difference < 0.5
    assert "precision int8" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (None, "event.npz: the data cannot be read as .npy or .npz"),
        ({"x": np.zeros((3, 3))}, "event.npz: there is no array for input edge_index, only x"),
        ({"x": np.zeros((3, 3)), "edge_index": np.array([[0], [7]])}, "event.npz: .*7"),
        ({"x": np.full((3, 3), 1e39), "edge_index": np.array([[0], [1]])}, r"input x: 1e\+39 is beyond float32"),
    ],
)  # fmt: skip
def test_a_wrong_event_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray] | None, message: str) -> None:
    checkpoints.edge_filter().save(tmp_path / "model")
    if arrays is None:
        (tmp_path / "event.npz").write_bytes(b"no zip")
    else:
        np.savez(tmp_path / "event.npz", **arrays)
    options = Options(precision="int8", calibration=tmp_path / "event.npz")
    with pytest.raises(CodesignError, match=message):
        write_onnx(tmp_path / "model", tmp_path / "out", options, version="1")
    assert not (tmp_path / "out").exists()


def test_events_are_for_int8_alone_and_it_needs_one(tmp_path: Path) -> None:
    checkpoints.edge_filter().save(tmp_path / "model")
    with pytest.raises(ConfigError, match="--precision int8 finds its scales on an event: give --calibration"):
        write_onnx(tmp_path / "model", tmp_path / "out", Options(precision="int8"), version="1")
    with pytest.raises(ConfigError, match="--calibration is for --precision int8, not fp16"):
        options = Options(precision="fp16", calibration=tmp_path / "event.npz")
        write_onnx(tmp_path / "model", tmp_path / "out", options, version="1")
