"""The cycles of final designs: with their FIFOs, against the cycle by cycle simulation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from codesign.analysis.cycles import final_timing, latencies, paced
from codesign.analysis.depths import minimal_depths
from codesign.analysis.latency import timing
from codesign.errors import IRError
from codesign.ir.design import Design
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.lower import lower
from tests.analysis.test_bounded import designs, with_depths
from tests.machine import Machine
from tests.residual import FOLDS, residual_graph


@settings(max_examples=20)
@given(designs())
def test_latency_and_interval_are_those_of_endless_fifos_and_no_fifo_holds_more_than_it_can(design: Design) -> None:
    final = fifo_depth(design)
    found, endless = final_timing(final), timing(final)
    assert (found.interval, found.latency, found.steady_latency) == (
        endless.interval, endless.latency, endless.steady_latency,
    )  # fmt: skip
    assert all(found.occupancy[name] <= stream.depth for name, stream in final.streams.items())


@settings(max_examples=20)
@given(designs())
def test_samples_are_complete_in_the_cycles_of_the_simulation(design: Design) -> None:
    final = fifo_depth(design)
    machine = Machine(final, 5, interval=final.interval())
    done = machine.run(patience=10 * final.interval() + 500)
    assert latencies(paced(final, 5)) == [cycle - k * final.interval() for k, cycle in enumerate(done)]


def test_a_design_that_can_deadlock_is_refused_with_who_waits_for_whom() -> None:
    design = lower(residual_graph(), FOLDS[0])
    with pytest.raises(
        IRError, match="net can deadlock: x_fork waits for room in x_to_sum, sum waits for a beat of q2_out"
    ):
        final_timing(with_depths(design, dict.fromkeys(design.streams, 2)))


def test_a_design_that_its_fifos_make_late_is_refused() -> None:
    design = lower(residual_graph(), FOLDS[3])
    depths = minimal_depths(design)
    final_timing(with_depths(design, depths))
    late = with_depths(design, depths | {"x_to_sum": depths["x_to_sum"] - 1})
    with pytest.raises(IRError, match="net is later with its FIFOs than with endless ones"):
        final_timing(late)
