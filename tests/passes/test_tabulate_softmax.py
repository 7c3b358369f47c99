"""Softmax becomes a table of exponentials and a division, and says what that costs in accuracy."""

import numpy as np
import pytest

from codesign.config import Config
from codesign.errors import ModelError
from codesign.ir.layers import Quantize, Relu, Softmax, SoftmaxTable
from codesign.passes.tabulate_softmax import LONGEST_TABLE, tabulate_softmax
from tests.passes.given import codes, dense, network, text


def test_a_softmax_becomes_a_table_of_the_exponentials_that_are_not_zero():
    graph = network(dense([[7, 1], [6, 2]], "1/4"), Softmax(), x=codes("int<3>"))

    found = tabulate_softmax(graph, Config())

    assert text(graph)[2] == "b = SoftmaxTable(a, table=array, frac=16)  # 2 ufixed<16,0>"
    assert [a.what for a in found] == [
        "softmax by a table of 53 exponentials with 18 fractional bits, result rounded to ufixed<16,0>"
    ]
    assert graph["b"].layer.table[:2].tolist() == [1 << 18, round(np.exp(-0.25) * (1 << 18))]


def test_a_fine_input_is_rounded_until_the_table_is_short_enough():
    graph = network(dense([[7, 1], [6, 2]], "1/4096"), Softmax(), x=codes("int<12>"))

    found = tabulate_softmax(graph, Config())

    assert isinstance(graph["b_input"].layer, Quantize)
    assert len(graph["b"].layer.table) <= LONGEST_TABLE
    assert found[0].what == "its input is rounded to steps of 1/256"


def test_the_configuration_sets_the_result_and_the_table():
    graph = network(dense([[7, 1], [6, 2]], "1/4"), Softmax(), x=codes("int<3>"))
    config = Config.of({"LayerName": {"b": {"Precision": {"result": "ufixed<8,0>", "table": "ufixed<11,1>"}}}})

    tabulate_softmax(graph, config)

    layer = graph["b"].layer
    assert isinstance(layer, SoftmaxTable)
    assert (layer.frac, layer.table[0]) == (8, 1 << 10)


def test_a_result_type_that_no_softmax_has_is_refused():
    graph = network(dense([[7, 1], [6, 2]], "1/4"), Softmax(), x=codes("int<3>"))
    config = Config.of({"LayerName": {"b": {"Precision": "fixed<16,6>"}}})

    with pytest.raises(ModelError, match=r"node b: a softmax lies between 0 and 1, .* fixed<16,6> was asked"):
        tabulate_softmax(graph, config)


def test_channels_of_different_scales_are_refused():
    graph = network(dense([[7, 1], [6, 2]], ["1/4", "1/3"]), Softmax(), x=codes("int<3>"))

    with pytest.raises(ModelError, match=r"node b: softmax compares channels of different scales"):
        tabulate_softmax(graph, Config())


def test_other_layers_stay():
    graph = network(dense([[1], [2]]), Relu(), x=codes("int<4>"))
    before = text(graph)

    assert tabulate_softmax(graph, Config()) == []

    assert text(graph) == before
