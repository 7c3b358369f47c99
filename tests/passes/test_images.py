"""What the passes do with the layers of images: each as before and after, and where it must not fire."""

import numpy as np
import pytest

from codesign.config import Config
from codesign.errors import ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import (
    Affine,
    BatchNorm,
    Concat,
    Conv,
    FloatConv,
    Input,
    MaxPool,
    Pad,
    Quantize,
    Relu,
    Requantize,
    Shift,
    SumPool,
    Upsample,
)
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.passes import pipeline
from codesign.passes.accumulator_width import accumulator_width
from codesign.passes.fuse_bias import fuse_bias
from codesign.passes.infer_ranges import infer_ranges
from codesign.passes.propagate_scales import propagate_scales
from codesign.passes.requantize import requantize
from codesign.passes.tune_precision import tune_precision
from tests.passes.given import codes, network, text, vector

SHAPE = (4, 5, 2)
POOL = MaxPool((2, 2), (1, 1))


def conv(outputs: int = 3, groups: int = 1, padding: tuple[int, int, int, int] = (0, 0, 0, 0), seed: int = 3) -> Conv:
    w = np.random.default_rng(seed).integers(-8, 8, (2, 3, 2 // groups, outputs))
    return Conv(w, Fixed(4), padding=padding, groups=groups)


def kinds(graph: Graph) -> list[str]:
    return [type(n.layer).__name__ for n in graph]


def values(graph: Graph) -> list[list[object]]:
    """What the network gives on random inputs."""
    inputs = [np.random.default_rng(5).integers(-16, 16, (4, *n.layer.shape)).astype(float) for n in graph.inputs]
    return [v.tolist() for v in graph.values(inputs)]


def test_a_bias_goes_into_the_accumulator_of_a_convolution() -> None:
    graph = network(conv(), Affine(Vector.of(1), vector([4, -2, 7])), x=codes("int<4>", SHAPE))
    before = values(graph)
    fuse_bias(graph)
    assert graph["a"].layer.bias.tolist() == [4, -2, 7]
    assert values(graph) == before


def test_scales_per_input_channel_go_into_the_weights_of_their_group() -> None:
    graph = network(Affine(vector([1, "3/2"])), conv(4, groups=2), x=codes("int<4>", SHAPE))
    before, old = values(graph), graph["b"].layer.weights
    propagate_scales(graph)
    assert kinds(graph) == ["Input", "Affine", "Affine", "Conv"]
    assert (graph["b"].layer.weights == old * np.array([2, 2, 3, 3])).all()
    assert values(graph) == before


def test_what_never_falls_moves_before_the_largest_of_a_window() -> None:
    graph = network(conv(), POOL, Relu(), Quantize(0, 15), x=codes("int<4>", SHAPE))
    before = values(graph)
    propagate_scales(graph)
    assert kinds(graph) == ["Input", "Conv", "Relu", "Quantize", "MaxPool"]
    assert values(graph) == before


def test_what_falls_stays_behind_the_largest_of_a_window() -> None:
    graph = network(conv(), POOL, Affine(Vector.of(-1)), x=codes("int<4>", SHAPE))
    before = text(graph)
    propagate_scales(graph)
    assert text(graph) == before


def test_every_function_of_elements_moves_before_repeated_pixels() -> None:
    graph = network(conv(), Upsample((2, 3)), Affine(vector([-1, 2, 3])), x=codes("int<4>", SHAPE))
    before = values(graph)
    propagate_scales(graph)
    assert kinds(graph) == ["Input", "Conv", "Affine", "Upsample"]
    assert values(graph) == before


def test_codes_that_fall_as_values_rise_are_turned_for_a_pool() -> None:
    graph = network(conv(), Affine(vector([-1, 2, -3])), POOL, Affine(Vector.of(-1)), x=codes("int<4>", SHAPE))
    before = values(graph)
    assert graph["c"].type.real
    fuse_bias(graph)
    assert not graph["c"].type.real and min(graph["c"].type.step.values) > 0
    assert values(graph) == before


def test_a_padded_reader_has_the_offset_moved_into_the_accumulator() -> None:
    again = Conv(np.ones((3, 3, 3, 1), dtype=np.int64), Fixed(2), padding=(1, 1, 1, 1))
    graph = network(conv(), Affine(Vector.of(1), vector(["1/2", 1, 0])), again, x=codes("int<4>", SHAPE))
    before = values(graph)
    assert graph["c"].type.real
    fuse_bias(graph)
    propagate_scales(graph)  # the first channel counts in halves now
    assert not graph["c"].type.real
    assert values(graph) == before


def quantized(low: int, high: int, offset: int) -> tuple[Input, Requantize]:
    """An input, and a step function whose codes from 4 to 6 alone occur."""
    x = Input(Tensor.of_codes(SHAPE, 4, 6), (Quantize(4, 6),))
    return x, Requantize(Shift(0, 0, False, low, high), (4, 6), low, high, offset=Vector.of(offset))


@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (1, 0, 0, 1)])
def test_the_code_of_zero_stays_in_the_range_where_a_reader_pads(padding: tuple[int, int, int, int]) -> None:
    source, step = quantized(0, 15, -9)
    graph = network(step, POOL, conv(padding=padding), x=source.tensor)
    before = graph.run_codes([np.full((1, *SHAPE), 5)])["c"].tolist()
    infer_ranges(graph)
    assert (graph["a"].type.low, graph["a"].type.high) == ((4, 9) if any(padding) else (4, 6))
    accumulator_width(graph)
    found = graph.run_codes([np.full((1, *SHAPE), 5)])["c"]
    assert found.tolist() == before
    assert graph["c"].type.low <= found.min() and found.max() <= graph["c"].type.high


