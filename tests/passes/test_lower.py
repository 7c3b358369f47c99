"""Lowering: the design computes the network's integers, whatever the folding, and is wired as it should be."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.errors import IRError, ModelError
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import (
    ALL,
    Apply,
    Fork,
    IndexOfMax,
    Join,
    Kernel,
    MatVec,
    MemoryStyle,
    Permute,
    Repack,
    SoftmaxUnit,
)
from codesign.ir.layers import (
    Add,
    Affine,
    ArgMax,
    Dense,
    Input,
    Relu,
    Reshape,
    Sigmoid,
    Softmax,
    SoftmaxTable,
    Transpose,
)
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.ir.verify_design import verify_design
from codesign.passes.lower import Fold, lower
from codesign.passes.strategy import Strategy
from tests.passes.test_lower_images import IMAGE_KERNELS
from tests.perceptrons import dense, folds, perceptron, random_codes, requantize
from tests.strategies import TYPED, reshape, transpose, typed_networks


def wiring(design: Design) -> list[str]:
    """One line per process: name Kernel reads -> writes, each stream with lanes and beats."""

    def streams(names: tuple[str, ...]) -> str:
        return ", ".join(f"{n} {design.streams[n].beats}x{design.streams[n].lanes}" for n in names)

    return [f"{p.name} {type(p.kernel).__name__}: {streams(p.reads)} -> {streams(p.writes)}" for p in design]


def one_input(shape: tuple[int, ...], fixed: Fixed | None = None) -> Graph:
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed(shape, fixed or Fixed(6, 2))), origin="global_in")
    return graph


def assert_same(graph: Graph, design: Design, samples: int = 40) -> None:
    codes = random_codes(np.random.default_rng(1), graph, samples)
    expected = graph.run_codes(codes)
    for output, port, found in zip(graph.outputs, design.outputs, design.evaluate(codes), strict=True):
        assert (port.name, port.origin, port.tensor) == (output.name, output.origin, graph[output.source].type)
        np.testing.assert_array_equal(found, expected[output.source])


def check_random_network(data: st.DataObject) -> Design:
    graph, codes = data.draw(typed_networks((*TYPED, reshape, transpose)))
    design = lower(graph, data.draw(folds(graph)))
    verify_design(design)
    expected = graph.run_codes(codes)
    for output, found in zip(graph.outputs, design.evaluate(codes), strict=True):
        np.testing.assert_array_equal(found, expected[output.source])
    return design


def test_the_design_computes_what_the_network_computes_and_every_kernel_occurs() -> None:
    seen: Counter[type[Kernel]] = Counter()

    @settings(max_examples=200)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        seen.update({type(p.kernel) for p in check_random_network(data)})

    check()
    assert set(seen) >= set(ALL) - IMAGE_KERNELS


def test_a_chain_of_layers_is_a_chain_of_processes() -> None:
    graph = perceptron(np.random.default_rng(0), [16, 64, 5])
    design = lower(graph, {"dense_1": Fold(8, 4), "dense_2": Fold(5, 8)})
    verify_design(design)
    assert wiring(design) == [
        "dense_1 MatVec: x 4x4 -> dense_1_out 8x8",
        "relu_1 Apply: dense_1_out 8x8 -> relu_1_out 8x8",
        "dense_2 MatVec: relu_1_out 8x8 -> dense_2_out 1x5",
    ]
    assert [p.origin for p in design] == ["MatMul_1", "relu_1", "MatMul_2"]
    assert (design.inputs[0].stream, design.outputs[0].stream) == ("x", "dense_2_out")
    assert_same(graph, design)


def test_lanes_that_divide_each_other_meet_in_one_converter() -> None:
    graph = perceptron(np.random.default_rng(0), [8, 12, 4])
    design = lower(graph, {"dense_1": Fold(2, 8), "dense_2": Fold(4, 6)})
    assert "relu_1_repack Repack: relu_1_out 6x2 -> relu_1_repack_out 2x6" in wiring(design)
    assert_same(graph, design)


def test_lanes_that_do_not_meet_in_their_greatest_common_divisor_if_that_is_fast_enough() -> None:
    graph = perceptron(np.random.default_rng(0), [8, 24, 4])
    design = lower(graph, {"dense_1": Fold(6, 1), "dense_2": Fold(1, 4)})
    assert [line for line in wiring(design) if "Repack" in line] == [
        "relu_1_repack Repack: relu_1_out 4x6 -> relu_1_repack_out 12x2",
        "relu_1_repack_2 Repack: relu_1_repack_out 12x2 -> relu_1_repack_2_out 6x4",
    ]
    assert_same(graph, design)


def test_lanes_that_do_not_meet_in_their_least_common_multiple_where_time_is_short() -> None:
    graph = perceptron(np.random.default_rng(0), [8, 12, 4])
    design = lower(graph, {"dense_1": Fold(6, 8), "dense_2": Fold(4, 4)})
    assert [line for line in wiring(design) if "Repack" in line] == [
        "relu_1_repack Repack: relu_1_out 2x6 -> relu_1_repack_out 1x12",
        "relu_1_repack_2 Repack: relu_1_repack_out 1x12 -> relu_1_repack_2_out 3x4",
    ]
    assert design.interval() == 3
    assert_same(graph, design)


def test_a_result_that_is_read_twice_is_forked() -> None:
    graph = one_input((8,))
    graph.add("d", dense(np.random.default_rng(0), 8, 8), "x")
    graph.add("sum", Add(), "d", "d")
    graph.outputs = [Output("y", "sum", "y"), Output("raw", "d", "raw")]
    design = lower(graph, {"d": Fold(4, 8)})
    verify_design(design)
    assert wiring(design) == [
        "d MatVec: x 1x8 -> d_out 2x4",
        "d_fork Fork: d_out 2x4 -> d_to_sum 2x4, d_to_sum_2 2x4, d_to_raw 2x4",
        "sum Join: d_to_sum 2x4, d_to_sum_2 2x4 -> sum_out 2x4",
    ]
    assert_same(graph, design)


def test_a_sum_multiplies_each_side_up_to_the_common_step() -> None:
    graph = one_input((4,), Fixed(6, 2))
    graph.add("third", Affine(Vector.of(Fraction(1, 3)), Vector.of(0)), "x")
    graph.add("diff", Add(negate=True), "x", "third")
    graph.outputs = [Output("y", "diff", "y")]
    design = lower(graph, {})
    join = design.processes["diff"].kernel
    assert isinstance(join, Join)
    assert (join.left, join.right) == (3, -1)
    assert_same(graph, design)


def test_what_only_relabels_codes_is_no_process() -> None:
    graph = one_input((4, 2))
    graph.add("half", Affine(Vector.of([Fraction(1, 2), Fraction(-1, 3)]), Vector.of(1)), "x")
    graph.add("flat", Reshape((1, 4, 2)), "half")
    graph.add("turned", Transpose((1, 0, 2)), "flat")
    graph.outputs = [Output("y", "turned", "y")]
    design = lower(graph, {})
    verify_design(design)
    assert [type(p.kernel) for p in design] == [Fork]  # the copy of an input that is an output
    assert design.outputs[0].tensor == graph["turned"].type
    assert_same(graph, design)


def test_a_transpose_that_moves_elements_is_a_permutation() -> None:
    graph = one_input((3, 4))
    graph.add("t", Transpose((1, 0)), "x")
    graph.outputs = [Output("y", "t", "y")]
    design = lower(graph, {})
    kernel = design.processes["t"].kernel
    assert isinstance(kernel, Permute)
    assert kernel.source.tolist() == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]
    assert_same(graph, design)


def test_two_outputs_may_share_a_node_and_an_input_may_be_an_output() -> None:
    graph = one_input((6,))
    graph.add("d", dense(np.random.default_rng(0), 6, 3), "x")
    graph.outputs = [Output("y", "d", "y"), Output("again", "d", "again"), Output("raw", "x", "raw")]
    design = lower(graph, {"d": Fold(1, 2)})
    verify_design(design)
    assert_same(graph, design)


def test_a_sequence_of_vectors_runs_through_one_matrix() -> None:
    graph = one_input((5, 8))
    graph.add("d", dense(np.random.default_rng(0), 8, 6), "x")
    graph.add("q", requantize(np.random.default_rng(0), graph["d"].type, "thresholds"), "d")
    graph.outputs = [Output("y", "q", "y")]
    design = lower(graph, {"d": Fold(3, 4)})
    kernel = design.processes["d"].kernel
    assert isinstance(kernel, MatVec)
    assert (kernel.positions, kernel.interval, kernel.reuse_factor) == (5, 20, 4)
    assert_same(graph, design)


def test_per_channel_steps_behind_a_reshape_get_lanes_that_divide_the_channels() -> None:
    rng = np.random.default_rng(0)
    graph = one_input((4,))
    graph.add("d", dense(rng, 4, 12), "x")
    graph.add("rows", Reshape((4, 3)), "d")
    graph.add("q", requantize(rng, graph["rows"].type, "multiply"), "rows")
    graph.outputs = [Output("y", "q", "y")]
    design = lower(graph, {"d": Fold(4, 1)})
    kernel = design.processes["q"].kernel
    assert isinstance(kernel, Apply)
    assert (kernel.positions, kernel.channels, kernel.lanes) == (4, 3, 1)
    assert design.interval() == 12, "one lane keeps up with a product of reuse 12"
    assert_same(graph, design)


@pytest.mark.parametrize(("pe", "simd", "lanes"), [(1, 1, 1), (1, 8, 3), (6, 8, 6)])
def test_a_softmax_gets_the_lanes_that_keep_up_with_the_products(pe: int, simd: int, lanes: int) -> None:
    graph = one_input((8,))
    graph.add("d", dense(np.random.default_rng(0), 8, 6), "x")
    graph.add("softmax", SoftmaxTable.build(Fraction(1, 4), 8, 8, 64), "d")
    graph.outputs = [Output("y", "softmax", "y")]
    design = lower(graph, {"d": Fold(pe, simd)})
    kernel = design.processes["softmax"].kernel
    assert isinstance(kernel, SoftmaxUnit)
    # 1 x 1 takes 48 cycles, a softmax of one lane 18; 1 x 8 takes 6, as does a softmax of three lanes.
    assert kernel.lanes == lanes
    assert_same(graph, design)


def test_the_index_of_the_largest_is_one_beat_per_position() -> None:
    graph = one_input((3, 4))
    graph.add("best", ArgMax(keep=False), "x")
    graph.outputs = [Output("y", "best", "y")]
    design = lower(graph, {})
    assert isinstance(design.processes["best"].kernel, IndexOfMax)
    assert design.outputs[0].tensor.shape == (3,)
    assert_same(graph, design)


def test_names_of_converters_avoid_the_names_of_nodes() -> None:
    graph = perceptron(np.random.default_rng(0), [4, 4, 4])
    relu = graph["relu_1"]
    graph.add("relu_1_repack", relu.layer, "dense_1")
    graph.add("relu_1_out", Add(), "dense_2", "dense_2")
    graph.outputs = [Output("y", "relu_1_out", "y"), Output("z", "relu_1_repack", "z")]
    design = lower(graph, {"dense_1": Fold(2, 2), "dense_2": Fold(4, 4)})
    verify_design(design)
    assert isinstance(design.processes["relu_1_repack_2"].kernel, Repack)
    assert not set(design.processes) & set(design.streams)
    assert_same(graph, design)


def test_a_bias_of_zeros_and_dead_nodes_cost_nothing() -> None:
    graph = one_input((4,))
    layer = dense(np.random.default_rng(0), 4, 4, bias=False)
    graph.add("d", Dense(layer.weights, layer.bits, bias=np.zeros(4, dtype=np.int64)), "x")
    graph.add("dead", ArgMax(), "x")
    graph.outputs = [Output("y", "d", "y")]
    design = lower(graph, {"d": Fold(4, 4)})
    assert list(design.processes) == ["d"]
    assert [m.name for _, m in design.memories()] == ["d_weights"]


def test_the_strategy_decides_where_weights_live() -> None:
    graph = perceptron(np.random.default_rng(0), [64, 64])
    fold = {"dense_1": Fold(4, 8)}

    def style(strategy: Strategy) -> MemoryStyle:
        return lower(graph, fold, strategies={"dense_1": strategy}).memories()[0][1].style

    assert style(Strategy.LATENCY) is MemoryStyle.LUTRAM
    assert style(Strategy.RESOURCE) is MemoryStyle.BRAM


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Sigmoid(), r"net\.onnx: node Act_1: there is no hardware for Sigmoid on a real tensor; give it a precision"),
        (Relu(), r"net\.onnx: node Act_1: there is no hardware for Relu; use it between quantizers"),
        (Softmax(), r"net\.onnx: node Act_1: a softmax of real numbers has no hardware"),
    ],
)
def test_a_layer_without_hardware_is_refused_by_its_name_in_the_file(layer: Sigmoid, message: str) -> None:
    graph = one_input((4,))
    graph.add("act", layer, "x", origin="Act_1")
    graph.outputs = [Output("y", "act", "y")]
    with pytest.raises(ModelError, match=message):
        lower(graph, {})


def test_an_input_without_a_type_is_refused() -> None:
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor((4,))), origin="global_in")
    graph.outputs = [Output("y", "x", "y")]
    with pytest.raises(ModelError, match="node global_in: this input has no quantizer; give its type"):
        lower(graph, {})


def test_a_product_over_channels_of_different_scales_is_refused() -> None:
    graph = one_input((4,))
    graph.add("scaled", Affine(Vector.of([1, 2, 3, 4]), Vector.of(0)), "x")
    graph.add("d", dense(np.random.default_rng(0), 4, 4), "scaled", origin="MatMul_7")
    graph.outputs = [Output("y", "d", "y")]
    with pytest.raises(ModelError, match="node MatMul_7: the channels of its input have different scales"):
        lower(graph, {"d": Fold(1, 1)})


def test_an_input_that_nothing_reads_is_refused() -> None:
    graph = one_input((4,))
    graph.add("x2", Input(Tensor.of_fixed((4,), Fixed(4))), origin="unused_in")
    graph.outputs = [Output("y", "x", "y")]
    with pytest.raises(ModelError, match="node unused_in: no output depends on this input"):
        lower(graph, {})


@pytest.mark.parametrize("fold", [Fold(3, 1), Fold(1, 3), Fold(0, 1)])
def test_a_folding_that_does_not_divide_is_our_mistake(fold: Fold) -> None:
    graph = perceptron(np.random.default_rng(0), [4, 4])
    with pytest.raises(IRError, match="does not divide dense_1 of 4 x 4"):
        lower(graph, {"dense_1": fold})


def test_a_missing_folding_is_our_mistake() -> None:
    graph = perceptron(np.random.default_rng(0), [4, 4])
    with pytest.raises(IRError, match="dense_1 has no folding"):
        lower(graph, {})
