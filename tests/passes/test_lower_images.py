"""Networks over images become designs that compute the same integers, as fast as their kernels say."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings

from codesign.analysis.latency import timing
from codesign.analysis.schedule import stages
from codesign.errors import IRError, ModelError
from codesign.ir.design import Design, StreamKind
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import (
    Append,
    Border,
    Depthwise,
    Grouped,
    InsideMatVec,
    InsideWindow,
    Join,
    Kernel,
    MatVec,
    Permute,
    Pick,
    PoolUnit,
    Reorder,
    Repack,
    Repeat,
    Times,
    WideWindow,
    Window,
)
from codesign.ir.layers import (
    Add,
    Affine,
    Concat,
    Conv,
    Crop,
    Dense,
    Input,
    MaxPool,
    Multiply,
    Pad,
    Requantize,
    Reshape,
    Shift,
    Slice,
    SumPool,
    Transpose,
    Upsample,
)
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.ir.verify_design import verify_design
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.lower import Fold, lower
from tests.images import image_networks
from tests.machine import Machine

IMAGE_KERNELS = {
    Append, Border, Depthwise, Grouped, InsideMatVec, InsideWindow, Pick, PoolUnit, Reorder, Repeat, WideWindow, Window,
}  # fmt: skip


def network(layer: Layer, shape: tuple[int, ...] = (5, 6, 4), x: Tensor | None = None) -> Graph:
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(x or Tensor.of_fixed(shape, Fixed(4))), origin="global_in")
    graph.add("l", layer, "x", origin="/layer")
    graph.outputs = [Output("y", "l", "global_out")]
    return graph


def conv(kh: int, kw: int, inputs: int, outputs: int, **options) -> Conv:
    weights = np.random.default_rng(0).integers(-4, 4, (kh, kw, inputs, outputs))
    return Conv(weights, Fixed(3), **options)


def kinds(design: Design) -> list[type[Kernel]]:
    return [type(p.kernel) for p in design]


def test_the_design_computes_what_the_network_computes_and_every_image_kernel_occurs() -> None:
    seen: Counter[type[Kernel]] = Counter()

    @settings(max_examples=150)
    @given(image_networks())
    def check(drawn) -> None:
        graph, folding, codes = drawn
        design = lower(graph, folding)
        verify_design(design)
        (found,) = design.evaluate(codes)
        np.testing.assert_array_equal(found, graph.run_codes(codes)[graph.outputs[0].source])
        seen.update(kinds(design))

    check()
    assert set(seen) >= IMAGE_KERNELS


@settings(max_examples=25, deadline=None)
@given(image_networks(longest=3, largest=5))
def test_no_random_design_deadlocks_or_slows_down(drawn) -> None:
    graph, folding, _ = drawn
    design = fifo_depth(lower(graph, folding))
    interval = design.interval()
    done = Machine(design, 12).run(patience=4 * interval + 400)
    assert done[-1] - done[7] == 4 * interval


@settings(max_examples=25, deadline=None)
@given(image_networks(longest=4, largest=6))
def test_times_agree_with_the_cycle_by_cycle_simulation(drawn) -> None:
    graph, folding, _ = drawn
    design = fifo_depth(lower(graph, folding))
    assert Machine(design, 1).run(patience=4 * design.interval() + 400)[0] == timing(design).latency


def test_a_convolution_is_a_window_and_a_product() -> None:
    graph = network(conv(3, 3, 4, 6))
    design = lower(graph, {"l": Fold(2, 4)})
    assert kinds(design) == [Window, MatVec]
    assert [p.name for p in design] == ["l_window", "l"]
    assert design.processes["l"].kernel.interval == 12 * 9 * 6 // 2


def test_multiplications_by_padding_cost_nothing_where_that_makes_the_design_faster() -> None:
    graph = network(conv(3, 3, 4, 6, padding=(1, 1, 1, 1)), (3, 3, 4))
    design = lower(graph, {"l": Fold(2, 4)})
    assert kinds(design) == [InsideWindow, InsideMatVec] and [p.name for p in design] == ["l_window", "l"]
    assert design.interval() == 49 * 6 // 2
    graph.add("m", conv(3, 3, 6, 2), "l")
    graph.outputs = [Output("y", "m", "y")]
    folds = {"l": Fold(2, 4), "m": Fold(1, 1)}
    assert kinds(lower(graph, folds))[:2] == [InsideWindow, InsideMatVec], "the other takes 108 cycles, all taps 243"
    assert kinds(lower(graph, folds | {"l": Fold(6, 4)}))[:2] == [Window, MatVec], "all taps take 86"


def test_padding_that_is_not_zero_is_multiplied() -> None:
    x = Tensor.of_codes((3, 3, 4), 0, 15, Vector.of(1), Vector.of(-7))
    design = lower(network(conv(3, 3, 4, 6, padding=(1, 1, 1, 1)), x=x), {"l": Fold(2, 4)})
    assert kinds(design) == [Window, MatVec] and design.interval() == 81 * 6 // 2


def test_dilated_windows_that_see_nothing_are_multiplied() -> None:
    layer = conv(2, 1, 4, 6, dilation=(3, 1), padding=(2, 1, 0, 0))
    assert kinds(lower(network(layer, (1, 4, 4)), {"l": Fold(2, 2)})) == [Window, MatVec]


@pytest.mark.parametrize(
    ("fold", "expected"),
    [
        (Fold(1, 12), [Window, Repack, MatVec]),  # a pixel at a time is faster than six groups of outputs
        (Fold(2, 12), [WideWindow, MatVec]),
        (Fold(6, 12), [WideWindow, Repack, MatVec]),  # whole, so that filling overlaps the windows of the image before
        (Fold(6, 36), [WideWindow, MatVec]),
        (Fold(6, 2), [WideWindow, Repack, MatVec]),
        (Fold(3, 2), [Window, MatVec]),
    ],
)
def test_windows_are_as_wide_as_the_product_needs_them(fold: Fold, expected: list[type[Kernel]]) -> None:
    design = lower(network(conv(3, 3, 4, 6), (7, 6, 4)), {"l": fold})
    assert kinds(design) == expected
    assert design.interval() == max(5 * 4 * 36 * 6 // (fold.pe * fold.simd), 7 * 6)


def test_windows_that_no_beat_holds_come_in_the_widest_parts() -> None:
    graph = network(conv(3, 3, 128, 2, padding=(1, 1, 1, 1)), x=Tensor.of_fixed((3, 4, 128), Fixed(8)))
    design = lower(graph, {"l": Fold(2, 384)})
    assert kinds(design) == [WideWindow, MatVec]
    assert design.interval() == 5 + 12 * 3, "a row and a pixel before the one that completes the first window"
    assert kinds(lower(graph, {"l": Fold(1, 128)})) == [InsideWindow, InsideMatVec], "whole windows: 1,152 lanes"


def test_whole_windows_may_be_wider_than_a_word() -> None:
    graph = network(conv(3, 3, 64, 2, padding=(1, 1, 1, 1)), x=Tensor.of_fixed((3, 4, 64), Fixed(8)))
    design = lower(graph, {"l": Fold(2, 576)})
    assert kinds(design) == [WideWindow, MatVec]
    assert design.streams["l_window_out"].width == 4608
    assert design.streams["l_window_out"].kind is StreamKind.ARRAY
    assert design.interval() == 5 + 12, "a window per cycle behind the first row and pixel"


def test_a_convolution_in_front_of_a_slower_one_gets_the_windows_that_the_slower_one_needs() -> None:
    graph = network(conv(3, 3, 4, 6), (7, 6, 4))
    graph.add("r", Requantize(Shift(0, 3, False, -4, 3), (-1000, 1000), -4, 3), "l")
    graph.add("m", conv(3, 3, 6, 6, padding=(1, 1, 1, 1)), "r")
    graph.outputs = [Output("y", "m", "y")]
    design = lower(graph, {"l": Fold(6, 4), "m": Fold(1, 6)})
    assert isinstance(design.processes["l_window"].kernel, Window)
    assert isinstance(lower(graph, {"l": Fold(6, 4), "m": Fold(6, 54)}).processes["l_window"].kernel, WideWindow)


def test_a_pointwise_convolution_needs_no_window() -> None:
    assert kinds(lower(network(conv(1, 1, 4, 6)), {"l": Fold(2, 2)})) == [MatVec]
    assert kinds(lower(network(conv(1, 1, 4, 6, stride=(2, 2))), {"l": Fold(1, 1)})) == [Window, MatVec]


def test_each_channel_with_weights_of_its_own_is_depthwise() -> None:
    design = lower(network(conv(3, 2, 1, 8, groups=4)), {})
    assert kinds(design) == [WideWindow, Depthwise]


def test_other_groups_take_turns_on_one_product_as_fast_as_the_design_asks() -> None:
    slow, fast = conv(1, 1, 6, 4), conv(3, 3, 2, 6, groups=2)
    graph = network(fast)
    graph.add("c", slow, "l")
    graph.outputs = [Output("y", "c", "global_out")]
    found = {}
    for fold in (Fold(1, 1), Fold(4, 6)):
        design = lower(graph, {"c": fold})
        kernel = design.processes["l"].kernel
        assert isinstance(kernel, Grouped)
        found[fold] = kernel.pe, kernel.simd
        assert kernel.interval == 3 * 4 * 2 * (9 * 2 * 3) // (kernel.pe * kernel.simd)
    assert found == {Fold(1, 1): (3, 2), Fold(4, 6): (3, 2)}
    graph.nodes["c"] = graph.node("c", conv(1, 1, 6, 10), "l")
    kernel = lower(graph, {"c": Fold(1, 1)}).processes["l"].kernel
    assert isinstance(kernel, Grouped) and (kernel.pe, kernel.simd) == (1, 2)


def test_a_padding_wider_than_the_window_is_a_border() -> None:
    design = lower(network(conv(1, 1, 4, 6, padding=(1, 0, 0, 2))), {"l": Fold(2, 2)})
    assert kinds(design) == [Border, MatVec]
    design = lower(network(conv(3, 3, 4, 6, padding=(3, 0, 0, 2))), {"l": Fold(2, 2)})
    assert kinds(design) == [Border, Window, MatVec]


def test_padding_that_no_window_reaches_is_none() -> None:
    design = lower(network(conv(2, 2, 4, 2, stride=(2, 2), padding=(0, 0, 0, 1))), {"l": Fold(2, 2)})
    kernel = design.processes["l_window"].kernel
    assert isinstance(kernel, WideWindow) and kernel.padding == (0, 0, 0, 0) and kernel.count == (2, 3)


def test_the_padding_is_the_code_of_zero() -> None:
    x = Tensor.of_codes((4, 4, 2), 0, 15, Vector.of(1), Vector.of(-7))
    graph = network(conv(3, 3, 2, 2, padding=(1, 1, 1, 1)), x=x)
    design = lower(graph, {"l": Fold(1, 1)})
    kernel = design.processes["l_window"].kernel
    assert isinstance(kernel, Window) and kernel.fill == 7
    codes = np.random.default_rng(0).integers(0, 16, (9, 4, 4, 2))
    np.testing.assert_array_equal(design.evaluate([codes])[0], graph.run_codes([codes])["l"])


def test_channels_of_different_zero_points_cannot_be_padded() -> None:
    x = Tensor.of_codes((4, 4, 2), 0, 15, Vector.of(1), Vector.of([-7, -6]))
    with pytest.raises(ModelError, match=r"node /layer: .* different zero points"):
        lower(network(Pad(1, 1, 1, 1), x=x), {})


def test_the_padding_of_a_pool_never_wins() -> None:
    x = Tensor.of_codes((4, 5, 2), -6, -2)
    graph = network(MaxPool((3, 3), (2, 2), (1, 1, 1, 1)), x=x)
    codes = np.random.default_rng(0).integers(-6, -1, (9, 4, 5, 2))
    design = lower(graph, {})
    assert kinds(design) == [WideWindow, PoolUnit]
    np.testing.assert_array_equal(design.evaluate([codes])[0], graph.run_codes([codes])["l"])


def test_a_pool_of_the_whole_image_needs_no_window() -> None:
    assert kinds(lower(network(SumPool((5, 6), (1, 1))), {})) == [PoolUnit]
    assert kinds(lower(network(MaxPool((5, 6), (3, 3))), {})) == [PoolUnit]
    assert kinds(lower(network(SumPool((5, 3), (1, 1))), {})) == [WideWindow, PoolUnit]


def test_larger_images_and_parts() -> None:
    assert kinds(lower(network(Upsample((2, 3))), {})) == [Repeat]
    assert kinds(lower(network(Pad(1, 0, 2, 1)), {})) == [Border]
    assert kinds(lower(network(Slice(1, 3)), {})) == [Repack, Pick]


def test_elements_that_move_within_rows_go_through_a_ring_of_less_than_two() -> None:
    kernel = lower(network(Transpose((0, 2, 1, 3, 4)), (5, 7, 2, 2, 3)), {}).processes["l"].kernel
    assert isinstance(kernel, Reorder)
    assert (kernel.loops, kernel.lanes) == (((5, 14), (2, 1), (7, 2)), 6)  # a row of a block is a beat
    assert kernel.ring < 2 * 14 and kernel.interval < 6 * 14


def test_elements_that_move_further_go_through_whole_samples_in_memories_unless_runs_of_them_are_faster() -> None:
    (small,) = (p.kernel for p in lower(network(Transpose((2, 0, 1))), {}))
    assert isinstance(small, Permute)
    graph = network(Transpose((2, 0, 1)), (15, 18, 4))
    graph.add("c", conv(1, 1, 18, 4), "l")
    graph.add("z", conv(1, 1, 4, 4), "x")
    graph.outputs = [Output("y", "c", "y"), Output("z", "z", "z")]
    design = lower(graph, {"c": Fold(4, 18), "z": Fold(4, 4)})
    large = design.processes["l"].kernel
    assert isinstance(large, Permute) and (large.lanes, large.interval) == (1, 15 * 18 * 4)
    graph = network(Transpose((1, 0, 2)), (15, 32, 4))
    graph.add("c", conv(1, 1, 4, 4), "l")
    graph.outputs = [Output("y", "c", "y")]
    rows = lower(graph, {"c": Fold(4, 4)}).processes["l"].kernel
    assert isinstance(rows, Reorder) and rows.lanes == 4


def test_a_part_is_cut_axis_by_axis_first_what_leaves_least() -> None:
    design = lower(network(Crop((1, 2, 1), (5, 4, 3)), (5, 6, 4)), {})
    picks = [p.kernel for p in design if isinstance(p.kernel, Pick)]
    assert [(k.positions, k.folds, k.start, k.stop) for k in picks] == [(5, 24, 8, 16), (10, 4, 1, 3), (1, 20, 4, 20)]


def test_a_join_of_three_is_two_of_two() -> None:
    graph = Graph("net", "net.onnx")
    for name, channels in (("a", 2), ("b", 4), ("c", 6)):
        graph.add(name, Input(Tensor.of_fixed((3, 5, channels), Fixed(channels))))
    graph.add("l", Concat(), "a", "b", "c")
    graph.outputs = [Output("y", "l", "y")]
    design = lower(graph, {})
    assert [k for k in kinds(design) if k is not Repack] == [Append, Append]
    rng = np.random.default_rng(0)
    codes = [rng.integers(-2, 2, (9, 3, 5, c)) for c in (2, 4, 6)]
    np.testing.assert_array_equal(design.evaluate(codes)[0], graph.run_codes(codes)["l"])


def test_a_pool_takes_as_many_lanes_as_the_product_behind_it_gives_time_for() -> None:
    graph = network(conv(3, 3, 4, 6), (8, 9, 4))
    graph.add("p", MaxPool((2, 2), (2, 2)), "l")
    graph.outputs = [Output("y", "p", "y")]
    slow, fast = (lower(graph, {"l": fold}) for fold in (Fold(1, 1), Fold(6, 4)))
    assert slow.processes["p"].kernel.reads[0].lanes == 1
    assert fast.processes["p"].kernel.reads[0].lanes == 6
    for design in (slow, fast):
        assert design.interval() == max(design.processes[n].kernel.interval for n in ("l", "l_window"))


@pytest.mark.parametrize("layer", [MaxPool((3, 3), (1, 1)), conv(3, 3, 1, 8, groups=4), SumPool((3, 3), (1, 1))])
def test_taps_come_side_by_side_where_all_channels_at_once_are_too_slow(layer: Layer) -> None:
    graph = network(conv(1, 1, 4, 4), (6, 8, 4))
    graph.add("r", Requantize(Shift(0, 3, False, -4, 3), (-1000, 1000), -4, 3), "l")
    graph.add("p", layer, "r")
    graph.outputs = [Output("y", "p", "y")]
    codes = np.random.default_rng(0).integers(-8, 8, (9, 6, 8, 4))
    for cycles, beside, kernel in ((1, 9, WideWindow), (2, 3, WideWindow), (4, 3, WideWindow), (16, 1, Window)):
        design = lower(graph, {"l": Fold(4 if cycles < 16 else 1, max(1, 4 // cycles))})
        unit = design.processes["p"].kernel
        assert isinstance(unit, (PoolUnit, Depthwise)) and isinstance(design.processes["p_window"].kernel, kernel)
        assert unit.beside == beside and design.interval() == 6 * 8 * cycles
        np.testing.assert_array_equal(design.evaluate([codes])[0], graph.run_codes([codes])["p"])


def test_a_fold_that_cuts_a_pixel_in_parts_is_our_mistake() -> None:
    with pytest.raises(IRError, match="cuts a pixel of 4 channels"):
        lower(network(conv(3, 3, 4, 6)), {"l": Fold(1, 6)})


def test_an_average_is_a_sum_that_is_read_with_another_step() -> None:
    graph = network(SumPool((2, 2), (2, 2)))
    graph.add("a", Affine(Vector.of(0.25)), "l")
    graph.outputs = [Output("y", "a", "y")]
    assert kinds(lower(graph, {})) == [WideWindow, PoolUnit]


def test_every_schedule_agrees_with_its_kernel() -> None:
    @settings(max_examples=60)
    @given(image_networks())
    def check(drawn) -> None:
        graph, folding, _ = drawn
        for process in lower(graph, folding):
            kernel, (loop,) = process.kernel, stages(process.kernel)
            assert loop.steps == kernel.interval
            assert [len(r) for r in loop.reads] == [b.beats for b in kernel.reads]
            assert [len(w) for w in loop.writes] == [b.beats for b in kernel.writes]
            for steps in (*loop.reads, *loop.writes):
                assert (np.diff(steps) > 0).all() and steps[0] >= 0 and steps[-1] < kernel.interval
            assert loop.writes[0][0] + 1 == kernel.first_output

    check()


def test_the_lanes_of_a_stream_are_those_that_its_reader_wants() -> None:
    graph = network(conv(3, 3, 4, 6))
    design = lower(graph, {"l": Fold(1, 2)})
    assert design.streams[design.inputs[0].stream].lanes == 2


def modulated(*outputs: str) -> Graph:
    """gamma_1 * x + beta, gamma and beta from an input of a value per channel: (gamma, beta) of 3 channels."""
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((4, 5, 3), Fixed(5))), origin="image")
    graph.add("v", Input(Tensor.of_fixed((6,), Fixed(4))), origin="vector")
    graph.add("gamma", Slice(0, 3), "v")
    graph.add("gamma_1", Affine(offset=Vector.of(1)), "gamma")
    graph.add("beta", Slice(3, 6), "v")
    for name in ("gamma_1", "beta"):
        graph.add(f"{name}_pixel", Reshape((1, 1, 3)), name)
        graph.add(f"{name}_pixels", Upsample((1, 20)), f"{name}_pixel")
        graph.add(f"{name}_image", Reshape((4, 5, 3)), f"{name}_pixels")
    graph.add("scaled", Multiply(), "gamma_1_image", "x")
    graph.add("y", Add(negate=True), "scaled", "beta_image")
    graph.outputs = [Output(name, name, name) for name in ("y", *outputs)]
    return graph


def evaluated(graph: Graph, design: Design) -> None:
    """The design gives the network's integers on random codes."""
    rng = np.random.default_rng(1)
    x = [rng.integers(n.type.low, n.type.high, (4, *n.type.shape), endpoint=True) for n in graph.inputs]
    found = graph.run_codes(x)
    for output, codes in zip(graph.outputs, design.evaluate(x), strict=True):
        assert codes.tolist() == np.asarray(found[output.source]).tolist()