def test_an_accumulator_is_bounded_with_the_padding_of_its_input() -> None:
    w = np.array([3, -2]).reshape(1, 2, 1, 1)
    x = Tensor.of_codes((2, 2, 1), 4, 6)
    graph = network(Conv(w, Fixed(3), padding=(0, 0, 1, 0)), x=x)
    accumulator_width(graph)
    assert graph["a"].layer.bounds == (-12, 18)


def test_padding_without_a_code_of_zero_is_refused_by_name() -> None:
    x = Tensor.of_codes(SHAPE, 0, 3, offset=vector("1/2"))
    for layer in (conv(padding=(1, 1, 1, 1)), Pad(1, 0, 0, 0)):
        with pytest.raises(ModelError, match=r"given\.onnx: node node a: padding is by zeros, and 0 is not a code of"):
            requantize(network(layer, x=x))


def test_float_convolutions_get_types_with_the_batch_norm_in_their_weights() -> None:
    w = np.random.default_rng(1).normal(size=(2, 3, 1, 4))
    norm = BatchNorm(vector([1, 2, 1, "1/2"]), vector([0, 1, 2, 3]), Vector.of(0), Vector.of(1), vector(0)[0])
    layer = FloatConv(w, (1, 2), (1, 1), (1, 0, 1, 1), 2)
    graph = network(layer, norm.affine(), Relu(), x=codes("fixed<8,4>", SHAPE))
    found = tune_precision(graph, Config.of({"Model": {"Precision": "fixed<16,6>"}}))
    typed = graph["a"].layer
    assert isinstance(typed, Conv)
    assert (typed.stride, typed.padding, typed.groups, typed.bits) == ((1, 2), (1, 0, 1, 1), 2, Fixed(16, 10))
    assert (typed.weights == np.rint(w * [1, 2, 1, 0.5] * 1024)).all()
    assert [a.what for a in found] == [
        "bias rounded to fixed<16,6>", "float weights rounded to fixed<16,6>", "result rounded to fixed<16,6>",
    ]  # fmt: skip
    with pytest.raises(ModelError, match="node node a: its weights are float and have no type"):
        tune_precision(network(layer, x=codes("fixed<8,4>", SHAPE)), Config())


def test_the_type_of_convolutions_is_stated_apart_from_that_of_dense_layers() -> None:
    graph = network(FloatConv(np.ones((1, 1, 2, 1)) / 3), x=codes("int<4>", SHAPE))
    precision = {"weight": "fixed<5,1>", "result": "fixed<9,5>"}
    tune_precision(graph, Config.of({"LayerType": {"Conv2D": {"Precision": precision}}}))
    assert graph["a"].layer.bits == Fixed(5, 4)


def test_quantized_streams_that_are_joined_or_padded_need_no_quantizer_again() -> None:
    w = np.random.default_rng(1).normal(size=(1, 1, 4, 1))
    graph = network(Quantize(-8, 7), x=codes("int<6>", SHAPE))
    graph.add("both", Concat(), "a", "x")
    graph.add("larger", Pad(1, 1, 0, 0), "both")
    graph.add("c", FloatConv(w), "larger")
    graph.outputs = [Output("y", "c", "y")]
    tune_precision(graph, Config.of({"Model": {"Precision": "fixed<16,6>"}}))
    assert [n.name for n in graph] == ["x", "a", "both", "larger", "c"]


def test_a_small_network_of_images_ends_in_integers_alone() -> None:
    graph = network(
        Quantize(-8, 7), conv(), Relu(), POOL, Quantize(0, 15), SumPool((2, 1), (1, 1)), Affine(vector("1/2")),
        shape=SHAPE,
    )  # fmt: skip
    before = values(graph)
    result = pipeline.run(graph, Config(), {})
    assert kinds(result.network) == ["Input", "Conv", "Requantize", "MaxPool", "SumPool", "Affine"]
    assert values(result.network) == before and result.exact
