"""FIFO depths: enough for the designed interval, checked by a cycle by cycle simulation with full FIFOs and stalls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.latency import timing
from codesign.analysis.schedule import pipeline_depth, stages
from codesign.ir.design import Design, Process
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, Input, Shift, Transpose
from codesign.ir.layers.requantize import Requantize
from codesign.ir.tensor import Tensor
from codesign.passes.fifo_depth import LEAST, SLACK, fifo_depth
from codesign.passes.lower import Fold, lower
from tests.perceptrons import dense, folds, perceptron
from tests.strategies import typed_networks


class Loop:
    """One loop of a process in the simulation: a pipeline of `depth` registers, each with the streams to write."""

    def __init__(self, process: Process, index: int, clock_mhz: float) -> None:
        stage = stages(process.kernel)[index]
        readers = [i for i, s in enumerate(stages(process.kernel)) if s.reads]
        writers = [i for i, s in enumerate(stages(process.kernel)) if s.writes]
        self.steps = stage.steps
        self.reads = {s: set(r.tolist()) for s, r in zip(process.reads if index in readers else (), stage.reads)}
        self.writes = {s: set(w.tolist()) for s, w in zip(process.writes if index in writers else (), stage.writes)}
        self.pipeline: list[list[str]] = [[] for _ in range(pipeline_depth(process.kernel, clock_mhz))]
        self.step = self.sample = 0


class Machine:
    """A design, cycle by cycle: a loop whose beat is missing lets its pipeline run on empty, one whose result finds
    no room stalls as a whole.

    Written from the rules in the docstrings of Stage and Stream, not from `timing`.
    """

    def __init__(self, design: Design, samples: int, clock_mhz: float = 200) -> None:
        self.design, self.samples, self.now = design, samples, 0
        self.chains = [[Loop(p, i, clock_mhz) for i in range(len(stages(p.kernel)))] for p in design]
        self.waiting: dict[str, list[int]] = {name: [] for name in design.streams}  # cycle from which each is there
        self.left = {p.stream: samples * design.streams[p.stream].beats for p in design.inputs}
        self.finished: dict[str, list[int]] = {p.stream: [] for p in design.outputs}

    def run(self, patience: int) -> list[int]:
        """The cycle in which each sample was complete at the outputs; AssertionError on deadlock."""
        idle = 0
        goal = {s: self.samples * self.design.streams[s].beats for s in self.finished}
        while any(len(self.finished[s]) < goal[s] for s in goal):
            idle = 0 if self.cycle() else idle + 1
            assert idle < patience, f"deadlock in cycle {self.now}"
        beats = {s: self.design.streams[s].beats for s in goal}
        return [max(self.finished[s][(k + 1) * beats[s] - 1] for s in goal) for k in range(self.samples)]

    def cycle(self) -> bool:
        """One clock; whether anything moved."""
        full = {name: len(w) >= self.design.streams[name].depth for name, w in self.waiting.items()}
        ready = {name: bool(w) and w[0] < self.now for name, w in self.waiting.items()}
        moved = False
        for name, beats in self.finished.items():
            if ready[name]:
                self.waiting[name].pop(0)
                beats.append(self.now)
                moved = True
        for chain in self.chains:
            done = [loop.sample for loop in chain]
            for i, loop in enumerate(chain):
                moved |= self.advance(done, i, loop, full, ready)
        for name in self.left:
            if self.left[name] and not full[name]:
                self.waiting[name].append(self.now)
                self.left[name] -= 1
                moved = True
        self.now += 1
        return moved

    def advance(self, done: list[int], i: int, loop: Loop, full: dict[str, bool], ready: dict[str, bool]) -> bool:
        if any(full[s] for s in loop.pipeline[-1]):
            return False
        moving = any(loop.pipeline)
        for s in loop.pipeline[-1]:
            self.waiting[s].append(self.now)
        loop.pipeline = [[], *loop.pipeline[:-1]]
        return self.issue(done, i, loop, ready) or moving

    def issue(self, done: list[int], i: int, loop: Loop, ready: dict[str, bool]) -> bool:
        if loop.sample == self.samples:
            return False
        if loop.step == 0 and i > 0 and done[i - 1] <= loop.sample:
            return False  # its buffer is not yet filled
        if loop.step == 0 and i + 1 < len(done) and loop.sample - done[i + 1] >= 2:
            return False  # both buffers are in use
        takes = [s for s, steps in loop.reads.items() if loop.step in steps]
        if any(not ready[s] for s in takes):
            return False
        for s in takes:
            self.waiting[s].pop(0)
        loop.pipeline[0] = [s for s, steps in loop.writes.items() if loop.step in steps]
        loop.step += 1
        if loop.step == loop.steps:
            loop.step, loop.sample = 0, loop.sample + 1
        return True


def residual_graph() -> Graph:
    """x + requantize(dense(requantize(dense(x)))): a short way beside a long one."""
    rng = np.random.default_rng(0)
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((12,), Fixed(4))))

    def layer(k: int, before: str) -> str:
        d = graph.add(f"d{k}", dense(rng, 12, 12), before)
        return graph.add(f"q{k}", Requantize(Shift(0, 4, False, -8, 7), (d.type.low, d.type.high), -8, 7), d.name).name

    graph.add("sum", Add(), "x", layer(2, layer(1, "x")))
    graph.outputs = [Output("y", "sum", "y")]
    return graph


RESIDUAL_FOLDS = [
    {"d1": Fold(1, 1), "d2": Fold(1, 1)},
    {"d1": Fold(3, 4), "d2": Fold(4, 3)},
    {"d1": Fold(12, 1), "d2": Fold(1, 12)},
    {"d1": Fold(12, 12), "d2": Fold(12, 12)},
]


@pytest.mark.parametrize("fold", RESIDUAL_FOLDS)
def test_a_residual_neither_deadlocks_nor_slows_down(fold: dict[str, Fold]) -> None:
    design = fifo_depth(lower(residual_graph(), fold))
    done = Machine(design, 40).run(patience=600)
    assert done[-1] - done[19] == 20 * design.interval()


@pytest.mark.parametrize("fold", RESIDUAL_FOLDS)
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
    design = fifo_depth(lower(residual_graph(), RESIDUAL_FOLDS[3]))
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