def test_a_vector_beside_an_image_is_read_once_and_kept() -> None:
    graph = modulated()
    design = lower(graph, {})
    verify_design(design, "lower")
    assert Repeat not in kinds(design)
    scaled, shifted = design.processes["scaled"].kernel, design.processes["y"].kernel
    assert isinstance(scaled, Times) and (scaled.repeats, scaled.left, scaled.right) == (20, (1, 0), (1, 1))
    assert isinstance(shifted, Join) and (shifted.repeats, shifted.left, shifted.right) == (20, 1, -1)
    assert [b.beats * b.lanes for b in scaled.reads] == [60, 3]
    evaluated(graph, design)


def test_a_repeated_vector_that_others_read_too_is_a_stream_of_its_own() -> None:
    graph = modulated("gamma_1_image")
    design = lower(graph, {})
    assert kinds(design).count(Repeat) == 1
    evaluated(graph, design)

    both = modulated()
    both.add("z", Multiply(), "gamma_1_image", "beta_image")
    both.add("w", Add(), "z", "x")
    both.outputs = [Output("w", "w", "w")]
    design = lower(both, {})
    assert kinds(design).count(Repeat) == 1 and design.processes["z"].kernel.repeats == 20  # one side is kept
    evaluated(both, design)

    square = modulated()
    square.add("z", Multiply(), "gamma_1_image", "gamma_1_image")
    square.add("w", Add(), "z", "x")
    square.outputs = [Output("w", "w", "w")]
    design = lower(square, {})
    assert kinds(design).count(Repeat) == 1 and design.processes["z"].kernel.repeats == 1
    evaluated(square, design)


