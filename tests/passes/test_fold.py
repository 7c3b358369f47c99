"""Folding: what was asked for or the nearest, and without a wish the fastest design that fits."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from codesign.analysis.cost import design_cost
from codesign.errors import ConfigError, TargetError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Dense
from codesign.ir.verify_design import verify_design
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.fold import choose_folding
from codesign.passes.lower import Fold, lower
from codesign.passes.products import MAX_PRODUCTS, achievable_reuse
from codesign.targets import Resources, Target, load_target
from tests.perceptrons import perceptron
from tests.strategies import typed_networks


def jet_tagger() -> Graph:
    return perceptron(np.random.default_rng(0), [16, 64, 32, 32, 5], 6, Fixed(16, 10))


def small_target(**amounts: float) -> Target:
    """A target with only so much of some resources, and all one could want of the others."""
    plenty = Resources(lut=1e8, ff=1e8, dsp=1e8, bram36=1e8, uram=1e8)
    return replace(load_target("u50"), name="small", resources=replace(plenty, **amounts))


def interval_and_fit(graph: Graph, folding: dict[str, Fold], target: Target, budget: float) -> tuple[int, bool]:
    design = fifo_depth(lower(graph, folding), target.clock_mhz)
    return design.interval(), not design_cost(design).total.exceeding(target.resources * budget)


def every_folding(graph: Graph) -> list[dict[str, Fold]]:
    """All foldings of a network, written without looking at the pass."""
    choices = []
    for node in graph:
        if isinstance(node.layer, Dense):
            n, m = node.layer.weights.shape
            folds = [Fold(p, s) for p in range(1, m + 1) for s in range(1, n + 1) if m % p == 0 and n % s == 0]
            choices.append([(node.name, fold) for fold in folds])
    return [dict(combination) for combination in product(*choices)]


def test_without_a_wish_a_small_network_is_fully_parallel_on_a_large_device() -> None:
    graph = jet_tagger()
    folding = choose_folding(graph, load_target("u50"))
    assert folding == {
        "dense_1": Fold(64, 16),
        "dense_2": Fold(32, 64),
        "dense_3": Fold(32, 32),
        "dense_4": Fold(5, 32),
    }
    assert lower(graph, folding).interval() == 1


def test_on_a_small_device_all_layers_are_as_slow_as_the_slowest_needs() -> None:
    graph = jet_tagger()
    target = load_target("pynq-z2")
    folding = choose_folding(graph, target)
    interval, fits = interval_and_fit(graph, folding, target, 0.8)
    assert fits
    for name, fold in folding.items():
        shape = graph[name].layer.weights.shape  # type: ignore[attr-defined]
        slower = [r for r in achievable_reuse(graph[name]) if fold.reuse(*shape) < r <= interval]
        assert not slower, f"{name} could have a reuse of {slower}"


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([[4, 4, 2], [6, 4], [3, 4, 2], [2, 6, 3]]), st.integers(1, 12))
def test_no_folding_that_fits_is_faster(seed: int, widths: list[int], twelfths: int) -> None:
    """Against brute force, on devices of between next to nothing and all that the fastest folding needs."""
    graph = perceptron(np.random.default_rng(seed), widths, 5, Fixed(5))
    every = every_folding(graph)
    costs = [design_cost(fifo_depth(lower(graph, f))).total.lut for f in every]
    luts = min(costs) + (max(costs) - min(costs)) * twelfths / 12
    target = small_target(lut=luts)
    fitting = [lower(graph, f).interval() for f, cost in zip(every, costs) if cost <= luts]
    folding = choose_folding(graph, target, budget=1)
    assert interval_and_fit(graph, folding, target, 1) == (min(fitting), True)


@settings(max_examples=40)
@given(typed_networks(), st.sampled_from(["u50", "arty-a7"]))
def test_what_is_chosen_fits_and_computes_the_same(drawn: tuple[Graph, list[np.ndarray]], name: str) -> None:
    graph, codes = drawn
    target = load_target(name)
    try:
        folding = choose_folding(graph, target)
    except TargetError as error:
        assume("does not fit" not in str(error))
        raise
    design = fifo_depth(lower(graph, folding))
    verify_design(design, "fifo_depth")
    assert not design_cost(design).total.exceeding(target.resources * 0.8)
    expected = graph.run_codes(codes)
    for output, found in zip(graph.outputs, design.evaluate(codes), strict=True):
        np.testing.assert_array_equal(found, expected[output.source])


def test_a_reuse_factor_is_kept_where_it_divides() -> None:
    graph = jet_tagger()
    for reuse in (1, 4, 32, 160):
        folding = choose_folding(graph, load_target("u250"), reuse=reuse)
        for name, fold in folding.items():
            shape = graph[name].layer.weights.shape  # type: ignore[attr-defined]
            if reuse in achievable_reuse(graph[name]):
                assert fold.reuse(*shape) == reuse
            assert fold.requested == reuse


@pytest.mark.parametrize(("asked", "got"), [(1, 1), (3, 2), (6, 5), (7, 8), (9, 8), (100, 80), (10**6, 160)])
def test_a_reuse_factor_between_two_possible_ones_becomes_the_nearer(asked: int, got: int) -> None:
    graph = perceptron(np.random.default_rng(0), [32, 5])
    assert achievable_reuse(graph["dense_1"]) == [1, 2, 4, 5, 8, 10, 16, 20, 32, 40, 80, 160]
    fold = choose_folding(graph, load_target("u50"), reuse=asked)["dense_1"]
    assert (fold.reuse(32, 5), fold.requested) == (got, asked)


def test_layers_may_have_reuse_factors_of_their_own_and_the_rest_is_balanced() -> None:
    graph = jet_tagger()
    folding = choose_folding(graph, load_target("u50"), reuse_by_layer={"dense_2": 16})
    assert folding["dense_2"].reuse(64, 32) == 16
    assert {name: fold.requested for name, fold in folding.items() if fold.requested} == {"dense_2": 16}
    assert [folding[n].reuse(*s) for n, s in [("dense_1", (16, 64)), ("dense_3", (32, 32))]] == [16, 16]
    both = choose_folding(graph, load_target("u50"), reuse=4, reuse_by_layer={"dense_2": 16})
    assert [both["dense_1"].reuse(16, 64), both["dense_2"].reuse(64, 32)] == [4, 16]


def test_a_large_layer_is_never_unrolled_beyond_what_tools_can_take() -> None:
    graph = perceptron(np.random.default_rng(0), [490, 256], 3)
    fold = choose_folding(graph, load_target("vu13p"), reuse=1)["dense_1"]
    assert fold.pe * fold.simd <= MAX_PRODUCTS
    assert fold.reuse(490, 256) == min(achievable_reuse(graph["dense_1"])) > 1


def test_lanes_of_neighbours_match_where_they_can() -> None:
    graph = perceptron(np.random.default_rng(0), [32, 32, 32, 32], 4)
    folding = choose_folding(graph, load_target("u50"), reuse=16)
    design = lower(graph, folding)
    assert [type(p.kernel).__name__ for p in design] == ["MatVec", "Apply", "MatVec", "Apply", "MatVec"]


def test_a_network_without_products_needs_no_folding() -> None:
    graph = perceptron(np.random.default_rng(0), [4, 4])
    graph.outputs = [Output("y", "x", "y")]
    assert choose_folding(graph, load_target("u50")) == {}


def test_a_network_that_does_not_fit_is_refused_with_what_it_needs_and_what_there_is() -> None:
    graph = perceptron(np.random.default_rng(0), [64, 64, 64], 8)
    with pytest.raises(
        TargetError,
        match=r"net\.onnx does not fit 80% of small: it needs [\d,]+ LUT \(the budget has 80\); choose a larger",
    ):
        choose_folding(graph, small_target(lut=100))


def test_a_reuse_that_does_not_fit_is_refused_with_the_smallest_that_does() -> None:
    graph = perceptron(np.random.default_rng(0), [64, 64], 8, Fixed(8))
    message = r"net\.onnx: node MatMul_1: needs 2,048 DSP \(the budget has 1,000\) at reuse 2; try reuse_factor >= 8"
    with pytest.raises(TargetError, match=message):
        choose_folding(graph, small_target(dsp=1000), reuse=2, budget=1)
    assert choose_folding(graph, small_target(dsp=1000), reuse=8, budget=1)["dense_1"].reuse(64, 64) == 8


def test_the_sum_of_layers_that_fit_alone_may_not_fit() -> None:
    graph = perceptron(np.random.default_rng(0), [32, 32, 32], 8, Fixed(8))
    with pytest.raises(TargetError, match=r"it needs 1,024 DSP \(the budget has 600\); try reuse_factor >= 4"):
        choose_folding(graph, small_target(dsp=600), reuse=2, budget=1)


def test_a_wish_for_a_layer_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'dense2': net\.onnx has no such matrix product; did you mean dense_2"):
        choose_folding(jet_tagger(), load_target("u50"), reuse_by_layer={"dense2": 2})


@pytest.mark.parametrize("wish", [{"reuse": 0}, {"reuse_by_layer": {"dense_1": -1}}])
def test_a_reuse_below_one_is_refused(wish: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="is not possible; 1 is fully parallel"):
        choose_folding(jet_tagger(), load_target("u50"), **wish)  # type: ignore[arg-type]
