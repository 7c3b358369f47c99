"""Published networks as their tools wrote them: they load, and mean what qonnx computes."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

from codesign.errors import ModelError
from codesign.frontends.qonnx import load
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import MultiThreshold, Quantize
from tests.frontends.models import QONNX, QUANTIZERS, layers

# The files state a shape of batch 0 or none between their nodes, which qonnx remarks on.
pytestmark = pytest.mark.filterwarnings("ignore:Output shapes disagree")

HIDDEN = ["Dense", "Affine", "Relu", "Quantize"]
NORMALIZED = ["Dense", "BatchNorm", "Quantize"]
FINN = ["Dense", "Affine", "BatchNorm", "Identity", "MultiThreshold"]
FLOAT = ["MatMul", "Affine", "BatchNorm", "Relu"]

FILES = {
    "zoo_qkeras_jettagging/qkeras_jettagging.onnx": [*HIDDEN * 3, "Dense", "Affine", "Softmax"],
    "zoo_kwsmlp_w3a3/kwsmlp_w3a3.onnx": [
        "Quantize", "Reshape", *["Dense", "BatchNorm", "Relu", "Quantize"] * 3, "Dense",
    ],
    "zoo_tfc_1w1a/TFC_1W1A.onnx": [
        "Reshape", "Affine", "Affine", "Quantize", *NORMALIZED * 3, "Dense", *["Affine"] * 4,
    ],
    "zoo_tfc_1w2a/TFC_1W2A.onnx": [
        "Reshape", "Affine", "Affine", "Quantize", *NORMALIZED * 3, "Dense", *["Affine"] * 4,
    ],
    "finn_tfc_w1a1_build_dataflow/model.onnx": [
        "Affine", "Reshape", "Affine", "Affine", "MultiThreshold", *FINN * 3, "Dense", *["Affine"] * 5, "ArgMax",
    ],
    "qonnx_history_qkeras_unit/model_test_qkeras_qdense_0.onnx": [*HIDDEN, "Dense", "Affine", "Identity", "Identity"],
    "qonnx_history_qkeras_unit/model_test_qkeras_qactivation_0.onnx": ["Relu", "Quantize", "Identity"],
    "qonnx_history_qkeras_unit/model_test_qkeras_qactivation_4.onnx": ["Identity", "Quantize", "Identity"],
    "acts_seed_dup_classifier/seedDuplicateClassifier.onnx": [
        "Affine", "Affine", *["MatMul", "Affine", "Relu"] * 5, "MatMul", "Affine", "Sigmoid",
    ],
    "mlperf_alibaba_ad/model_ad.onnx": [*FLOAT * 5, "MatMul", "Affine"],
}  # fmt: skip

REFUSED = {
    "exatrkx_trackml_gnn/model.onnx": "input edge_index has an axis 1 of size edges_size",
}


@pytest.mark.parametrize("file", FILES)
def test_a_published_network_loads(file: str, shared: Path) -> None:
    assert layers(load(shared / "models" / file)) == FILES[file]


@pytest.mark.parametrize("file", REFUSED)
def test_a_network_with_other_layers_is_refused_by_name(file: str, shared: Path) -> None:
    with pytest.raises(ModelError, match=REFUSED[file]):
        load(shared / "models" / file)


class Reference:
    """The file executed by qonnx, one sample at a time; every tensor by its name."""

    def __init__(self, path: Path) -> None:
        proto = onnx.load(str(path))
        proto.ir_version = max(8, min(proto.ir_version, 10))
        for n in proto.graph.node:
            n.domain = QONNX if n.op_type in QUANTIZERS else n.domain
        opsets = [o for o in proto.opset_import if o.domain != QONNX]
        del proto.opset_import[:]
        proto.opset_import.extend([*opsets, helper.make_opsetid(QONNX, 1)])
        constants = {t.name for t in proto.graph.initializer}
        for value in proto.graph.input:
            dims = value.type.tensor_type.shape.dim
            if value.name not in constants and not dims[0].dim_value:
                dims[0].dim_value = 1
        # Claims about types, which qonnx would enforce on any input.
        del proto.graph.quantization_annotation[:]
        self.wrapper = ModelWrapper(proto).transform(InferShapes())
        self.input = next(i for i in self.wrapper.graph.input if self.wrapper.get_initializer(i.name) is None)
        self.result = {n.name: n.output[0] for n in proto.graph.node}
        self.output = proto.graph.output[0].name

    def __call__(self, sample: np.ndarray) -> dict[str, np.ndarray]:
        assert self.input.type.tensor_type.elem_type == TensorProto.FLOAT
        found = execute_onnx(
            self.wrapper, {self.input.name: sample[None].astype(np.float32)}, return_full_exec_context=True
        )
        return dict(found)


def first_difference(graph: Graph, reference: Reference, sample: np.ndarray) -> int:
    """How many codes of the first quantizer that differs from qonnx's do so; each is shown to be a rounding tie."""
    theirs = reference(sample)
    ours = graph.run([sample[None]], keep=True)
    for node in graph:
        if not isinstance(node.layer, (Quantize, MultiThreshold)) or node.origin not in reference.result:
            continue
        wanted = theirs[reference.result[node.origin]].reshape(node.type.shape)
        step, offset = node.type.step, node.type.offset
        assert step.uniform and offset.uniform
        codes = np.round((wanted - float(offset[0])) / float(step[0])).astype(np.int64)
        different = np.argwhere(codes != ours[node.name][0])
        if len(different):
            before = _values(graph, node, ours)
            for at in map(tuple, different):
                assert abs(int(codes[at]) - int(ours[node.name][(0, *at)])) == 1
                assert _distance(node, before[at], int(max(codes[at], ours[node.name][(0, *at)]))) < 1e-4
            return len(different)
    (exact,) = graph.read_outputs({graph.outputs[0].source: ours[graph.outputs[0].source]})
    np.testing.assert_allclose(exact.astype(float), theirs[reference.output], rtol=1e-5, atol=1e-6)
    return 0


