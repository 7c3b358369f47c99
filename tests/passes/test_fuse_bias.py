"""Scales and biases merge, and become integers of the accumulator where they can."""

import pytest

from codesign.errors import ModelError
from codesign.ir.layers import Affine, ArgMax, Quantize, Relu
from codesign.ir.tensor import Tensor
from codesign.passes.fuse_bias import fuse_bias
from tests.passes.given import codes, dense, network, text, vector

MATRIX = [[1, 2], [3, -1]]


def test_two_affines_become_one():
    graph = network(Affine(vector(2), vector(1)), Affine(vector(3), vector([1, 2])), x=codes("int<4>"))

    fuse_bias(graph)

    assert text(graph)[1:] == [
        'b = Affine(x, scale=Vector("6"), offset=Vector("4", "5"))  # 2 int<4> scale 6 offset [4, ... 2]'
    ]


def test_a_bias_of_whole_accumulator_steps_moves_into_the_accumulator():
    affine = Affine(vector([1, 2]), vector(["1/2", "-1"]))
    graph = network(dense(MATRIX, "1/4"), affine, Quantize(0, 7), x=codes("int<4>"))

    fuse_bias(graph)

    assert text(graph)[1:] == [
        'a = Dense(x, weights=array, bits=Fixed(4, 0, True), step=Vector("1/4", "1/2"), bias=array)'
        "  # 2 int<6> scale [1/4, ... 2] in -32..30",
        "b = Affine(a)  # 2 int<6> scale [1/4, ... 2] in -32..30",
        "c = Quantize(b, low=0, high=7)  # 2 uint<3>",
    ]
    assert graph["a"].layer.bias.tolist() == [2, -2]


def test_a_bias_off_the_grid_stays_where_a_quantizer_follows():
    graph = network(dense(MATRIX, "1/4"), Affine(vector(1), vector("1/3")), Quantize(0, 7), x=codes("int<4>"))
    before = text(graph)

    fuse_bias(graph)

    assert text(graph) == before


def test_without_a_quantizer_the_accumulator_gets_a_finer_step():
    affine = Affine(vector(1), vector("1/3"))
    graph = network(dense(MATRIX, "1/4"), affine, Relu(), dense([[1], [1]]), x=codes("int<4>"))

    fuse_bias(graph)

    assert text(graph)[1:] == [
        'a = Dense(x, weights=array, bits=Fixed(5, 0, True), step=Vector("1/12"), bias=array)'
        "  # 2 int<8> scale 1/12 in -96..88",
        "b = Affine(a)  # 2 int<8> scale 1/12 in -96..88",
        "c = Relu(b)  # 2 uint<7> scale 1/12 in 0..88",
        "d = Dense(c, weights=array, bits=Fixed(4, 0, True))  # 1 uint<8> scale 1/12 in 0..176",
    ]


def test_channels_that_are_compared_get_one_step_and_keep_a_common_offset():
    affine = Affine(vector(1), vector(["1/3", "5/6"]))
    graph = network(dense(MATRIX, ["1/4", "1/2"]), affine, ArgMax(), x=codes("int<4>"))

    fuse_bias(graph)

    assert text(graph)[1:] == [
        'a = Dense(x, weights=array, bits=Fixed(4, 0, True), step=Vector("1/4"), bias=array)'
        "  # 2 fixed<7,5> in -46..46",
        'b = Affine(a, offset=Vector("1/3"))  # 2 fixed<7,5> offset 1/3 in -46..46',
        "c = ArgMax(b)  # 1 uint<1>",
    ]


def test_compared_products_without_an_affine_get_one_step_under_their_own_name():
    graph = network(dense(MATRIX, ["1/4", "1/2"]), ArgMax(), x=codes("int<4>"))

    fuse_bias(graph)

    assert graph["a"].layer.weights.tolist() == [[1, 4], [3, -2]]
    assert not graph["b"].type.real


def test_an_affine_with_two_readers_of_its_products_stays():
    graph = network(dense(MATRIX, "1/4"), Affine(vector(1), vector("1/2")), Quantize(0, 7), x=codes("int<4>"))
    graph.add("d", Quantize(0, 3), "a")
    graph.outputs.append(type(graph.outputs[0])("z", "d", "z"))
    before = text(graph)

    fuse_bias(graph)

    assert text(graph) == before


def test_a_bias_without_any_grid_is_refused_by_the_name_of_its_node():
    affine = Affine(vector(1), vector("1/1000000000000000000039"))
    graph = network(dense(MATRIX, "1/4"), affine, Relu(), dense([[1], [1]]), x=codes("int<4>"))

    with pytest.raises(ModelError, match=r"given.onnx: node node b: its constants lie on no common grid .* node a"):
        fuse_bias(graph)


def test_an_offset_that_only_the_input_brings_moves_into_the_bias_before_an_activation_without_quantizer():
    bipolar = Tensor.of_codes((2,), 0, 1, vector(2), vector(-1))
    graph = network(dense([[1, 1], [1, -1]]), Relu(), dense([[1], [1]]), x=bipolar)

    fuse_bias(graph)

    assert graph["a"].layer.bias.tolist() == [-1, 0]
    assert not graph["c"].type.real


def test_a_falling_scale_before_an_activation_without_quantizer_turns_the_weights():
    graph = network(dense(MATRIX), Affine(vector(-1)), Relu(), dense([[1], [1]]), x=codes("int<4>"))

    fuse_bias(graph)

    assert graph["a"].layer.weights.tolist() == [[-1, -2], [-3, 1]]
    assert not graph["d"].type.real


def test_a_second_time_changes_nothing():
    affine = Affine(vector([1, 2]), vector(["1/2", "-1"]))
    graph = network(dense(MATRIX, "1/4"), affine, Quantize(0, 7), x=codes("int<4>"))
    assert fuse_bias(graph)
    before = text(graph)

    assert not fuse_bias(graph)

    assert text(graph) == before
