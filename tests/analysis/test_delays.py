"""Delays: the longest paths between beats, against the exact cycles of the design."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.delays import NEVER, beats_at, delays, first_latency
from codesign.analysis.latency import timing
from codesign.passes.lower import Fold, lower
from tests.perceptrons import folds, perceptron
from tests.strategies import typed_networks


@settings(max_examples=60)
@given(st.data())
def test_the_longest_path_from_the_inputs_is_the_latency(data: st.DataObject) -> None:
    graph, _ = data.draw(typed_networks())
    design = lower(graph, data.draw(folds(graph)))
    assert first_latency(design, 200) == timing(design, 200).latency


def test_a_product_gives_its_first_result_behind_the_beats_of_a_fold() -> None:
    """4 beats in; folds of 4 cycles: result j waits for all 4 beats, the last for 4 * j cycles more."""
    design = lower(perceptron(np.random.default_rng(0), [8, 6]), {"dense_1": Fold(2, 2)})
    (depth,) = {timing(design).processes["dense_1"].first_output - 4}
    found = delays(design, "dense_1_out", ["x"], (0, 0.5, 1), 200)
    assert beats_at((0, 0.5, 1), 4) == [0, 2, 3]
    assert beats_at((0, 0.5, 1), 3) == [0, 1, 2]
    expected = [[4 * (j + 1) - g + depth for g in (0, 2, 3)] for j in (0, 1, 2)]
    np.testing.assert_array_equal(found.behind["x"], expected)
    np.testing.assert_array_equal(found.from_start, [4 + depth, 8 + depth, 12 + depth])


def test_what_comes_later_is_waited_for_by_none_that_comes_before() -> None:
    """A converter gives the first of its beats without the last of those that it reads."""
    design = lower(perceptron(np.random.default_rng(0), [4, 4]), {"dense_1": Fold(4, 4)})
    assert (delays(design, "dense_1_out", ["x"], (0.0,), 200).behind["x"] > 0).all()
    converter = lower(perceptron(np.random.default_rng(0), [4, 4, 4]), {"dense_1": Fold(1, 4), "dense_2": Fold(4, 1)})
    found = delays(converter, "relu_1_out", ["dense_1_out"], (0.0, 1.0), 200).behind["dense_1_out"]
    assert found[0, 1] == NEVER and found[1, 0] > found[0, 0] > 0
