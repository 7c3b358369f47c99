"""Deadlocks by the order of events: against the cycle by cycle simulation, and who waits for whom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.bounded import loops
from codesign.analysis.deadlock import Hold, Net
from codesign.ir.design import Design
from codesign.passes.lower import Fold, lower
from tests.analysis.test_bounded import designs, with_depths
from tests.machine import Machine
from tests.perceptrons import perceptron
from tests.residual import FOLDS, residual_graph

CLOCK = 200


def deadlocks(
    design: Design,
    depths: dict[str, int],
    samples: int,
    interval: int | None = None,
    deeper: float = 1,
    stalls: bool = False,
) -> bool:
    machine = Machine(with_depths(design, depths), samples, CLOCK, interval, deeper, stalls)
    try:
        machine.run(patience=10 * design.interval() + 500)
    except AssertionError:
        return True
    return False


@settings(max_examples=60)
@given(st.data())
def test_what_the_order_of_events_forbids_deadlocks_and_what_it_allows_does_not(data: st.DataObject) -> None:
    design = data.draw(designs())
    depths = {name: data.draw(st.integers(1, 6)) for name in design.streams}
    net = Net(design, loops(design, CLOCK))
    interval, deeper = data.draw(st.sampled_from([None, design.interval(), 4 * design.interval()])), 1.0
    if net.stuck(depths, Hold.ALL):
        assert net.stuck(depths, Hold.ONE), "of shorter pipelines too"
        assert deadlocks(design, depths, 1, interval), "one sample is enough"
    elif not net.stuck(depths, Hold.ONE):
        deeper = data.draw(st.sampled_from([1.0, 2.0]))
        assert not deadlocks(design, depths, 4, interval, deeper)


@settings(max_examples=40)
@given(st.data())
def test_pipelines_that_stop_for_want_of_input_deadlock_just_where_the_order_says(data: st.DataObject) -> None:
    design = data.draw(designs())
    depths = {name: data.draw(st.integers(1, 9)) for name in design.streams}
    interval, deeper = data.draw(st.sampled_from([None, 4 * design.interval()])), data.draw(st.sampled_from([1.0, 2.0]))
    stuck = Net(design, loops(design, CLOCK, deeper)).stuck(depths, Hold.STALLED)
    assert deadlocks(design, depths, 3, interval, deeper, stalls=True) == bool(stuck)


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("hold", list(Hold))
def test_one_word_less_than_the_least_deadlocks(fold: dict[str, Fold], hold: Hold) -> None:
    design = lower(residual_graph(), fold)
    net, roomy = Net(design, loops(design, CLOCK)), dict.fromkeys(design.streams, 99)
    for name in net.circular:
        least = net.least(name, roomy, hold, 1)
        assert not net.stuck(roomy | {name: least}, hold)
        assert least == 1 or net.stuck(roomy | {name: least - 1}, hold)
        if hold is Hold.ALL and least > 1:
            assert deadlocks(design, roomy | {name: least - 1}, 2)
        if hold is Hold.ONE:
            assert not deadlocks(design, roomy | {name: least}, 2)


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("hold", list(Hold))
def test_depths_grow_until_nothing_deadlocks_and_no_further(fold: dict[str, Fold], hold: Hold) -> None:
    design = lower(residual_graph(), fold)
    net, widths = Net(design, loops(design, CLOCK)), {name: s.width for name, s in design.streams.items()}
    grown = net.grown(dict.fromkeys(design.streams, 1), hold, widths)
    assert not net.stuck(grown, hold)
    assert net.grown(grown, hold, widths) == grown
    assert fold == FOLDS[3] or any(depth > 1 for depth in grown.values())


def test_a_circle_names_who_waits_for_what() -> None:
    """The first product needs all 12 inputs before it gives anything; meanwhile only two have room beside it."""
    design = lower(residual_graph(), {"d1": Fold(1, 1), "d2": Fold(1, 1)})
    waits = Net(design, loops(design, CLOCK)).stuck(dict.fromkeys(design.streams, 2), Hold.ALL)
    assert [str(wait) for wait in waits] == [
        "x_fork waits for room in x_to_sum",
        "sum waits for a beat of q2_out",
        "q2 waits for a beat of d2_out",
        "d2 waits for a beat of q1_out",
        "q1 waits for a beat of d1_out",
        "d1 waits for a beat of x_to_d1",
    ]


def test_streams_of_a_chain_never_stop_it() -> None:
    """Not even with one word each: nobody waits, by two ways, for himself."""
    graph = perceptron(np.random.default_rng(0), [8, 8, 8])
    design = lower(graph, {"dense_1": Fold(1, 1), "dense_2": Fold(1, 1)})
    net, single = Net(design, loops(design, CLOCK)), dict.fromkeys(design.streams, 1)
    assert net.circular == set()
    assert not net.stuck(single, Hold.ONE)
    assert not deadlocks(design, single, 3)
