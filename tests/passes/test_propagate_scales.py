"""Functions of elements move next to what they follow; input scales move into weights."""

import pytest

from codesign.errors import ModelError
from codesign.ir.layers import Affine, MaxPool, Quantize, Reshape, Transpose
from codesign.passes.propagate_scales import propagate_scales
from tests.passes.given import codes, dense, network, text, vector


def test_a_quantizer_moves_before_a_reshape():
    graph = network(Reshape((2,)), Quantize(-8, 7), dense([[1], [2]]), shape=(1, 2))

    propagate_scales(graph)

    assert text(graph)[1:] == [
        "b = Quantize(x, low=-8, high=7)  # 1x2 int<4>",
        "a = Reshape(b, shape=(2,))  # 2 int<4>",
        "c = Dense(a, weights=array, bits=Fixed(4, 0, True))  # 1 int<6> in -24..21",
    ]


def test_a_scale_of_zero_stays_behind_a_pool_of_codes():
    def pooled(scales):
        pool = MaxPool((2, 1), (1, 1))
        graph = network(pool, Affine(vector(scales)), Quantize(0, 3), x=codes("int<4>", (2, 1, 2)), shape=(2, 1, 2))
        propagate_scales(graph)
        return [type(n.layer).__name__ for n in graph if n.inputs]

    assert pooled([1, 2]) == ["Affine", "Quantize", "MaxPool"]
    assert pooled([1, 0]) == ["MaxPool", "Affine", "Quantize"]


def test_scales_per_input_channel_become_integer_factors_of_the_weights():
    graph = network(Affine(vector([1, "3/2"])), dense([[1], [2]]), x=codes("int<4>"))

    propagate_scales(graph)

    assert text(graph)[2:] == [
        'b_input = Affine(a, scale=Vector("1/2", "1/3"))  # 2 fixed<4,3>',
        "b = Dense(b_input, weights=array, bits=Fixed(3, 0, False))  # 1 fixed<7,6> in -64..56",
    ]
    assert graph["b"].layer.weights.tolist() == [[2], [6]]


def test_a_function_of_channels_does_not_cross_a_change_of_channels():
    graph = network(Transpose((1, 0)), Affine(vector([1, 2, 3])), Quantize(0, 1), shape=(3, 2))
    before = text(graph)

    propagate_scales(graph)

    assert text(graph) == before


def test_an_output_on_a_reshape_keeps_its_place():
    graph = network(Reshape((2,)), Quantize(-8, 7), shape=(1, 2), x=codes("int<6>", (1, 2)))
    graph.outputs.append(type(graph.outputs[0])("z", "a", "z"))
    before = text(graph)

    propagate_scales(graph)

    assert text(graph) == before


def test_an_input_channel_of_scale_zero_is_refused_by_name():
    graph = network(Affine(vector([1, 0])), dense([[1], [2]]), x=codes("int<4>"))

    with pytest.raises(ModelError, match="node b: input channel 1 has scale zero; remove the channel"):
        propagate_scales(graph)


def test_scales_without_a_common_step_are_refused_by_name():
    scales = [1, "1000000000000000000039/1000000000000000000041"]
    graph = network(Affine(vector(scales)), dense([[1], [2]]), x=codes("int<4>"))

    with pytest.raises(ModelError, match="node b: the 2 scales of its input have no common step within 63 bits"):
        propagate_scales(graph)
