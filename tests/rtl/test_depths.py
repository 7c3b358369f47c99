"""FIFO depths in hardware: as computed at the minimum, and as computed with one word less, deadlocks among it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.analysis.bounded import Flow
from codesign.analysis.cycles import latencies
from codesign.analysis.depths import minimal_depths
from codesign.analysis.one_less import Fate, Lives, lives, one_less
from codesign.ir.design import Design
from codesign.passes.lower import lower
from codesign.passes.pipelines import pipelines
from codesign.verification.cosim import Source, Stuck
from codesign.verification.vectors import random_codes
from tests.analysis.test_bounded import with_depths
from tests.residual import FOLDS, residual_graph
from tests.rtl.cosimulated import PACINGS, assert_as_modelled, simulated

CLOCK = 200
SAMPLES = 9


def residual(fold: int) -> Design:
    return pipelines(lower(residual_graph(), FOLDS[fold]), CLOCK)


@pytest.mark.parametrize("fold", [0, 1])
def test_at_the_minimum_a_residual_join_keeps_integers_and_cycles_whatever_its_surroundings(
    tmp_path: Path, fold: int
) -> None:
    design = residual(fold)
    design = with_depths(design, minimal_depths(design, CLOCK))
    inputs = random_codes(design, SAMPLES)
    expected, cosim = design.evaluate(inputs), simulated(design, tmp_path)
    for source, sink in PACINGS:
        run = cosim.run(inputs, source, sink)
        np.testing.assert_array_equal(run.outputs[0], expected[0])
        if source is Source.PACED:
            assert_as_modelled(run, design, CLOCK)


def test_with_one_word_less_it_is_as_much_slower_as_computed(tmp_path: Path) -> None:
    design = residual(1)
    depths = minimal_depths(design, CLOCK)
    fate = one_less(design, depths, CLOCK)["x_to_sum"]
    assert fate.fate is Fate.SLOWER and fate.interval > design.interval()
    less = depths | {"x_to_sum": depths["x_to_sum"] - 1}
    inputs = random_codes(design, SAMPLES)
    run = simulated(with_depths(design, less), tmp_path).run(inputs)
    flow = Flow(design, SAMPLES, design.interval(), CLOCK)
    flow.deepen(less)
    flow.solve()
    np.testing.assert_array_equal(run.given[0].ravel(), flow.taken["sum_out"])
    assert run.latencies.tolist() == latencies(flow)
    assert run.given[0][-1, -1] - run.given[0][-3, -1] == 2 * fate.interval == 25
    np.testing.assert_array_equal(run.outputs[0], design.evaluate(inputs)[0])


def test_below_the_depth_that_dooms_it_deadlocks_and_says_who_waits(tmp_path: Path) -> None:
    design = residual(1)
    depths = minimal_depths(design, CLOCK)
    found = lives(design, depths, CLOCK)["x_to_sum"]
    assert found == Lives(alive=3, doomed=3)
    doomed = with_depths(design, depths | {"x_to_sum": found.doomed - 1})
    cosim = simulated(doomed, tmp_path)
    for source, sink in PACINGS:
        with pytest.raises(Stuck, match="x_to_sum"):
            cosim.run(random_codes(design, SAMPLES), source, sink)
