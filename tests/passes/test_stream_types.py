"""The kind of each stream follows from its lanes and from what is asked, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.config import Streams
from codesign.errors import ConfigError
from codesign.ir.design import Design, StreamKind
from codesign.ir.fixed import Fixed
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
    assert before.streams["dense_2_out"].kind is STRUCT, "the pass left its argument alone"


def test_ports_are_words_whatever_is_asked() -> None:
    design = lower(perceptron(np.random.default_rng(0), [4, 2]), {"dense_1": Fold(2, 4)})
    assert {s.kind for s in stream_types(design, Streams.ARRAY).streams.values()} == {STRUCT}


def test_beats_that_no_word_holds_are_arrays() -> None:
    """512 outputs of more than 8 bits at a time, which the port takes in words."""
    graph = perceptron(np.random.default_rng(0), [2, 512, 4])
    design = lower(graph, {"dense_1": Fold(512, 2), "dense_2": Fold(1, 512)})
    bits = design.streams["dense_1_out"].width
    assert bits > 4096 >= design.streams["relu_1_out"].width
    for asked in (Streams.MIXED, Streams.SINGLE):
        after = stream_types(design, asked)
        verify_design(after, "stream_types")
        assert (after.streams["dense_1_out"].kind, after.streams["dense_1_out"].lanes) == (ARRAY, 512)
    with pytest.raises(ConfigError) as refused:
        stream_types(design, Streams.STRUCT)
    assert str(refused.value) == (
        f"net.onnx: streams cannot all be struct: the 512 lanes of dense_1_out have {bits} bits, a word at most 4096; "
        "ask for mixed streams or a larger reuse factor"
    )


def test_lanes_that_no_array_has_are_words() -> None:
    """2,048 outputs at a time, which are one bit each behind their requantizer."""
    graph = perceptron(np.random.default_rng(0), [1, 2048, 2], bits=1, x=Fixed(1, 0, False))
    design = lower(graph, {"dense_1": Fold(2048, 1), "dense_2": Fold(1, 2048)})
    assert stream_types(design).streams["relu_1_out"].kind is STRUCT
    with pytest.raises(ConfigError) as refused:
        stream_types(design, Streams.ARRAY)
    assert str(refused.value) == (
        "net.onnx: streams cannot all be arrays: dense_1_out has 2048 lanes, an array at most 1024 FIFOs; "
        "ask for mixed streams or a larger reuse factor"
    )


def test_a_port_takes_no_more_lanes_than_a_word_holds() -> None:
    graph = perceptron(np.random.default_rng(0), [768, 4, 768], x=Fixed(8))
    design = lower(graph, {"dense_1": Fold(4, 768), "dense_2": Fold(768, 4)})
    verify_design(design)
    (x,), (y,) = design.inputs, design.outputs
    into, out = design.streams[x.stream], design.streams[y.stream]
    assert (into.lanes, design.streams["dense_2_out"].lanes) == (384, 768)
    assert out.lanes == max(d for d in range(1, 768) if 768 % d == 0 and d * out.element.width <= 4096) < 768


def test_single_streams_have_one_lane_but_for_ports_and_the_streams_of_a_layer() -> None:
    after = stream_types(given(), Streams.SINGLE)
    verify_design(after, "stream_types")
    assert {s.name for s in after.streams.values() if s.kind is not SINGLE} == {
        "x", "dense_2_out", "relu_2_out_widen_out"
    }  # fmt: skip
