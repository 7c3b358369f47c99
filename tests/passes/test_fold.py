"""Folding: what was asked for or the nearest, and without a wish the fastest design that fits; brute force agrees."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from codesign.analysis.cost import design_cost
from codesign.analysis.latency import timing
from codesign.errors import ConfigError, TargetError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import Multiplier
from codesign.ir.layers import Dense
from codesign.ir.verify_design import verify_design
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.fold import choose_folding, solve_folding
from codesign.passes.folding.model import price
from codesign.passes.lower import Fold, lower
from codesign.passes.products import MAX_PRODUCTS, achievable_reuse
from codesign.targets import Resources, Target, load_target
from codesign.targets.budget import Budget
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


ADDERS = Multiplier.ADDERS


def every_folding(graph: Graph) -> list[dict[str, Fold]]:
    """All foldings of a network on all kinds of multipliers, written without looking at the search."""
    choices = []
    for node in graph:
        if isinstance(node.layer, Dense):
            n, m = node.layer.weights.shape
            pairs = [(p, s) for p in range(1, m + 1) for s in range(1, n + 1) if m % p == 0 and n % s == 0]
            folds = [Fold(p, s, multiplier=kind) for p, s in pairs for kind in Multiplier if kind is not ADDERS]
            folds.append(Fold(m, n, multiplier=ADDERS))
            choices.append([(node.name, fold) for fold in folds])
    return [dict(combination) for combination in product(*choices)]


def test_without_a_wish_a_small_network_is_fully_parallel_on_a_large_device() -> None:
    graph = jet_tagger()
    folding = choose_folding(graph, load_target("u50"))
    assert {name: (fold.pe, fold.simd) for name, fold in folding.items()} == {
        "dense_1": (64, 16),
        "dense_2": (32, 64),
        "dense_3": (32, 32),
        "dense_4": (5, 32),
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


@settings(max_examples=12)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([[4, 4, 2], [6, 4], [3, 4, 2], [2, 6, 3], [2, 2, 2, 2]]),
    st.integers(1, 12),
    st.sampled_from([0, 3, 10, 1e8]),
)
def test_no_folding_that_fits_is_faster_nor_as_fast_and_cheaper(
    seed: int, widths: list[int], twelfths: int, slices: float
) -> None:
    """Against brute force, on devices of between next to nothing and all that the largest folding needs. FIFOs here
    stay below 32 words, where their depth costs nothing."""
    graph = perceptron(np.random.default_rng(seed), widths, 5, Fixed(5))
    designs = [lower(graph, f) for f in every_folding(graph)]
    costs = [design_cost(design).total for design in designs]
    luts = [cost.lut for cost in costs]
    target = small_target(lut=min(luts) + (max(luts) - min(luts)) * twelfths / 12, dsp=slices)
    fitting = [(d.interval(), c) for d, c in zip(designs, costs) if not c.exceeding(target.resources)]
    if not fitting:
        with pytest.raises(TargetError, match="does not fit 100% of small: it needs"):
            choose_folding(graph, target, budget=1)
        return
    found = solve_folding(graph, target, budget=1)
    fastest = min(interval for interval, _ in fitting)
    assert interval_and_fit(graph, found.folds, target, 1) == (fastest, True)
    assert found.interval_bound == fastest
    cheapest = min(price(cost, target.resources) for interval, cost in fitting if interval == fastest)
    assert found.price == found.price_bound == cheapest


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1), st.sampled_from([[4, 4, 2], [6, 4], [2, 6, 3]]), st.integers(1, 40))
def test_no_folding_that_keeps_an_interval_is_cheaper(seed: int, widths: list[int], interval: int) -> None:
    """Against brute force."""
    graph = perceptron(np.random.default_rng(seed), widths, 5, Fixed(5))
    target = load_target("pynq-z2")
    designs = [lower(graph, f) for f in every_folding(graph)]
    prices = [price(design_cost(d).total, target.resources) for d in designs if d.interval() <= interval]
    found = solve_folding(graph, target, budget=1, interval=interval)
    assert fifo_depth(lower(graph, found.folds)).interval() <= interval
    assert found.price == found.price_bound == min(prices)


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.sampled_from([[4, 4, 2], [4, 5], [3, 4, 3]]), st.integers(0, 30))
def test_a_latency_is_kept_at_nearly_the_lowest_price(seed: int, widths: list[int], slack: int) -> None:
    """Against brute force; the solver may stop within 2 % of the best."""
    graph = perceptron(np.random.default_rng(seed), widths, 5, Fixed(5))
    target = load_target("pynq-z2")
    designs = [lower(graph, f) for f in every_folding(graph)]
    every = [(timing(d).latency, design_cost(d).total) for d in designs]
    latency = min(cycles for cycles, _ in every) + slack
    lowest = min(price(cost, target.resources) for cycles, cost in every if cycles <= latency)
    found = solve_folding(graph, target, budget=1, latency=latency)
    assert timing(lower(graph, found.folds, pace=found.pace)).latency <= latency
    assert found.price_bound <= lowest <= found.price <= lowest * 1.021


def test_a_latency_and_an_interval_are_both_kept() -> None:
    graph, target = jet_tagger(), load_target("u50")
    for interval, latency in [(8, 60), (2, 40)]:
        found = solve_folding(graph, target, interval=interval, latency=latency)
        times = timing(lower(graph, found.folds, pace=found.pace))
        assert times.interval <= interval and times.latency <= latency


def test_a_latency_that_nothing_has_is_refused_with_the_smallest_that_was_found() -> None:
    graph, target = jet_tagger(), load_target("pynq-z2")
    with pytest.raises(
        TargetError,
        match=r"no design with a latency of at most 10 cycles \(0\.1 us\) was found within 80% of pynq-z2: the "
        r"smallest found is (\d+) cycles \([\d.]+ us\), with an interval of (\d+) cycles",
    ) as error:
        choose_folding(graph, target, latency=10)
    smallest = int(re.search(r"found is (\d+)", str(error.value))[1])  # type: ignore[index]
    assert choose_folding(graph, target, latency=smallest)


@pytest.mark.parametrize("goal", ["interval", "latency"])
def test_a_goal_below_one_cycle_is_refused(goal: str) -> None:
    with pytest.raises(ConfigError, match=rf"an? {goal} of 0 cycles is not possible; ask for at least 1"):
        choose_folding(jet_tagger(), load_target("u50"), **{goal: 0})  # type: ignore[arg-type]


def test_an_interval_that_the_budget_does_not_allow_is_refused_with_the_smallest_that_fits() -> None:
    graph = perceptron(np.random.default_rng(0), [64, 64], 8, Fixed(8))
    target = small_target(dsp=512, lut=20_000)
    assert choose_folding(graph, target, budget=1, interval=8)["dense_1"].reuse(64, 64) == 8
    with pytest.raises(
        TargetError,
        match=r"net\.onnx: no design with an interval of at most 4 cycles fits 100% of small: that would need "
        r"[\d,]+ LUT \(the budget has 20,000\); the smallest interval that fits is 8 cycles",
    ):
        choose_folding(graph, target, budget=1, interval=4)


def test_an_interval_that_no_folding_has_is_refused_with_the_layer_that_takes_longer() -> None:
    graph = perceptron(np.random.default_rng(0), [490, 256], 3)
    with pytest.raises(
        TargetError, match=r"node MatMul_1 takes 32 cycles however it is folded; the smallest interval that fits is 32"
    ):
        choose_folding(graph, load_target("vu13p"), interval=8)


def test_a_longer_interval_is_cheaper() -> None:
    graph = jet_tagger()
    found = [solve_folding(graph, load_target("u50"), interval=n) for n in (1, 4, 16, 64)]
    assert [lower(graph, f.folds).interval() for f in found] == [1, 4, 16, 64]
    assert [f.price for f in found] == sorted((f.price for f in found), reverse=True)


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


def test_converters_between_lanes_are_part_of_the_price() -> None:
    """With lanes that match there are none, and yet what is chosen costs less."""
    graph, target = perceptron(np.random.default_rng(0), [32, 32, 32, 32], 4), load_target("u50")
    alike = lower(graph, {name: Fold(8, 8, multiplier=Multiplier.LUT) for name in ("dense_1", "dense_2", "dense_3")})
    assert [type(p.kernel).__name__ for p in alike] == ["MatVec", "Apply", "MatVec", "Apply", "MatVec"]
    found = solve_folding(graph, target, reuse=16)
    assert found.price <= price(design_cost(alike).total, target.resources * 0.8)


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


def test_a_budget_that_cannot_be_met_is_refused_with_the_smallest_that_can() -> None:
    graph = perceptron(np.random.default_rng(0), [64, 64, 64], 8)
    small = Budget.read("lut=100,dsp=1,bram=1000", "here")
    with pytest.raises(
        TargetError,
        match=r"net\.onnx does not fit lut=100,dsp=1,bram=1000 of u50: it needs [\d,]+ LUT \(the budget has 100\)"
        r"( and \d+ DSP \(the budget has 1\))?; a budget of lut=\d+(,dsp=\d+)? would do",
    ) as error:
        choose_folding(graph, load_target("u50"), budget=small)
    enough = {"bram": 1000, "dsp": 1, **dict(re.findall(r"(lut|dsp)=(\d+)", str(error.value).split("budget of ")[1]))}
    assert choose_folding(graph, load_target("u50"), budget=Budget.read(enough, "here"))
    enough["lut"] = int(enough["lut"]) - 1
    with pytest.raises(TargetError, match=rf"\(the budget has {enough['lut']:,}\)"):
        choose_folding(graph, load_target("u50"), budget=Budget.read(enough, "here"))


def test_a_reuse_that_does_not_fit_is_refused_with_the_smallest_that_does() -> None:
    graph = perceptron(np.random.default_rng(0), [64, 64], 8, Fixed(8))
    small = small_target(dsp=1000, lut=20_000)
    message = (
        r"net\.onnx: node MatMul_1: needs [\d,]+ LUT \(the budget has 20,000\) and 2,048 DSP \(the budget has 1,000\)"
    )
    with pytest.raises(TargetError, match=message + " at reuse 2; try reuse_factor >= 8"):
        choose_folding(graph, small, reuse=2, budget=1)
    assert choose_folding(graph, small, reuse=8, budget=1)["dense_1"].reuse(64, 64) == 8


def test_the_sum_of_layers_that_fit_alone_may_not_fit() -> None:
    graph = perceptron(np.random.default_rng(0), [32, 32, 32], 8, Fixed(8))
    small = small_target(dsp=600, lut=20_000)
    needs = r"it needs [\d,]+ LUT \(the budget has 20,000\) and [\d,]+ DSP \(the budget has 600\)"
    with pytest.raises(TargetError, match=rf"{needs}; try reuse_factor >= 4"):
        choose_folding(graph, small, reuse=2, budget=1)


def test_a_wish_for_a_layer_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'dense2': net\.onnx has no such matrix product; did you mean dense_2"):
        choose_folding(jet_tagger(), load_target("u50"), reuse_by_layer={"dense2": 2})


@pytest.mark.parametrize("wish", [{"reuse": 0}, {"reuse_by_layer": {"dense_1": -1}}])
def test_a_reuse_below_one_is_refused(wish: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="is not possible; 1 is fully parallel"):
        choose_folding(jet_tagger(), load_target("u50"), **wish)  # type: ignore[arg-type]
