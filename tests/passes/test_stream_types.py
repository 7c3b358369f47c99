"""The kind of each stream follows from its lanes, and nothing else changes."""

from dataclasses import replace

import numpy as np

from codesign.ir.design import StreamKind
from codesign.ir.verify_design import verify_design
from codesign.passes.lower import Fold, lower
from codesign.passes.stream_types import stream_types
from tests.perceptrons import perceptron


def test_one_lane_is_single_and_several_are_a_struct() -> None:
    before = lower(perceptron(np.random.default_rng(0), [4, 4, 2]), {"dense_1": Fold(1, 4), "dense_2": Fold(2, 1)})
    after = stream_types(before)
    verify_design(after, "stream_types")
    kinds = {name: stream.kind for name, stream in after.streams.items()}
    single, struct = StreamKind.SINGLE, StreamKind.STRUCT
    assert kinds == {"x": struct, "dense_1_out": single, "relu_1_out": single, "dense_2_out": struct}
    for name, stream in before.streams.items():
        assert after.streams[name] == replace(stream, kind=kinds[name])
    assert before.streams["dense_1_out"].kind is struct, "the pass left its argument alone"
