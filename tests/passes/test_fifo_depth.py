"""FIFO depths: enough for the designed interval, checked by a cycle by cycle simulation with full FIFOs and stalls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis import depths as depths_module
from codesign.analysis.cycles import final_timing
from codesign.analysis.depths import Exhausted, minimal_depths
from codesign.analysis.latency import timing
from codesign.config import Streams
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, Input, Transpose
from codesign.ir.tensor import Tensor
from codesign.passes import fifo_depth as pass_module
from codesign.passes.fifo_depth import LEAST, SLACK, fifo_depth
from codesign.passes.lower import Fold, lower
from codesign.passes.pipeline import build_design
from tests.machine import Machine
from tests.perceptrons import dense, folds, perceptron, requantize
from tests.residual import FOLDS, residual_graph
from tests.strategies import typed_networks

CLOCK = 200.0


@pytest.mark.parametrize("fold", FOLDS)
def test_a_residual_neither_deadlocks_nor_slows_down(fold: dict[str, Fold]) -> None:
    design = fifo_depth(lower(residual_graph(), fold))
    done = Machine(design, 40).run(patience=600)
    assert done[-1] - done[19] == 20 * design.interval()


@pytest.mark.parametrize("fold", FOLDS)
def test_without_room_beside_the_long_way_it_deadlocks_or_slows_down(fold: dict[str, Fold]) -> None:
    """The simulation above can fail: with two words everywhere it does."""
    design = lower(residual_graph(), fold)
    try:
        done = Machine(design, 40).run(patience=600)
    except AssertionError:
        return
    assert done[-1] - done[19] > 20 * design.interval()


@settings(max_examples=60)
@given(st.data())
def test_no_random_design_deadlocks_or_slows_down(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    design = fifo_depth(lower(graph, data.draw(folds(graph))))
    interval = design.interval()
    done = Machine(design, 24).run(patience=4 * interval + 400)
    assert done[-1] - done[15] == 8 * interval


@settings(max_examples=60)
@given(st.data())
def test_times_agree_with_the_cycle_by_cycle_simulation(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    design = fifo_depth(lower(graph, data.draw(folds(graph))))
    assert Machine(design, 1).run(patience=4 * design.interval() + 400)[0] == timing(design).latency


def test_a_chain_of_even_pace_needs_two_words() -> None:
    graph = perceptron(np.random.default_rng(0), [8, 8, 8])
    design = fifo_depth(lower(graph, {"dense_1": Fold(8, 8), "dense_2": Fold(8, 8)}))
    assert {stream.depth for stream in design.streams.values()} == {LEAST}


def test_a_reader_that_pauses_gets_room_for_what_comes_meanwhile() -> None:
    """dense_2 takes its input in 8 of 64 cycles; dense_1 writes a beat every 8."""
    graph = perceptron(np.random.default_rng(0), [8, 8, 8])
    design = fifo_depth(lower(graph, {"dense_1": Fold(1, 1), "dense_2": Fold(1, 1)}))
    assert LEAST < design.streams["relu_1_out"].depth <= 8 + LEAST
    done = Machine(design, 20).run(patience=300)
    assert done[-1] - done[9] == 10 * 64


def test_only_the_ends_of_paths_that_meet_get_slack() -> None:
    design = fifo_depth(lower(residual_graph(), FOLDS[3]))
    depths = {name: stream.depth for name, stream in design.streams.items()}
    join = design.processes["sum"]
    assert all(depths[name] >= LEAST + SLACK for name in join.reads)
    assert all(depth == LEAST for name, depth in depths.items() if name not in join.reads)


def test_a_permutation_is_two_loops_with_two_buffers() -> None:
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((4, 6), Fixed(4))))
    graph.add("d", dense(np.random.default_rng(0), 6, 6), "x")
    graph.add("t", Transpose((1, 0)), "d")
    graph.add("u", Transpose((1, 0)), "t")
    graph.outputs = [Output("y", "u", "y")]
    design = fifo_depth(lower(graph, {"d": Fold(2, 6)}))
    assert Machine(design, 1).run(patience=200)[0] == timing(design).latency
    done = Machine(design, 20).run(patience=200)
    assert done[-1] - done[9] == 10 * design.interval()


def test_each_stream_knows_its_least_depth() -> None:
    design = lower(residual_graph(), FOLDS[0])
    found, least = fifo_depth(design), minimal_depths(design)
    assert {name: stream.minimum for name, stream in found.streams.items()} == least
    assert all(least[name] <= stream.depth for name, stream in found.streams.items())
    assert {stream.minimum for stream in fifo_depth(design, lowered=False).streams.values()} == {None}


def test_a_design_whose_times_never_settle_with_little_room_gets_more() -> None:
    """Two ways of a different pace, element by element: with the least depths every output is in time, but the times
    of the processes never become those of one sample, so that nothing can be proved of the further ones."""
    rng, graph = np.random.default_rng(0), Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((2,), Fixed(3))))
    for k in (1, 2):
        d = graph.add(f"d{k}", dense(rng, 2, 2, 2, bias=False), "x")
        graph.add(f"q{k}", requantize(rng, d.type, "table", 2), d.name)
    graph.add("sum", Add(), "q1", "q2")
    graph.outputs = [Output("y", "sum", "y")]

    design = build_design(graph, {"d1": Fold(1, 1), "d2": Fold(1, 2)}, {}, CLOCK, Streams.SINGLE)

    assert final_timing(design).latency == timing(design, CLOCK).latency
    done = Machine(design, 40).run(patience=600)
    assert done[-1] - done[19] == 20 * design.interval()


@pytest.mark.parametrize("least", [20, 0])  # before it begins, and on its way
def test_a_search_ends_with_its_effort_and_the_depths_are_those_that_ever_wait(
    least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    design, effort = lower(residual_graph(), FOLDS[0]), 5_000
    monkeypatch.setattr(depths_module, "_SOLUTIONS", least)
    with pytest.raises(Exhausted):
        minimal_depths(design, effort=effort)
    endless = fifo_depth(design, lowered=False)

    monkeypatch.setattr(pass_module, "EFFORT", effort)
    found = fifo_depth(design)

    assert {s.minimum for s in found.streams.values()} == {None}
    assert found.streams == endless.streams