def _values(graph: Graph, node: Node, found: dict[str, np.ndarray]) -> np.ndarray:
    source = graph[node.inputs[0]]
    x = found[source.name]
    return np.asarray((x if source.type.real else source.type.decode(x))[0])


def _distance(node: Node, value: Fraction, upper: int) -> float:
    """How far `value` lies from the threshold below code `upper`, relative to the numbers that float32 adds there."""
    if isinstance(node.layer, MultiThreshold):
        threshold = Fraction(float(node.layer.thresholds[0][upper - 1]))
        return float(abs(value - threshold))
    ratio = (value - node.type.offset[0]) / node.type.step[0]
    return float(abs(ratio - (upper - Fraction(1, 2))))


SAMPLES = 12


def inputs_for(file: str, shape: tuple[int, ...]) -> np.ndarray:
    """Random inputs of the kind the network was trained on."""
    random = np.random.default_rng(7)
    if "jettagging" in file or "history" in file:
        return random.integers(-4096, 4097, (SAMPLES, *shape)) / 1024
    if "finn" in file:
        return random.integers(0, 256, (SAMPLES, *shape)).astype(np.float64)
    if "tfc" in file:
        return random.integers(0, 256, (SAMPLES, *shape)) / 256
    return (random.normal(size=(SAMPLES, *shape)) * 40).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("file", [f for f in FILES if "acts" not in f and "alibaba" not in f])
def test_a_published_network_means_what_qonnx_computes(file: str, shared: Path) -> None:
    graph, reference = load(shared / "models" / file), Reference(shared / "models" / file)
    x = inputs_for(file, graph.inputs[0].type.shape)
    ties = [first_difference(graph, reference, sample) for sample in x]
    assert sum(t > 0 for t in ties) <= 1, f"{ties} codes differ by a rounding tie"


@pytest.mark.parametrize("file", [f for f in FILES if "acts" in f or "alibaba" in f])
def test_a_published_float_network_is_that_of_onnxruntime(file: str, shared: Path) -> None:
    graph, reference = load(shared / "models" / file), Reference(shared / "models" / file)
    x = np.random.default_rng(7).normal(size=(2, *graph.inputs[0].type.shape)).astype(np.float32).astype(np.float64)
    (ours,) = graph.values([x])
    theirs = np.concatenate([reference(sample)[reference.output] for sample in x])
    np.testing.assert_allclose(ours.astype(float), theirs, rtol=1e-4, atol=1e-5)


def test_the_golden_images_of_finn_are_exact(shared: Path) -> None:
    folder = shared / "models" / "finn_tfc_w1a1_build_dataflow"
    x, wanted = np.load(folder / "input.npy"), np.load(folder / "expected_output.npy")
    graph = load(folder / "model.onnx")
    (found,) = graph.values([x.reshape(-1, *graph.inputs[0].type.shape)])
    assert found.ravel().tolist() == wanted.ravel().tolist()