@pytest.mark.parametrize("late", [True, False])
def test_a_vector_that_comes_late_finds_its_image_waiting(late: bool) -> None:
    """The vector is made of the whole image (or of another input), through a slow product."""
    graph = modulated()
    if late:
        nodes = [n for n in graph if n.name != "v"]
        graph.nodes = {"x": graph["x"]}
        graph.add("sum", SumPool((4, 5), (1, 1)), "x")
        graph.add("sum_narrow", Requantize(Shift(0, 5, False, -8, 7), (-320, 300), -8, 7), "sum")
        graph.add("sum_flat", Reshape((3,)), "sum_narrow")
        weights = np.arange(-9, 9).reshape(3, 6)
        graph.add("product", Dense(weights, Fixed(5)), "sum_flat")
        low, high = graph["product"].type.low, graph["product"].type.high
        graph.add("v", Requantize(Shift(0, 4, False, -8, 7), (low, high), -8, 7), "product")
        for n in nodes[1:]:
            graph.add(n.name, n.layer, *n.inputs)
    design = fifo_depth(lower(graph, {"product": Fold(1, 1)} if late else {}))
    evaluated(graph, design)
    done = Machine(design, 12).run(patience=400)
    assert done[-1] - done[7] == 4 * design.interval()
    image = design.streams[design.processes["scaled"].reads[0]]
    assert (image.depth >= image.beats) == late
