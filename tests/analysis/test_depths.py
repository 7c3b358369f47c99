"""Minimal depths: in time by the cycle by cycle simulation, and none of them can be one less."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.bounded import loops
from codesign.analysis.deadlock import Hold, Net
from codesign.analysis.depths import LEAST, in_time, minimal_depths
from codesign.analysis.latency import timing
from codesign.ir.design import Design
from codesign.passes.lower import Fold, lower
from tests.analysis.test_bounded import designs, with_depths
from tests.machine import Machine
from tests.residual import FOLDS, residual_graph

CLOCK = 200


def given_at(design: Design, depths: dict[str, int], interval: int | None) -> dict[str, list[int]] | None:
    """The cycles in which each output's beats come; None if it deadlocks."""
    samples = 6 + timing(design, CLOCK).steady_latency // design.interval()
    machine = Machine(with_depths(design, depths), samples, CLOCK, interval)
    try:
        machine.run(patience=10 * design.interval() + 500)
    except AssertionError:
        return None
    return machine.finished


def assert_minimal(design: Design, depths: dict[str, int]) -> None:
    roomy, interval = dict.fromkeys(design.streams, 1 << 20), design.interval()
    best, net = given_at(design, roomy, interval), Net(design, loops(design, CLOCK))
    assert best is not None

    def enough(tried: dict[str, int]) -> bool:
        fast = given_at(design, tried, None)
        return (
            given_at(design, tried, interval) == best
            and not net.stuck(tried, Hold.ONE)
            and fast is not None
            and all(a <= b for name in best for a, b in zip(fast[name], best[name]))
        )

    assert enough(depths)
    for name, depth in depths.items():
        assert depth == LEAST or not enough(depths | {name: depth - 1}), name


@settings(max_examples=15)
@given(designs())
def test_at_the_depths_outputs_come_as_with_endless_fifos_and_no_depth_can_be_one_less(design: Design) -> None:
    assert_minimal(design, minimal_depths(design, CLOCK))


@pytest.mark.parametrize("fold", FOLDS)
def test_residual_joins_have_minimal_depths(fold: dict[str, Fold]) -> None:
    design = lower(residual_graph(), fold)
    depths = minimal_depths(design, CLOCK)
    assert_minimal(design, depths)
    assert fold != FOLDS[3] or depths["x_to_sum"] > LEAST


@settings(max_examples=15)
@given(designs(), st.sampled_from([1.0, 2.0]))
def test_no_depth_is_more_than_what_ever_waits_unless_it_would_deadlock(design: Design, pipelines: float) -> None:
    found, waits = minimal_depths(design, CLOCK, pipelines), timing(design, CLOCK, pipelines=pipelines).occupancy
    net = Net(design, loops(design, CLOCK, pipelines))
    for name, depth in found.items():
        assert depth <= max(LEAST, waits[name]) or net.stuck(found | {name: depth - 1}, Hold.ONE)


@settings(max_examples=15)
@given(designs())
def test_depths_above_a_floor_are_in_time(design: Design) -> None:
    floor = minimal_depths(design, CLOCK)
    found = minimal_depths(design, CLOCK, 2.0, floor)
    assert all(found[name] >= depth for name, depth in floor.items())
    assert in_time(design, found, CLOCK, 2.0)
