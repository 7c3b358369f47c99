"""Expected cycles: by hand for small designs; `tests/passes/test_fifo_depth.py` simulates them cycle by cycle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.latency import Span, timing
from codesign.analysis.paths import critical_path, reconvergent_streams
from codesign.analysis.schedule import pipeline_depth, stages
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import Apply, Kernel, MatVec, Permute, Repack, SoftmaxUnit
from codesign.ir.layers import Add, Input
from codesign.ir.layers.requantize import MultiplyShift, Shift, Thresholds
from codesign.ir.layers.softmax import SoftmaxTable
from codesign.ir.tensor import Tensor
from codesign.passes.lower import Fold, lower
from tests.perceptrons import dense, folds, perceptron, requantize
from tests.strategies import typed_networks


def test_one_product_reads_computes_and_writes() -> None:
    """4 beats in; folds of 4 cycles; the last of 3 results a pipeline's depth behind cycle 12."""
    design = lower(perceptron(np.random.default_rng(0), [8, 6]), {"dense_1": Fold(2, 2)})
    depth = pipeline_depth(design.processes["dense_1"].kernel)
    times = timing(design)
    assert times.interval == 12
    assert times.processes["dense_1"] == Span(start=1, first_output=4 + depth, finish=12 + depth)
    assert times.latency == times.steady_latency == 13 + depth


def test_a_chain_overlaps() -> None:
    """dense_2 starts with the first result of dense_1, not with the last."""
    design = lower(perceptron(np.random.default_rng(0), [8, 8, 8]), {"dense_1": Fold(1, 1), "dense_2": Fold(8, 1)})
    times = timing(design)
    one, two = times.processes["dense_1"], times.processes["dense_2"]
    assert one.first_output < two.start < one.finish < two.first_output == two.finish
    assert times.latency < 64 + 8 + 30


def test_a_busy_reader_makes_samples_wait_in_steady_state() -> None:
    """dense_2 cannot start computing from its buffer before all its input is there, so it runs behind."""
    design = lower(perceptron(np.random.default_rng(0), [8, 8, 8]), {"dense_1": Fold(1, 1), "dense_2": Fold(1, 1)})
    times = timing(design)
    assert times.steady_latency >= times.latency > 64 + 56
    assert times.occupancy["relu_1_out"] > 2


def test_a_faster_clock_needs_deeper_pipelines() -> None:
    kernel = lower(perceptron(np.random.default_rng(0), [64, 8]), {"dense_1": Fold(8, 64)}).processes["dense_1"].kernel
    depths = [pipeline_depth(kernel, mhz) for mhz in (50, 100, 200, 400, 600)]
    assert depths == sorted(depths)
    assert depths[0] < depths[2] < depths[4]


def test_a_dsp_slice_takes_three_cycles() -> None:
    def depth(bits: int) -> int:
        graph = perceptron(np.random.default_rng(0), [4, 4], bits, Fixed(bits))
        return pipeline_depth(lower(graph, {"dense_1": Fold(1, 1)}).processes["dense_1"].kernel)

    assert (depth(2), depth(16)) == (2, 5)


def test_a_constant_multiplier_takes_a_level_per_digit() -> None:
    """Where each lane has its own constant it is made of its signed digits: 85 has four, 64 one."""

    def depth(lanes: int, constant: int) -> int:
        f = MultiplyShift(np.array([64, constant]), np.array([0, 0]), 8, -128, 127)
        return pipeline_depth(Apply(f, 1, 2, lanes, Fixed(16), Fixed(8)))

    assert (depth(2, 64), depth(2, 85), depth(1, 85)) == (1 + 1, 1 + 2, 1 + 3 + 1)


def test_more_thresholds_take_longer_to_count() -> None:
    def depth(steps: int) -> int:
        f = Thresholds(np.array([0]), np.array([1]), np.arange(steps)[None])
        return pipeline_depth(Apply(f, 1, 1, 1, Fixed(16), Fixed(8, 0, False)))

    assert [depth(steps) for steps in (0, 1, 3, 15, 255)] == [2, 2, 2, 3, 3]


