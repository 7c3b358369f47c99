"""Ranges and accumulators: the bits that codes and sums need, and no more."""

import pytest

from codesign.errors import ModelError
from codesign.ir.layers import Requantize, Shift
from codesign.ir.tensor import Tensor
from codesign.passes.accumulator_width import accumulator_width
from codesign.passes.infer_ranges import infer_ranges
from tests.passes.given import codes, dense, network, text


def given():
    shift = Requantize(Shift(0, 1, False, -8, 7), (-100, 100), -8, 7)
    return network(dense([[1], [2]]), shift, dense([[1, 3]]), x=Tensor.of_codes((2,), 0, 3))


def test_a_requantizer_keeps_only_the_codes_that_can_occur():
    graph = given()

    infer_ranges(graph)

    assert text(graph)[2:] == [
        "b = Requantize(a, function=Shift(bias=0, shift=1, even=False, low=-8, high=7), domain=(-100, 100), "
        "low=0, high=4)  # 1 uint<3> in 0..4",
        "c = Dense(b, weights=array, bits=Fixed(4, 0, True))  # 2 uint<4> in 0..12",
    ]


def test_an_accumulator_gets_the_bounds_of_every_partial_sum():
    graph = given()

    accumulator_width(graph)

    assert [graph[n].layer.bounds for n in "ac"] == [(0, 9), (0, 12)]  # b never gives more than 4, whatever its type


def test_partial_sums_count_even_where_the_sum_itself_is_small():
    graph = network(dense([[7], [-7]]), x=Tensor.of_codes((2,), 3, 3))

    accumulator_width(graph)

    assert graph["a"].layer.bounds == (-21, 21)


def test_a_network_without_products_or_requantizers_stays():
    graph = network(x=codes("int<4>"))
    graph.outputs[0] = type(graph.outputs[0])("y", "x", "y")
    before = text(graph)

    infer_ranges(graph)
    accumulator_width(graph)

    assert text(graph) == before


def test_an_accumulator_beyond_63_bits_is_refused_by_the_name_of_its_node():
    with pytest.raises(ModelError, match=r"given.onnx: node node b: the accumulator needs 6[45] bits, at most 63"):
        network(dense([[1 << 40], [1]], bits=42), dense([[1 << 10]], bits=12), x=codes("int<14>"))
