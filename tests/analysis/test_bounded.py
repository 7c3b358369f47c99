"""Times with FIFOs that end: equations against the cycle by cycle simulation, stream by stream and beat by beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.bounded import Flow, loops, settled
from codesign.analysis.deadlock import Hold, Net
from codesign.analysis.latency import timing
from codesign.ir.design import Design
from codesign.passes.lower import Fold, lower
from tests.backends.designs import several_chains
from tests.machine import Machine
from tests.perceptrons import folds
from tests.residual import FOLDS, residual_graph
from tests.strategies import typed_networks

CLOCK = 200
SAMPLES = 5


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """Chains of all kernels, and networks with branches, in random foldings."""
    if draw(st.booleans()):
        return several_chains(draw(st.integers(0, 2**32 - 1)), 2, 5)
    graph, _ = draw(typed_networks())
    return lower(graph, draw(folds(graph)))


def with_depths(design: Design, depths: dict[str, int]) -> Design:
    found = design.copy()
    found.streams = {name: replace(stream, depth=depths[name]) for name, stream in design.streams.items()}
    return found


def random_depths(data: st.DataObject, design: Design) -> dict[str, int]:
    """Between two words and as many as ever wait, for most streams one of the two."""
    most = timing(design, CLOCK).occupancy
    share = st.sampled_from([0.0, 0.5, 0.9, 1.0])
    return {name: max(2, int(data.draw(share) * most[name])) for name in design.streams}


def assert_same_times(design: Design, depths: dict[str, int], interval: int | None) -> None:
    flow = Flow(design, SAMPLES, interval, CLOCK)
    flow.deepen(depths)
    assert flow.solve()
    machine = Machine(with_depths(design, depths), SAMPLES, CLOCK, interval)
    machine.run(patience=10 * design.interval() + 500)
    for name in design.streams:
        assert flow.taken[name].tolist() == machine.taken[name], name


@settings(max_examples=60)
@given(st.data())
def test_every_beat_is_taken_in_the_cycle_of_the_simulation(data: st.DataObject) -> None:
    design = data.draw(designs())
    depths = random_depths(data, design)
    if not Net(design, loops(design, CLOCK)).stuck(depths, Hold.ONE):
        assert_same_times(design, depths, data.draw(st.sampled_from([None, design.interval()])))


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("interval", [None, 40])
def test_branches_that_wait_for_each_other_have_the_times_of_the_simulation(
    fold: dict[str, Fold], interval: int | None
) -> None:
    design = lower(residual_graph(), fold)
    net = Net(design, loops(design, CLOCK))
    least = net.grown(dict.fromkeys(design.streams, 2), Hold.ONE, dict.fromkeys(design.streams, 1))
    assert_same_times(design, least, interval)


@settings(max_examples=40)
@given(st.data())
def test_endless_fifos_give_the_expected_cycles(data: st.DataObject) -> None:
    design = data.draw(designs())
    flow, times = settled(design, CLOCK), timing(design, CLOCK)
    finish = np.max([flow.taken[p.stream].reshape(flow.samples, -1)[:, -1] for p in design.outputs], axis=0)
    latencies = finish - np.arange(flow.samples) * times.interval
    assert latencies[0] == times.latency and latencies[-1] == times.steady_latency
    assert flow.occupancy() == times.occupancy


@settings(max_examples=40)
@given(st.data())
def test_it_does_not_matter_where_the_equations_are_solved_from(data: st.DataObject) -> None:
    """Back to where they came from, or there on another way, all times are the same."""
    design = data.draw(designs())
    depths = random_depths(data, design)
    if Net(design, loops(design, CLOCK)).stuck(depths, Hold.ONE):
        return
    flow = Flow(design, SAMPLES, design.interval(), CLOCK)
    endless = flow.state()
    flow.deepen(depths)
    flow.solve()
    bounded = flow.state()
    flow.deepen(dict.fromkeys(depths))
    flow.solve()
    assert all(np.array_equal(flow.written[s], endless.written[s]) for s in depths)
    for name in sorted(depths, reverse=True):
        flow.deepen({name: depths[name]})
        flow.solve()
    assert all(np.array_equal(flow.written[s], bounded.written[s]) for s in depths)


@settings(max_examples=40)
@given(st.data())
def test_no_iteration_of_a_design_in_time_begins_after_its_latest_cycle(data: st.DataObject) -> None:
    """What says that it is late: an output is, in the times that are found without asking."""
    design = data.draw(designs())
    depths = random_depths(data, design)
    if Net(design, loops(design, CLOCK)).stuck(depths, Hold.ONE):
        return
    flow = Flow(design, SAMPLES, design.interval(), CLOCK)
    latest, ends = flow.latest(), {port.stream: flow.written[port.stream] for port in design.outputs}
    flow.deepen(depths)
    flow.solve()
    late = any((flow.written[name] > cycles).any() for name, cycles in ends.items())
    assert late == any((begin > last).any() for begin, last in zip(flow.begin, latest))
