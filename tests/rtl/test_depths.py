"""FIFO depths in hardware: as computed at the minimum, and as computed with one word less, deadlocks among it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codesign.analysis.bounded import Flow
from codesign.analysis.depths import minimal_depths
from codesign.analysis.one_less import Fate, Lives, lives, one_less
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Input
from codesign.ir.tensor import Tensor
from codesign.passes.lower import Fold, lower
from codesign.passes.pipelines import pipelines
from codesign.verification.cosim import Source, Stuck
from codesign.verification.vectors import random_codes
from tests.analysis.test_bounded import with_depths
from tests.images import Growing, residual
from tests.residual import FOLDS, residual_graph
from tests.rtl.cosimulated import PACINGS, assert_as_modelled, simulated

CLOCK = 200
SAMPLES = 8


def products() -> Design:
    """x + q(dense(q(dense(x)))), 12 cycles per sample."""
    return pipelines(lower(residual_graph(), FOLDS[1]), CLOCK)


def convolutions() -> Design:
    """x + q(conv(q(conv(x)))) of 5 x 6 pixels, 432 cycles per sample."""
    grown = Growing(0)
    grown.graph = Graph("net", "net.onnx")
    grown.last = grown.graph.add("x", Input(Tensor.of_fixed((5, 6, 2), Fixed(4))), origin="global_in").name
    residual(grown)
    grown.graph.outputs = [Output("y", grown.last, "global_out")]
    return pipelines(lower(grown.graph, {"n1": Fold(2, 1), "n3": Fold(2, 1)}), CLOCK)


@pytest.mark.parametrize("made", [products, convolutions])
def test_at_the_minimum_a_residual_join_keeps_integers_and_cycles_whatever_its_surroundings(
    tmp_path: Path, made: Callable[[], Design]
) -> None:
    design = made()
    design = with_depths(design, minimal_depths(design, CLOCK))
    inputs = random_codes(design, SAMPLES)
    expected, cosim = design.evaluate(inputs), simulated(design, tmp_path)
    for source, sink in PACINGS:
        run = cosim.run(inputs, source, sink)
        np.testing.assert_array_equal(run.outputs[0], expected[0])
        if source is Source.PACED:
            assert_as_modelled(run, design, CLOCK)


def test_with_one_word_less_it_is_as_much_slower_as_computed(tmp_path: Path) -> None:
    design = convolutions()
    depths = minimal_depths(design, CLOCK)
    fate = one_less(design, depths, CLOCK)["x_to_n5"]
    assert fate.fate is Fate.SLOWER and fate.interval == 435 == design.interval() + 3
    less = depths | {"x_to_n5": depths["x_to_n5"] - 1}
    inputs = random_codes(design, SAMPLES)
    run = simulated(with_depths(design, less), tmp_path).run(inputs)
    flow = Flow(design, SAMPLES, design.interval(), CLOCK)
    flow.deepen(less)
    flow.solve()
    np.testing.assert_array_equal(run.given[0].ravel(), flow.taken[design.outputs[0].stream])
    assert np.diff(run.given[0][:, -1]).tolist() == [435] * (SAMPLES - 1)
    np.testing.assert_array_equal(run.outputs[0], design.evaluate(inputs)[0])


def test_one_word_decides_whether_it_ever_deadlocks_and_who_waits_is_said(tmp_path: Path) -> None:
    design = convolutions()
    depths, inputs = minimal_depths(design, CLOCK), random_codes(design, SAMPLES)
    assert lives(design, depths, CLOCK)["x_to_n5"] == Lives(alive=34, doomed=34)
    alive = simulated(with_depths(design, depths | {"x_to_n5": 34}), tmp_path / "alive")
    doomed = simulated(with_depths(design, depths | {"x_to_n5": 33}), tmp_path / "doomed")
    for source, sink in PACINGS:
        run = alive.run(inputs, source, sink)
        np.testing.assert_array_equal(run.outputs[0], design.evaluate(inputs)[0])
        with pytest.raises(Stuck, match=r"x_fork waits for room in x_to_n5, which is full \(33 of 33\)"):
            doomed.run(inputs, source, sink)
