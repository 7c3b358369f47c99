"""The calorimeter network on the U50: the interval, the latency and the slices that are asked of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesign.analysis.cost import design_cost
from codesign.analysis.latency import timing
from codesign.config import Config
from codesign.errors import TargetError
from codesign.frontends import qonnx
from codesign.ir.graph import Graph
from codesign.passes import pipeline
from codesign.passes.fold import solve_folding
from codesign.targets import load_target
from codesign.targets.budget import Budget

FILE = Path(__file__).parents[2].parent / "shared/models/deepcalo/deepcalo_image_only_w8a8_synthetic.onnx"
BUDGET = Budget.read("dsp=3800", "here")


@pytest.fixture(scope="module")
def network() -> Graph:
    if not FILE.is_file():
        pytest.skip(f"{FILE.name} is not there")
    return pipeline.run(qonnx.load(FILE), Config(), {}).network


@pytest.mark.parametrize(("interval", "latency"), [(6160, None), (6160, 18_000)])
def test_it_is_as_fast_as_asked_within_the_budget(network: Graph, interval: int, latency: int | None) -> None:
    """Published on this card: 45,448 cycles, 68,528 from first input to last output, 3,267 slices."""
    found = solve_folding(network, load_target("u50"), clock_mhz=200, budget=BUDGET, interval=interval, latency=latency)
    design = pipeline.build_design(network, found.folds, {}, 200, pace=found.pace)
    times, need = timing(design, 200), design_cost(design).total
    assert times.interval <= interval and times.latency <= (latency or times.latency)
    assert need.dsp <= 3800 and not need.exceeding(BUDGET.of(load_target("u50").resources))


def test_a_budget_far_too_small_names_one_that_is_not(network: Graph) -> None:
    with pytest.raises(TargetError, match=r"; a budget of lut=\d+,dsp=\d+,bram=[\d.]+ would do"):
        solve_folding(network, load_target("u50"), budget=Budget.read("dsp=10,bram=30,lut=20000", "here"))
