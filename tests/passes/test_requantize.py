"""Chains of functions of elements become one proved integer step function."""

from fractions import Fraction

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.ir.fixed import Rounding
from codesign.ir.graph import Output
from codesign.ir.layers import Add, Affine, LeakyRelu, Multiply, Quantize, Relu, Requantize, Sigmoid, Tanh
from codesign.passes.requantize import requantize
from tests.passes.given import codes, dense, network, text, vector


def test_a_power_of_two_chain_becomes_a_shift():
    layers = (dense([[1], [2]], "1/4"), Affine(vector(1), vector("1/2")), Relu(), Quantize(0, 7))
    graph = network(*layers, x=codes("int<4>"))

    requantize(graph)

    assert text(graph)[2:] == [
        "d = Requantize(a, function=Shift(bias=2, shift=2, even=True, low=0, high=7), domain=(-24, 21), low=0, high=7)"
        "  # 1 uint<3>"
    ]


@pytest.mark.parametrize("bits", [2, 4, 8, 12])
@pytest.mark.parametrize("rounding", list(Rounding))
def test_any_scale_and_rounding_equals_the_rational_meaning_on_every_code(bits, rounding):
    quantizer = Quantize(0, (1 << bits) - 1, vector("3/7"), vector(0), rounding)
    graph = network(Affine(vector("5/11"), vector("-1/3")), Relu(), quantizer, x=codes("int<12>", (1,)))
    every = np.arange(-2048, 2048)[:, None]
    expected = [min(max(rounding.apply(max(Fraction(5 * int(c), 11) - Fraction(1, 3), 0) / Fraction(3, 7)), 0),
                    (1 << bits) - 1) for c in every.ravel()]  # fmt: skip

    requantize(graph)

    assert graph.run_codes([every])["c"].ravel().tolist() == expected


def test_channels_that_fall_and_channels_that_rise_share_one_function():
    affine = Affine(vector(["3/10", "-3/10", 0]), vector([0, 1, 5]))
    graph = network(affine, Quantize(-2, 3), x=codes("int<6>", (3,)))
    every = np.repeat(np.arange(-32, 32)[:, None], 3, axis=1)
    expected = graph.run_codes([every])["b"]

    requantize(graph)

    assert isinstance(graph["b"].layer, Requantize)
    assert np.array_equal(graph.run_codes([every])["b"], expected)


def test_a_relu_of_codes_becomes_a_requantizer_of_the_same_step():
    graph = network(dense([[1], [2]], "1/3"), Relu(), dense([[1]]), x=codes("int<4>"))

    requantize(graph)

    assert text(graph)[2] == (
        "b = Requantize(a, function=Shift(bias=0, shift=0, even=False, low=0, high=21), domain=(-24, 21), "
        'low=0, high=21, step=Vector("1/3"))  # 1 uint<5> scale 1/3 in 0..21'
    )


@pytest.mark.parametrize("function", [LeakyRelu(Fraction(-1, 2)), Sigmoid(), Tanh(), LeakyRelu(Fraction(1, 3))])
def test_curved_and_turning_functions_equal_their_meaning_on_every_code(function):
    graph = network(Affine(vector("1/16")), function, Quantize(-8, 7, vector("1/8")), x=codes("int<8>", (1,)))
    every = np.arange(-128, 128)[:, None]
    expected = graph.run_codes([every])["c"]

    requantize(graph)

    assert np.array_equal(graph.run_codes([every])["c"], expected)


def test_affines_that_nothing_quantizes_stay():
    graph = network(dense([[1], [2]]), Affine(vector("1/3"), vector("1/7")), x=codes("int<4>"))
    before = text(graph)

    requantize(graph)

    assert text(graph) == before


def test_a_real_result_without_quantizer_is_refused_with_the_cure():
    graph = network(dense([[1], [2]]), LeakyRelu(Fraction(1, 3)), x=codes("int<4>"))

    with pytest.raises(ModelError, match=r"node b \(LeakyRelu\) gives real numbers .* --precision 'fixed<16,6>'"):
        requantize(graph)


def test_a_table_that_would_be_too_long_is_refused():
    graph = network(LeakyRelu(Fraction(-1, 2)), Quantize(0, 7), x=codes("int<16>"))

    with pytest.raises(ModelError, match="node b: a function that is not monotone needs a table of 65536 entries"):
        requantize(graph)


def test_too_many_thresholds_are_refused_but_a_shift_of_any_width_is_not():
    wide = Quantize(-(1 << 23), (1 << 23) - 1, vector("1/3"))
    with pytest.raises(ModelError, match="24 bits with scales that are no powers of two give 16777215 thresholds"):
        requantize(network(Affine(vector("1/7")), wide, x=codes("int<30>")))

    graph = network(Affine(vector("1/8")), Quantize(-(1 << 23), (1 << 23) - 1), x=codes("int<30>"))
    requantize(graph)
    assert graph["b"].layer.function.kind == "shift"


@pytest.mark.parametrize(("layer", "affine", "what"), [
    (Add(), Affine(vector([1, "1/3"])), "scales that differ between channels have no sum"),
    (Multiply(), Affine(offset=vector([1, "1/3"])), "offsets that differ between channels have no product"),
])  # fmt: skip
def test_streams_that_no_integers_combine_are_refused_with_both_types(layer, affine, what):
    for quantized in (True, False):
        graph = network(affine, x=codes("int<4>"))
        graph.add("sum", layer, "a", "x", origin="node sum")
        graph.outputs[0] = Output("y", "sum", "y")
        if quantized:
            graph.add("q", Quantize(-8, 7), "sum")
            graph.outputs[0] = Output("y", "q", "y")

        message = (
            rf"node sum: its inputs are 2 int<4> .*\[1, ... 2\] and 2 int<4>, and codes with {what} in integers of 63"
        )
        with pytest.raises(ModelError, match=message):
            requantize(graph)
