"""One element per beat between layers: what the design becomes, the same integers, and the cycles counted by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codesign.analysis.latency import timing
from codesign.ir.design import Design
from codesign.ir.kernels import Fork, Repack
from codesign.ir.text import design_text
from codesign.ir.verify_design import verify_design
from codesign.passes.lower import Fold, lower
from codesign.passes.single_streams import single_streams
from codesign.verification.ladder import evaluate_network
from tests.backends.designs import several_chains
from tests.perceptrons import folds, perceptron
from tests.strategies import typed_networks


def wiring(design: Design) -> list[str]:
    """`process: reads with their lanes -> writes with theirs`."""

    def lanes(names: tuple[str, ...]) -> str:
        return ", ".join(f"{name} x{design.streams[name].lanes}" for name in names)

    return [f"{p.name}: {lanes(p.reads)} -> {lanes(p.writes)}" for p in design]


def test_converters_stand_around_the_products_and_elementwise_kernels_take_one_lane() -> None:
    graph = perceptron(np.random.default_rng(0), [8, 6, 4])
    before = lower(graph, {"dense_1": Fold(3, 4), "dense_2": Fold(4, 2)})
    text = design_text(before)
    assert wiring(before) == [
        "dense_1: x x4 -> dense_1_out x3",
        "relu_1: dense_1_out x3 -> relu_1_out x3",
        "relu_1_repack: relu_1_out x3 -> relu_1_repack_out x6",
        "relu_1_repack_2: relu_1_repack_out x6 -> relu_1_repack_2_out x2",
        "dense_2: relu_1_repack_2_out x2 -> dense_2_out x4",
    ]
    after = single_streams(before)
    verify_design(after, "single_streams")
    assert wiring(after) == [
        "dense_1: x x4 -> dense_1_out x3",
        "dense_1_out_narrow: dense_1_out x3 -> dense_1_out_narrow_out x1",
        "relu_1: dense_1_out_narrow_out x1 -> relu_1_out x1",
        "relu_1_out_widen: relu_1_out x1 -> relu_1_out_widen_out x2",
        "dense_2: relu_1_out_widen_out x2 -> dense_2_out x4",
    ]
    assert design_text(before) == text, "the pass left its argument alone"
    assert after.inputs == before.inputs and after.outputs == before.outputs, "ports keep their words"


def test_the_interval_is_that_of_the_longest_stream_of_elements() -> None:
    design = lower(perceptron(np.random.default_rng(0), [8, 6, 4]), {"dense_1": Fold(6, 8), "dense_2": Fold(4, 6)})
    assert timing(design).interval == 1
    assert timing(single_streams(design)).interval == 6, "the six elements between the layers, one per cycle"


def test_a_design_of_single_elements_stays_as_it_is() -> None:
    design = lower(perceptron(np.random.default_rng(0), [4, 3, 2]), {"dense_1": Fold(1, 1), "dense_2": Fold(1, 1)})
    assert design_text(single_streams(design)) == design_text(design)


@settings(max_examples=60)
@given(st.data())
def test_the_integers_of_random_networks_stay_and_layers_exchange_single_elements(data: st.DataObject) -> None:
    graph, inputs = data.draw(typed_networks())
    design = single_streams(lower(graph, data.draw(folds(graph))))
    verify_design(design, "single_streams")
    codes = design.encode(inputs)
    for found, expected in zip(design.evaluate(codes), evaluate_network(graph, codes), strict=True):
        assert np.array_equal(found, expected)
    check_lanes(design)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
@example(1442)  # a port of 6,696 bits
def test_so_it_is_for_chains_of_random_kernels(seed: int) -> None:
    before = several_chains(seed, 4, 5)
    after = single_streams(before)
    verify_design(after, "single_streams")
    check_lanes(after)
    rng = np.random.default_rng(seed)
    codes = [rng.integers(p.tensor.low, p.tensor.high + 1, (3, *p.tensor.shape), dtype=np.int64) for p in before.inputs]
    for found, expected in zip(after.evaluate(codes), before.evaluate(codes), strict=True):
        assert np.array_equal(found, expected)
    assert timing(after).interval >= timing(before).interval


def check_lanes(design: Design) -> None:
    """Between two processes of different layers passes one element per beat, beside their converters."""
    writers = {name: p for p in design for name in p.writes}
    for process in design:
        for name in process.reads:
            writer = writers.get(name)
            if writer is None or isinstance(process.kernel, Repack) or isinstance(writer.kernel, Repack):
                continue
            if writer.origin != process.origin or isinstance(writer.kernel, Fork):
                assert design.streams[name].lanes == 1, name
