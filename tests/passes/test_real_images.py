"""Published convolutional networks through all passes: the integers that qonnx computes, its float ties counted."""

from pathlib import Path

import numpy as np
import pytest

from codesign.analysis.latency import timing
from codesign.config import Config, Streams
from codesign.frontends.qonnx import load
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Conv, Requantize, Transpose
from codesign.passes import pipeline
from codesign.passes.builder import Fold, is_product, matrix_shape, product_interval
from codesign.passes.pipeline import wired_design
from codesign.passes.products import foldings
from tests.frontends.test_real_files import Reference

pytestmark = pytest.mark.filterwarnings("ignore:Output shapes disagree")

INPUT = Fixed(16, 10)

QUANTIZED = {
    "qonnx_eltwise_chanlast/eltwise_chanlast_testcase.onnx": 1,
    "qonnx_espcn_nnresize_quant/quant_model.onnx": 1,
    "deepcalo/deepcalo_image_only_synthetic.onnx": 6,
    "deepcalo/deepcalo_image_only_w8a8_synthetic.onnx": 6,
}
"""Files whose activations are quantized, and how many samples are tried."""

FLOAT = {"qonnx_mnist_conv/model.onnx": 0.001, "qonnx_residual_block/residual_block_clean.onnx": 0.001}
"""Files with float weights, and how far 24 bits may take their results, relative to the largest."""


def samples(graph: Graph, file: str, count: int, shared: Path) -> np.ndarray:
    """Events for the calorimeter, for the others random numbers of the input's type."""
    shape = graph.inputs[0].layer.shape
    if "deepcalo" in file:
        images = np.load(shared / "data" / "deepcalo" / "synthetic_events.npz")["image"][:count]
        return images.reshape(count, *shape).astype(np.float32).astype(np.float64)
    return np.random.default_rng(7).integers(-2048, 2049, (count, *shape)) / 1024


def passed(file: str, shared: Path, config: Config | None = None) -> pipeline.Passed:
    types = {} if "deepcalo" in file else {"": INPUT}
    return pipeline.run(load(shared / "models" / file), config or Config(), types)


def ties(network: Graph, reference: Reference, sample: np.ndarray) -> int:
    """How many codes of the first requantizer that differs from qonnx's do so: each by one, and beside a threshold."""
    theirs, ours = reference(sample), network.run([sample[None]], keep=True)
    compared = 0
    for node in network:
        if not isinstance(node.layer, Requantize) or node.origin not in reference.result:
            continue
        compared += 1
        wanted = theirs[reference.result[node.origin]][0]
        wanted = wanted.transpose(1, 2, 0) if wanted.ndim == 3 else wanted
        codes = np.round((wanted - float(node.type.offset[0])) / float(node.type.step[0])).astype(np.int64)
        different = codes != ours[node.name][0]
        if different.any():
            assert (abs(codes - ours[node.name][0])[different] == 1).all()
            assert beside_threshold(node, ours[node.inputs[0]][0], codes)[different].all()
            return int(different.sum())
    assert compared
    return 0


def beside_threshold(node: Node, before: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Where a float32 sum of this size may have rounded across the threshold."""
    layer = node.layer
    assert isinstance(layer, Requantize)
    error = 1 + int(abs(before).max()) // (1 << 18)
    moved = [np.clip(before + s * error, *layer.domain) for s in (-1, 1)]
    return (layer.function(moved[0][None])[0] == codes) | (layer.function(moved[1][None])[0] == codes)


@pytest.mark.parametrize("file", QUANTIZED)
def test_a_quantized_network_has_the_integers_of_qonnx(file: str, shared: Path) -> None:
    result = passed(file, shared)
    assert result.exact and [type(n.layer) for n in result.network].count(Transpose) <= 1
    x = samples(result.network, file, QUANTIZED[file], shared)
    reference = Reference(shared / "models" / file)
    found = [ties(result.network, reference, sample) for sample in x]
    assert sum(t > 0 for t in found) <= 1, f"{found} codes differ by a rounding tie"


def test_a_convolution_without_a_quantizer_behind_it_is_exact(shared: Path) -> None:
    file = "qonnx_history_qkeras_unit/model_test_qkeras_qconv2d_0.onnx"
    network = passed(file, shared).network
    assert [type(n.layer) for n in network if n.inputs] == [Conv]
    reference = Reference(shared / "models" / file)
    x = samples(network, file, 3, shared) / 8
    (ours,) = network.values([np.round(x * 1024) / 1024])
    for sample, exact in zip(np.round(x * 1024) / 1024, ours, strict=True):
        theirs = reference(sample)[reference.output][0].astype(np.float64)
        assert abs(exact.astype(float) - theirs).max() <= abs(theirs).max() * 2**-22


@pytest.mark.parametrize("file", FLOAT)
def test_a_float_network_with_a_stated_precision_keeps_its_integers_and_stays_near(file: str, shared: Path) -> None:
    result = passed(file, shared, Config.of({"Model": {"Precision": "fixed<24,10>"}}))
    assert not result.exact and result.approximations
    x = samples(result.network, file, 2, shared)
    (ours,), (typed,) = result.network.values([x]), result.typed.values([x])
    assert ours.tolist() == typed.tolist()
    reference = Reference(shared / "models" / file)
    theirs = np.concatenate([reference(sample)[reference.output] for sample in x]).reshape(ours.shape)
    assert abs(ours.astype(float) - theirs).max() <= FLOAT[file] * abs(theirs).max()


def test_a_pixel_of_the_calorimeter_s_convolutions_costs_its_folding(shared: Path) -> None:
    """31 us at 200 MHz are 6,160 cycles: 2 for each of the 3,080 positions of the first convolution, and so on."""
    network = passed("deepcalo/deepcalo_image_only_w8a8_synthetic.onnx", shared).network
    layers = [n for n in network if isinstance(n.layer, Conv)]
    folds = [Fold(8, 100), Fold(16, 36), Fold(8, 144), Fold(16, 36), Fold(16, 36), Fold(16, 36)]
    for node, fold, reuse in zip(layers, folds, (2, 8, 8, 32, 64, 128), strict=False):
        positions = node.type.size // node.type.channels
        assert fold.reuse(*matrix_shape(node.layer)) == reuse
        assert product_interval(node, network[node.inputs[0]].type, fold) == positions * reuse


def test_single_streams_make_the_calorimeter_network_as_slow_as_its_largest_image(shared: Path) -> None:
    """56 x 55 pixels of 16 channels stand behind the first convolution; mixed streams carry them 16 at a time."""
    network = passed("deepcalo/deepcalo_image_only_w8a8_synthetic.onnx", shared).network
    folding = {}
    for node in network:
        if is_product(node.layer):
            x = network[node.inputs[0]].type
            fast = [f for f in foldings(node) if product_interval(node, x, f) <= 7000 and f.simd <= 1024]
            folding[node.name] = min(fast, key=lambda f: (f.pe * f.simd, -f.simd))
    mixed, single = (timing(wired_design(network, folding, {}, s)) for s in (Streams.MIXED, Streams.SINGLE))
    assert mixed.interval <= 7000
    assert single.interval == 56 * 55 * 16
    assert single.latency > 2 * mixed.latency