def test_the_sweeps_of_softmax_go_through_one_pipeline() -> None:
    def depth(channels: int) -> int:
        unit = SoftmaxTable(np.array([4, 2, 1]), 8)
        return pipeline_depth(SoftmaxUnit(unit, 1, channels, 4, Fixed(8), Fixed(8, 0, False)))

    assert depth(4) == depth(8) == 1 + (2 + 2 + 3 + 8 + 2 + 2) // 3


@settings(max_examples=80)
@given(st.data())
def test_every_schedule_agrees_with_its_kernel(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    for process in lower(graph, data.draw(folds(graph))):
        kernel = process.kernel
        loops = stages(kernel)
        assert max(loop.steps for loop in loops) == kernel.interval
        reads = [r for loop in loops for r in loop.reads]
        writes = [w for loop in loops for w in loop.writes]
        assert [len(r) for r in reads] == [b.beats for b in kernel.reads]
        assert [len(w) for w in writes] == [b.beats for b in kernel.writes]
        for steps in (*reads, *writes):
            assert (np.diff(steps) > 0).all()
            assert steps[0] >= 0 and steps[-1] < kernel.interval
        if not isinstance(kernel, Permute):  # which writes in a loop of its own
            assert writes[0][0] + 1 == kernel.first_output


def test_a_converter_reads_and_writes_at_the_ends_of_its_words() -> None:
    wide, narrow = Repack(12, 2, 6, Fixed(4)), Repack(12, 6, 2, Fixed(4))
    (gather,), (spread,) = stages(wide), stages(narrow)
    assert (gather.reads[0].tolist(), gather.writes[0].tolist()) == ([0, 1, 2, 3, 4, 5], [2, 5])
    assert (spread.reads[0].tolist(), spread.writes[0].tolist()) == ([0, 3], [0, 1, 2, 3, 4, 5])


def test_a_kernel_without_a_schedule_is_our_mistake() -> None:
    class Odd(Apply):
        pass

    class Unknown(Kernel):
        reads = writes = ()
        interval = first_output = 1

        def evaluate(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
            return inputs

    assert stages(Odd(Shift(0, 0, False, 0, 1), 1, 4, 2, Fixed(4), Fixed(4)))[0].steps == 2
    with pytest.raises(IRError, match="Unknown has no schedule"):
        stages(Unknown())


def forked() -> Graph:
    """d + q(e(q(d))), both from x."""
    rng = np.random.default_rng(0)
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((8,), Fixed(4))))
    graph.add("d", dense(rng, 8, 8), "x")
    graph.add("q", requantize(rng, graph["d"].type), "d")
    graph.add("e", dense(rng, 8, 8), "q")
    graph.add("r", requantize(rng, graph["e"].type), "e")
    graph.add("sum", Add(), "q", "r")
    graph.outputs = [Output("y", "sum", "y")]
    return graph


def test_the_critical_path_follows_what_arrives_last() -> None:
    design = lower(forked(), {"d": Fold(1, 1), "e": Fold(2, 2)})
    assert critical_path(design, timing(design)) == ["d", "q", "q_fork", "q_repack", "e", "r", "r_repack", "sum"]


def test_paths_that_part_and_meet_end_in_the_streams_of_the_sum() -> None:
    design = lower(forked(), {"d": Fold(1, 8), "e": Fold(1, 8)})
    assert reconvergent_streams(design) == set(design.processes["sum"].reads)
    chain = lower(perceptron(np.random.default_rng(0), [8, 8, 8]), {"dense_1": Fold(1, 1), "dense_2": Fold(1, 1)})
    assert reconvergent_streams(chain) == set()


def test_the_sum_of_two_inputs_is_no_reconvergence() -> None:
    graph = Graph("net")
    for name in ("a", "b"):
        graph.add(name, Input(Tensor.of_fixed((8,), Fixed(4))))
    graph.add("sum", Add(), "a", "b")
    graph.outputs = [Output("y", "sum", "y")]
    assert reconvergent_streams(lower(graph, {})) == set()


def test_a_fold_of_one_input_at_a_time_gives_its_first_result_last() -> None:
    kernel = lower(perceptron(np.random.default_rng(0), [8, 6]), {"dense_1": Fold(6, 1)}).processes["dense_1"].kernel
    assert isinstance(kernel, MatVec)
    assert [s.writes[0].tolist() for s in stages(kernel)] == [[7]]
