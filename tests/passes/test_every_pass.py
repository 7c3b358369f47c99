"""On random networks no pass changes an integer, and the whole pipeline gives typed networks."""

import numpy as np
from hypothesis import given, settings

from codesign.config import Config
from codesign.ir.layers import (
    Affine,
    ArgMax,
    Concat,
    Conv,
    Crop,
    Dense,
    Input,
    MaxPool,
    Multiply,
    Pad,
    Requantize,
    Reshape,
    Slice,
    SumPool,
    Transpose,
    Upsample,
)
from codesign.ir.layers.add import Add
from codesign.ir.verify import verify
from codesign.passes import pipeline
from tests.passes.given import codes, dense, network
from tests.strategies import networks

EXAMPLES = 150
LEFT = (
    Add, Affine, ArgMax, Concat, Conv, Crop, Dense, Input, MaxPool, Multiply, Pad, Requantize, Reshape, Slice, SumPool,
    Transpose, Upsample,
)  # fmt: skip
"""What may be left for lowering."""


@settings(max_examples=EXAMPLES)
@given(networks())
def test_each_pass_keeps_every_value(drawn):
    graph, inputs = drawn
    graph = graph.copy()
    expected = graph.values(inputs)

    for name, function in pipeline.passes(Config(), {}):
        function(graph)
        verify(graph, name)
        found = graph.values(inputs)
        assert len(found) == len(expected)
        for x, y in zip(found, expected, strict=True):
            assert np.array_equal(x, y), name

    assert all(isinstance(n.layer, LEFT) and not n.type.real for n in graph)


@settings(max_examples=EXAMPLES // 3)
@given(networks())
def test_a_stated_precision_changes_nothing_of_what_is_quantized_except_what_it_reports(drawn):
    graph, inputs = drawn

    passed = pipeline.run(graph, Config.of({"Model": {"Precision": "fixed<12,6>"}}), {})

    assert passed.exact == (not passed.approximations)
    for x, y in zip(passed.network.values(inputs), passed.typed.values(inputs), strict=True):
        assert np.array_equal(x, y)
    if passed.exact:
        for x, y in zip(passed.network.values(inputs), graph.values(inputs), strict=True):
            assert np.array_equal(x, y)


def test_the_pipeline_times_and_dumps_each_pass(tmp_path):
    graph = network(dense([[1], [2]]), x=codes("int<4>"))

    passed = pipeline.run(graph, Config(), {}, dump=tmp_path)

    assert list(passed.seconds) == list(pipeline.NAMES)
    assert sorted(p.name for p in tmp_path.glob("*.txt")) == [
        f"{k:02d}_{name}.txt" for k, name in enumerate(pipeline.NAMES, 1)
    ]


def test_the_pipeline_stops_after_the_pass_that_is_asked_for():
    passed = pipeline.run(network(dense([[1], [2]]), x=codes("int<4>")), Config(), {}, after="fuse_bias")

    assert list(passed.seconds)[-1] == "fuse_bias"


def test_the_graph_that_is_given_stays_as_it_is():
    graph = network(dense([[1], [2]]), x=codes("int<4>"))

    pipeline.run(graph, Config(), {})

    assert graph["a"].layer.bounds is None
