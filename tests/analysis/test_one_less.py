"""What one word less than the minimum does: named, with its cycles, as the cycle by cycle simulation has it."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings

from codesign.analysis.depths import LEAST, minimal_depths
from codesign.analysis.latency import timing
from codesign.analysis.one_less import Fate, Lives, lives, one_less
from codesign.ir.design import Design
from codesign.passes.lower import lower
from tests.analysis.test_bounded import designs, with_depths
from tests.machine import Machine
from tests.residual import FOLDS, residual_graph


def test_joins_are_slower_by_what_their_shortest_circle_lacks() -> None:
    """A sample per cycle of which each waits 16 cycles at the join: with room for 15 there are 15 in 16 cycles."""
    found = [one_less(d, minimal_depths(d))["x_to_sum"] for d in (lower(residual_graph(), fold) for fold in FOLDS)]
    assert [less.fate for less in found] == [Fate.SLOWER] * 4
    assert [less.interval for less in found] == [146, Fraction(25, 2), Fraction(25, 2), Fraction(16, 15)]
    assert str(found[1]) == "slower: interval 12.5"


def test_from_some_depth_on_a_join_never_deadlocks() -> None:
    design = lower(residual_graph(), FOLDS[0])
    found = lives(design, minimal_depths(design))
    assert found["x_to_sum"] == Lives(alive=12, doomed=12)
    assert set(found) == {"x_to_d1", "x_to_sum", "d1_out", "q1_out", "d2_out", "q2_out"}


@settings(max_examples=15)
@given(designs())
def test_fates_are_those_of_the_simulation(design: Design) -> None:
    depths, times = minimal_depths(design), timing(design)
    samples = 8 + times.steady_latency // times.interval
    for name, less in one_less(design, depths).items():
        assert (less.fate is Fate.NOTHING) == (depths[name] == LEAST)
        machine = Machine(with_depths(design, depths | {name: depths[name] - 1}), samples, interval=times.interval)
        if less.fate in (Fate.SLOWER, Fate.LATER):
            done = machine.run(patience=10 * times.interval + 500)
            assert done[-1] - (samples - 1) * times.interval >= times.steady_latency
        if less.fate is Fate.LATER:
            assert done[-1] - (samples - 1) * times.interval == less.latency
