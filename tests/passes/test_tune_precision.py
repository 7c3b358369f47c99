"""Types for what the model left in float, as the configuration states them."""

from fractions import Fraction

import numpy as np
import pytest

from codesign.config import Config
from codesign.errors import ModelError
from codesign.ir.fixed import Rounding
from codesign.ir.layers import Affine, LeakyRelu, MatMul, Multiply, Quantize, Relu, Sigmoid
from codesign.passes.tune_precision import tune_precision
from tests.passes.given import codes, dense, network, text, vector

WEIGHTS = np.array([[0.3], [0.7]])
STATED = Config.of({"Model": {"Precision": "fixed<8,4>"}})


def test_float_weights_bias_input_and_result_get_the_stated_type():
    graph = network(MatMul(WEIGHTS), Affine(vector(2), vector("1/3")), Relu())

    found = tune_precision(graph, STATED)

    assert text(graph)[1:] == [
        'x_quantized = Quantize(x, low=-128, high=127, step=Vector("1/16"))  # 2 fixed<8,4>',
        'a = Dense(x_quantized, weights=array, bits=Fixed(8, 4, True), step=Vector("1/16"))'
        "  # 1 fixed<13,5> in -4096..4064",
        'b = Affine(a, offset=Vector("5/16"))  # 1 fixed<13,5> offset 5/16 in -4096..4064',
        "c = Relu(b)  # 1 real",
        'c_quantized = Quantize(c, low=-128, high=127, step=Vector("1/16"))  # 1 fixed<8,4>',
    ]
    assert graph["a"].layer.weights.tolist() == [[round(0.6 * 16)], [round(1.4 * 16)]]  # the scale is folded in first
    assert [(a.origin, a.what) for a in found] == [
        ("node a", "bias rounded to fixed<8,4>"),
        ("node a", "float weights rounded to fixed<8,4>"),
        ("x", "result rounded to fixed<8,4>"),
        ("node c", "result rounded to fixed<8,4>"),
    ]


def test_what_saturates_is_counted():
    graph = network(MatMul(np.array([[100.0], [0.5]])))

    found = tune_precision(graph, STATED)

    assert "1 of them saturated" in found[0].what


def test_the_layer_by_name_wins_over_the_model():
    graph = network(MatMul(WEIGHTS), Relu())
    config = Config.of({
        "Model": {"Precision": "fixed<8,4>"},
        "LayerName": {"a": {"Precision": {"weight": "fixed<6,1>"}}, "b": {"Precision": {"result": "ufixed<4,2>"}}},
    })  # fmt: skip

    tune_precision(graph, config)

    assert graph["a"].layer.bits.width == 6
    assert text(graph)[-1] == 'b_quantized = Quantize(b, low=0, high=15, step=Vector("1/4"))  # 1 ufixed<4,2>'


def test_layers_that_the_model_quantized_are_left_alone():
    graph = network(Quantize(-8, 7), dense([[1], [2]]), Relu(), Quantize(0, 3), dense([[1]]))
    before = text(graph)

    assert tune_precision(graph, STATED) == []

    assert text(graph) == before


def test_a_result_stated_for_a_product_by_name_rounds_what_it_gives():
    config = Config.of({"LayerName": {"a": {"Precision": {"result": "fixed<6,5>"}}}})
    with_relu = network(dense([[1], [2]]), Relu(), dense([[1]]), x=codes("int<4>"))
    alone = network(dense([[1], [2]]), dense([[1]]), x=codes("int<4>"))
    quantized = network(dense([[1], [2]]), Quantize(0, 3), x=codes("int<4>"))

    found = [[a.what for a in tune_precision(graph, config)] for graph in (with_relu, alone, quantized)]

    assert found == [["result rounded to fixed<6,5>"], ["result rounded to fixed<6,5>"], []]
    assert [n.name for n in with_relu] == ["x", "a", "b", "b_quantized", "c"]
    assert [n.name for n in alone] == ["x", "a", "a_quantized", "b"]


def test_a_sigmoid_without_quantizer_gets_a_table_of_4096_entries():
    graph = network(dense([[1], [2]], "1/16"), Sigmoid(), x=codes("int<8>"))

    found = tune_precision(graph, Config())

    assert [(n.name, str(n.type)) for n in graph][1:] == [
        ("a", "1 fixed<10,6> in -384..381"),
        ("a_quantized", "1 fixed<12,4>"),
        ("b", "1 real"),
        ("b_quantized", "1 ufixed<16,0>"),
    ]
    assert {a.what for a in found} == {"result rounded to fixed<12,4>", "result rounded to ufixed<16,0>"}


