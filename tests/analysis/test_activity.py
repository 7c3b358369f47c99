"""What loops do, held to a simulation cycle by cycle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.activity import activities, standing
from codesign.analysis.cycles import running
from codesign.analysis.latency import timing
from codesign.analysis.rigid import pipeline
from codesign.ir.design import Design
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.lower import lower
from tests.backends.designs import chains
from tests.machine import Loop, Machine
from tests.perceptrons import folds
from tests.strategies import typed_networks


class Watched(Machine):
    """Keeps the cycles in which each loop begins an iteration, and in which its pipeline stands still."""

    def __init__(self, design: Design, samples: int) -> None:
        super().__init__(design, samples, interval=design.interval())
        self.begun: dict[int, list[int]] = {id(loop): [] for chain in self.chains for loop in chain}
        self.still: dict[int, list[int]] = {loop: [] for loop in self.begun}

    def advance(self, done: list[int], i: int, loop: Loop, full: dict[str, bool], ready: dict[str, bool]) -> bool:
        if any(full[s] for s in loop.pipeline[-1]):
            self.still[id(loop)].append(self.now)
        return super().advance(done, i, loop, full, ready)

    def begin(self, loop: Loop) -> None:
        self.begun[id(loop)].append(self.now)
        super().begin(loop)


def check(design: Design) -> None:
    design = fifo_depth(design)
    flow, interval = running(design), design.interval()
    machine = Watched(design, flow.samples)
    machine.run(patience=4 * interval + 400)
    loops = [loop for chain in machine.chains for loop in chain]
    while any(loop.sample < flow.samples for loop in loops):  # the last pixels may lie behind all windows
        assert machine.cycle()
    for sample in (0, flow.samples - 1):
        start = sample * interval
        for found, loop in zip(activities(flow, sample), loops, strict=True):
            begun = np.array(machine.begun[id(loop)]).reshape(flow.samples, loop.steps)[sample]
            np.testing.assert_array_equal(found.begin + start, begun)
            still = [c for c in machine.still[id(loop)] if begun[0] < c < begun[-1]]
            np.testing.assert_array_equal(found.still + start, still)
            assert found.finish + start > begun[-1]
    times = timing(design)
    for sample, latency in ((0, times.latency), (flow.samples - 1, times.steady_latency)):
        ends = [flow.written[port.stream].reshape(flow.samples, -1)[sample, -1] for port in design.outputs]
        assert max(ends) + 1 - sample * interval == latency
    most = flow.occupancy()
    assert all(1 <= most[name] <= stream.depth for name, stream in design.streams.items())


@settings(max_examples=30)
@given(st.data())
def test_loops_do_what_a_simulation_does(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    check(lower(graph, data.draw(folds(graph))))


@settings(max_examples=15)
@given(chains(count=2, longest=4))
def test_so_they_do_in_chains_of_kernels(design: Design) -> None:
    check(design)


@settings(max_examples=200)
@given(st.data())
def test_cycles_of_standing_are_those_in_which_nothing_moves(data: st.DataObject) -> None:
    count, depth = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 5))
    gaps = st.lists(st.integers(0, 6), min_size=count, max_size=count)
    need, room = (np.cumsum(data.draw(gaps)) for _ in range(2))
    begin, leave = pipeline(need, room + depth, depth)
    still = set(standing(begin, leave, depth).tolist())
    for b, end in zip(begin.tolist(), leave.tolist(), strict=True):
        assert b not in still and end not in still
        assert end - b - depth == len([c for c in still if b < c < end])
    for c in still:
        assert any(b + depth <= c < end for b, end in zip(begin.tolist(), leave.tolist(), strict=True))


@pytest.mark.parametrize(("room", "expected"), [([0, 0, 0], []), ([0, 6, 0], [3, 4, 5]), ([4, 6, 9], [2, 3, 5, 7, 8])])
def test_standing_by_hand(room: list[int], expected: list[int]) -> None:
    """Three iterations in cycles 0, 1, 2 where all moves, two registers."""
    begin, leave = pipeline(np.arange(3), np.array(room), 2)
    assert standing(begin, leave, 2).tolist() == expected
