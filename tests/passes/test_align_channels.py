"""Channels of different scales and zero points get one where a layer needs it, and nowhere else."""

from fractions import Fraction

import numpy as np
import pytest

from codesign.config import Config
from codesign.errors import ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, Conv, Input, Multiply, Pad, Quantize, Requantize, Reshape, Transpose
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.passes import pipeline
from codesign.passes.align_channels import align_channels, aligned
from tests.passes.given import codes, dense, network, text, vector

MIXED = Tensor.of_codes((2, 3), 0, 7, vector([1, "1/2", "3/4"]), vector([0, "1/2", "-9/4"]))


def padded() -> Conv:
    return Conv(np.ones((2, 2, 2, 1), np.int64), Fixed(2), padding=(1, 0, 0, 1))


def zero_points(*zeros: int) -> Tensor:
    return Tensor.of_codes((3, 4, 2), 0, 7, vector("1/2"), vector([Fraction(-z, 2) for z in zeros]))


def test_codes_that_move_between_channels_get_the_common_step():
    graph = network(Transpose((1, 0)), x=MIXED)

    align_channels(graph)

    assert text(graph)[1:] == [
        "a_input = Requantize(x, function=MultiplyShift(multiplier=array, addend=array, shift=0, low=-9, high=28), "
        'domain=(0, 7), low=-9, high=28, step=Vector("1/4"))  # 2x3 fixed<6,4> in -9..28',
        "a = Transpose(a_input, axes=(1, 0))  # 3x2 fixed<6,4> in -9..28",
    ]


@pytest.mark.parametrize("layer", [padded(), Pad(1, 0, 2, 0)])
def test_padding_gets_one_zero_point(layer):
    graph = network(layer, x=zero_points(0, 5))
    x = np.random.default_rng(1).integers(0, 8, (4, 3, 4, 2)) / 2 - [0, 5 / 2]
    expected = graph.values([x])

    align_channels(graph)

    assert [type(n.layer) for n in graph] == [Input, Requantize, type(layer)]
    assert graph["a_input"].type.offset == Vector.of(0)
    assert graph.values([x])[0].tolist() == expected[0].tolist()


@pytest.mark.parametrize("layer", [Reshape((6,)), Transpose((1, 0)), dense([[1], [2], [3]])])
def test_one_scale_is_left_alone(layer):
    graph = network(layer, x=codes("int<4>", (2, 3)))

    align_channels(graph)

    assert len(graph) == 2


def test_channels_that_stay_channels_are_left_alone():
    for layer, x in (
        (Reshape((3, 2, 3)), Tensor.of_codes((2, 3, 3), 0, 7, vector([1, 2, 3]))),
        (Transpose((1, 0, 2)), Tensor.of_codes((2, 3, 3), 0, 7, vector([1, 2, 3]))),
        (padded(), zero_points(3, 3)),
        (Conv(np.ones((2, 2, 2, 1), np.int64), Fixed(2)), zero_points(0, 5)),
    ):
        graph = network(layer, x=x)
        align_channels(graph)
        assert len(graph) == 2


def test_scales_without_a_common_step_are_left_to_be_refused():
    far = Tensor.of_codes((2, 2), 0, 7, vector([1, Fraction(1, 3**40)]))
    graph = network(Transpose((1, 0)), x=far)

    align_channels(graph)

    assert aligned(far) is None and len(graph) == 2


def test_the_values_are_those_of_every_code():
    layer = aligned(MIXED)
    assert layer is not None
    x = np.arange(8).repeat(6).reshape(8, 2, 3)
    y = layer.result(MIXED)
    assert y.decode(layer.evaluate(x)).tolist() == MIXED.decode(x).tolist()
    whole = Tensor.of_codes((1, 2), -3, 3, vector([1, 2]), vector(["1/3", "1/2"]))
    found = aligned(whole)
    assert found is not None and found.offset == vector("1/3")
    z = np.arange(-3, 4).repeat(2).reshape(7, 1, 2)
    assert found.result(whole).decode(found.evaluate(z)).tolist() == whole.decode(z).tolist()


def test_a_network_that_mixes_them_goes_through_all_passes():
    quantizer = Quantize(0, 7, vector([1, "1/2", "3/4"]), vector([0, "1/2", "-9/4"]))
    graph = network(quantizer, Transpose((1, 0)), dense([[1], [2]]), shape=(2, 3))
    x = np.random.default_rng(1).normal(2, 3, (20, 2, 3))
    expected = graph.values([x])

    found = pipeline.run(graph, Config(), {}).network.values([x])

    assert found[0].tolist() == expected[0].tolist()


@pytest.mark.parametrize(("layer", "x", "y"), [
    (Add(), MIXED, codes("int<4>", (2, 3))),
    (Add(negate=True), codes("int<4>", (2, 3)), MIXED),
    (Multiply(), MIXED, MIXED),
    (Multiply(), codes("int<4>", (2, 3)), MIXED),
])  # fmt: skip
def test_streams_that_are_added_or_multiplied_get_integers_that_can_be(layer, x, y):
    graph = Graph("given", "given.onnx")
    for name, tensor in (("x", x), ("y", y)):
        graph.add(name, Input(tensor))
    graph.add("z", layer, "x", "y", origin="node z")
    graph.outputs.append(Output("z", "z", "z"))
    given = [t.decode_float(np.random.default_rng(2).integers(t.low, t.high, (9, 2, 3), endpoint=True)) for t in (x, y)]
    quantizers = [Quantize(t.low, t.high, t.step, t.offset) for t in (x, y)]
    for name, tensor, quantizer in zip("xy", (x, y), quantizers, strict=True):
        graph.nodes[name] = graph.node(name, Input(tensor, (quantizer,)))
    expected = graph.values(given)
    assert graph["z"].type.real

    align_channels(graph)

    assert not graph["z"].type.real
    assert sum(isinstance(n.layer, Requantize) for n in graph) == [x, y].count(MIXED)
    assert graph.values(given)[0].tolist() == expected[0].tolist()


def test_a_stream_that_is_multiplied_with_itself_is_aligned_once():
    graph = network(x=MIXED)
    graph.add("z", Multiply(), "x", "x")
    graph.outputs.append(Output("z", "z", "z"))

    align_channels(graph)

    assert graph["z"].inputs == ("z_input", "z_input") and not graph["z"].type.real


def test_sums_without_a_common_step_are_left_to_be_refused():
    odd = Tensor.of_codes((2,), 0, 7, vector([1, "1000000000000000000039/1000000000000000000041"]))
    graph = network(x=odd)
    graph.add("z", Add(), "x", "x", origin="node z")
    graph.outputs[0] = Output("z", "z", "z")
    before = text(graph)

    align_channels(graph)

    assert text(graph) == before
    with pytest.raises(ModelError, match=r"node z: its inputs are .* have no sum in integers of 63 bits; give the"):
        pipeline.run(graph, Config(), {})
