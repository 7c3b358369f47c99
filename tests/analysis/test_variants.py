"""Many sets of depths side by side: each as the cycle by cycle simulation of one has it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.depths import minimal_depths
from codesign.analysis.variants import outcomes
from codesign.errors import IRError
from codesign.ir.design import Design
from codesign.passes.lower import lower
from tests.analysis.test_bounded import designs, with_depths
from tests.machine import Machine
from tests.residual import FOLDS, residual_graph

CLOCK = 200
SAMPLES = 4


def alone(design: Design, depths: dict[str, int], interval: int | None) -> tuple[int, ...] | None:
    """The cycles in which samples are complete; None if it deadlocks."""
    machine = Machine(with_depths(design, depths), SAMPLES, CLOCK, interval)
    try:
        return tuple(machine.run(patience=10 * design.interval() + 500))
    except AssertionError:
        return None


@settings(max_examples=40)
@given(st.data())
def test_every_set_of_depths_is_simulated_as_if_alone(data: st.DataObject) -> None:
    design = data.draw(designs())
    interval = data.draw(st.sampled_from([0, design.interval()]))
    several = [{name: data.draw(st.integers(1, 9)) for name in design.streams} for _ in range(3)]
    for depths, found in zip(several, outcomes(design, several, SAMPLES, interval, CLOCK)):
        expected = alone(design, depths, interval or None)
        assert found.deadlock == (expected is None)
        assert expected is None or found.finished == expected


def test_a_design_that_is_slower_has_its_interval_once_it_repeats_itself() -> None:
    """A sample per cycle, each of which waits 16 cycles for itself: with room for 15 there are 15 in 16 cycles."""
    design = lower(residual_graph(), FOLDS[3])
    depths = minimal_depths(design, CLOCK)
    less = depths | {"x_to_sum": depths["x_to_sum"] - 1}
    found = outcomes(design, [depths, less], 120, design.interval(), CLOCK)
    assert [outcome.interval for outcome in found] == [1, Fraction(16, 15)]


def test_pipelines_of_more_registers_than_a_number_has_bits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    design = lower(residual_graph(), FOLDS[1])
    monkeypatch.setattr("codesign.analysis.variants._WIDEST", 1)
    with pytest.raises(IRError, match=r"net has a pipeline of . registers; 1 are modelled"):
        outcomes(design, [dict.fromkeys(design.streams, 2)], 1, 0, CLOCK)
