"""The kind of each stream follows from its lanes and from what is asked, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.config import Streams
from codesign.ir.design import Design, StreamKind
from codesign.ir.verify_design import verify_design
from codesign.passes.lower import Fold, lower
from codesign.passes.stream_types import stream_types
from tests.perceptrons import perceptron

SINGLE, ARRAY, STRUCT = StreamKind.SINGLE, StreamKind.ARRAY, StreamKind.STRUCT


def given() -> Design:
    """Words of 4 lanes, of 1, of 2 and again of 1."""
    folds = {"dense_1": Fold(1, 4), "dense_2": Fold(2, 1), "dense_3": Fold(1, 2)}
    return lower(perceptron(np.random.default_rng(0), [4, 4, 2, 3]), folds)


@pytest.mark.parametrize(
    ("asked", "inner", "several"),
    [(Streams.MIXED, SINGLE, STRUCT), (Streams.STRUCT, SINGLE, STRUCT), (Streams.ARRAY, SINGLE, ARRAY)],
)
def test_one_lane_is_single_and_several_are_as_asked(asked: Streams, inner: StreamKind, several: StreamKind) -> None:
    before = given()
    after = stream_types(before, asked)
    verify_design(after, "stream_types")
    kinds = {name: stream.kind for name, stream in after.streams.items()}
    assert kinds == {
        "x": STRUCT, "dense_1_out": inner, "relu_1_out": inner, "dense_2_out": several, "relu_2_out": several,
        "dense_3_out": inner,
    }  # fmt: skip
    for name, stream in before.streams.items():
        assert after.streams[name] == replace(stream, kind=kinds[name])
    assert before.streams["dense_1_out"].kind is STRUCT, "the pass left its argument alone"


def test_ports_are_words_whatever_is_asked() -> None:
    design = lower(perceptron(np.random.default_rng(0), [4, 2]), {"dense_1": Fold(2, 4)})
    assert {s.kind for s in stream_types(design, Streams.ARRAY).streams.values()} == {STRUCT}


def test_single_streams_have_one_lane_but_for_ports_and_the_streams_of_a_layer() -> None:
    after = stream_types(given(), Streams.SINGLE)
    verify_design(after, "stream_types")
    assert {s.name for s in after.streams.values() if s.kind is not SINGLE} == {
        "x", "dense_2_out", "relu_2_out_widen_out"
    }  # fmt: skip
