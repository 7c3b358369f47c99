"""Convolutions are folded like dense layers: the smallest interval that fits, and of those the fewest products."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.cost import design_cost
from codesign.errors import TargetError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Conv, Input, Upsample
from codesign.ir.tensor import Tensor
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.fold import solve_folding
from codesign.passes.folding.model import price
from codesign.passes.lower import Fold, lower
from codesign.passes.products import achievable_reuse, choices, foldings
from codesign.targets import load_target
from tests.machine import Machine
from tests.strategies import typed_networks


def upsampled(factors: tuple[int, int], kernel: tuple[int, int]) -> Graph:
    weights = np.random.default_rng(0).integers(-4, 4, (*kernel, 4, 6))
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((5, 6, 4), Fixed(4))))
    graph.add("c", Conv(weights, Fixed(3)), "x")
    graph.add("u", Upsample(factors), "c")
    graph.outputs = [Output("y", "u", "y")]
    return graph


@pytest.mark.parametrize(("factors", "kernel"), [((1, 1), (3, 3)), ((3, 2), (3, 3)), ((4, 5), (1, 2))])
def test_the_choice_is_that_of_trying_all(factors: tuple[int, int], kernel: tuple[int, int]) -> None:
    graph = upsampled(factors, kernel)
    target = load_target("u50")

    def worth(fold: Fold) -> tuple[int, float]:
        design = lower(graph, {"c": fold}, pace=found.pace)
        return design.interval(), price(design_cost(design).total, target.resources * 0.8)

    found = solve_folding(graph, target)
    fastest = min(lower(graph, {"c": fold}).interval() for fold in foldings(graph["c"]))
    assert lower(graph, found.folds).interval() == found.pace == fastest
    assert worth(found.folds["c"]) == min(worth(fold) for fold in choices(graph["c"], graph["x"].type))


@settings(max_examples=25)
@given(typed_networks(), st.sampled_from([1, 7, 40, 400]))
def test_what_is_solved_runs_at_its_interval_cycle_by_cycle(
    drawn: tuple[Graph, list[np.ndarray]], interval: int
) -> None:
    """Simulated with full FIFOs and stalls; where no design is so fast, the one that the refusal names."""
    graph, _ = drawn
    try:
        found = solve_folding(graph, load_target("u50"), interval=interval)
    except TargetError as error:
        smallest = re.search(r"the smallest interval that fits is ([\d,]+) cycles", str(error))
        assert smallest, error
        interval = int(smallest[1].replace(",", ""))
        found = solve_folding(graph, load_target("u50"), interval=interval)
    design = fifo_depth(lower(graph, found.folds, pace=found.pace))
    assert design.interval() <= interval
    done = Machine(design, 24).run(patience=4 * design.interval() + 400)
    assert done[-1] - done[15] == 8 * design.interval()


def test_a_fold_cuts_no_pixel_in_parts() -> None:
    node = upsampled((1, 1), (3, 3))["c"]
    assert {f.simd for f in foldings(node)} == {1, 2, 4, 12, 36}
    assert {f.pe for f in foldings(node)} == {1, 2, 3, 6}
    assert min(achievable_reuse(node)) == 1


def test_more_products_make_a_convolution_faster_until_a_cycle_per_pixel() -> None:
    graph = upsampled((1, 1), (3, 3))
    all_at_once, nine_cycles = (lower(graph, {"c": f}) for f in (Fold(6, 36), Fold(6, 4)))
    assert (all_at_once.interval(), nine_cycles.interval()) == (5 * 6, 3 * 4 * 9)