def test_float_weights_without_a_type_are_refused_with_the_cure():
    with pytest.raises(ModelError, match=r"node a: its weights are float and have no type; state one"):
        tune_precision(network(MatMul(WEIGHTS)), Config())


def test_a_real_activation_before_a_product_without_a_type_is_refused():
    graph = network(dense([[1], [2]]), LeakyRelu(Fraction(1, 3)), MatMul(np.array([[0.3]])), x=codes("int<4>"))
    config = Config.of({"LayerName": {"c": {"Precision": {"weight": "fixed<8,1>", "result": "fixed<8,4>"}}}})

    with pytest.raises(ModelError, match=r"node b: its float result feeds node c and has no type"):
        tune_precision(graph, config)


def test_both_sides_of_a_product_get_the_stated_type():
    graph = network(MatMul(WEIGHTS), Relu())
    graph.add("gate", Sigmoid(), "b", origin="node gate")
    graph.add("square", Multiply(), "b", "b", origin="node square")
    graph.add("z", Multiply(), "gate", "square", origin="node z")
    graph.outputs[0] = type(graph.outputs[0])("y", "z", "y")

    found = tune_precision(graph, STATED)

    assert text(graph)[3:] == [
        "b = Relu(a)  # 1 ufixed<11,3> in 0..2032",
        "gate = Sigmoid(b)  # 1 real",
        'b_quantized = Quantize(b, low=-128, high=127, step=Vector("1/16"))  # 1 fixed<8,4>',
        "square = Multiply(b_quantized, b_quantized)  # 1 fixed<16,8> in -16256..16384",
        'gate_quantized = Quantize(gate, low=0, high=65535, step=Vector("1/65536"))  # 1 ufixed<16,0>',
        'square_quantized = Quantize(square, low=-128, high=127, step=Vector("1/16"))  # 1 fixed<8,4>',
        "z = Multiply(gate_quantized, square_quantized)  # 1 fixed<24,4> in -8388480..8322945",
    ]
    assert [a.origin for a in found][:3] == ["node b", "node gate", "node square"]


def test_sums_that_would_be_too_wide_to_multiply_are_rounded_before_they_are():
    graph = network(MatMul(WEIGHTS))
    graph.add("other", MatMul(2 * WEIGHTS), "x", origin="node other")
    graph.add("z", Multiply(), "a", "other", origin="node z")
    graph.outputs[0] = type(graph.outputs[0])("y", "z", "y")

    tune_precision(graph, Config.of({"Model": {"Precision": "fixed<20,6>"}}))

    assert graph["a"].type.type.width + graph["other"].type.type.width > 63
    assert str(graph["z"].type.fixed) == "fixed<40,12>"


def test_a_result_is_rounded_as_asked_and_an_input_half_to_even():
    graph = network(MatMul(WEIGHTS), Affine(vector(2), vector("1/3")), Relu())
    config = Config.of({"Model": {"Precision": "fixed<8,4>", "Rounding": "floor"}})

    found = tune_precision(graph, config)

    rounding = {n.name: n.layer.rounding for n in graph if isinstance(n.layer, Quantize)}
    assert rounding == {"x_quantized": Rounding.ROUND, "c_quantized": Rounding.FLOOR}
    assert [a.what for a in found][-2:] == ["result rounded to fixed<8,4>", "result rounded to fixed<8,4>, by FLOOR"]


def test_a_gate_of_wide_codes_gets_a_table_of_few():
    graph = network(MatMul(WEIGHTS))
    graph.add("gate", Sigmoid(), "a", origin="node gate")
    graph.add("z", Multiply(), "gate", "a", origin="node z")
    graph.outputs[0] = type(graph.outputs[0])("y", "z", "y")

    tune_precision(graph, Config.of({"Model": {"Precision": "fixed<16,6>"}}))

    assert [n.name for n in graph if isinstance(n.layer, Quantize)] == [
        "x_quantized", "a_quantized_2", "gate_quantized", "a_quantized",
    ]  # fmt: skip
    assert graph[graph["gate"].inputs[0]].type.type.width == 12


def test_a_product_of_codes_is_left_alone():
    graph = network(dense([[1], [2]]), x=codes("int<4>"))
    graph.add("square", Multiply(), "a", "a")
    graph.outputs[0] = type(graph.outputs[0])("y", "square", "y")
    before = text(graph)

    assert tune_precision(graph, STATED) == []
    assert text(graph) == before
