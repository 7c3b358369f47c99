"""Layers that change nothing go away, and no others."""

from fractions import Fraction

from codesign.ir.layers import Affine, Crop, Identity, Input, LeakyRelu, Quantize, Reshape, Transpose
from codesign.passes.remove_identities import remove_identities
from tests.passes.given import codes, dense, network, text, vector


def test_a_chain_of_identities_becomes_its_input():
    graph = network(
        Identity(), Reshape((2,)), Transpose((0,)), Affine(), Quantize(-8, 7), dense([[1], [2]]), x=codes("int<4>")
    )

    remove_identities(graph)

    assert text(graph) == [
        "x = Input(tensor=Tensor(shape=(2,), fixed=Fixed(4, 0, True), low=-8, high=7))  # 2 int<4>",
        "f = Dense(x, weights=array, bits=Fixed(4, 0, True))  # 1 int<6> in -24..21",
    ]


def test_an_output_on_an_identity_moves_to_its_input():
    graph = network(dense([[1], [2]]), Identity(), x=codes("int<4>"))

    remove_identities(graph)

    assert [o.source for o in graph.outputs] == ["a"]
    assert [o.name for o in graph.outputs] == ["y"]


def test_layers_that_change_shape_numbers_or_codes_stay():
    layers = (
        Reshape((2, 1)),
        Transpose((1, 0)),
        Affine(vector(1), vector("1/2")),
        Quantize(-8, 7, vector(1)),  # another offset than its input's
    )
    graph = network(*layers, x=codes("int<4>"))

    remove_identities(graph)

    assert [type(n.layer) for n in graph][1:] == [type(layer) for layer in layers]


def test_a_leaky_relu_of_what_is_never_negative_and_a_part_that_is_the_whole_go_away():
    graph = network(LeakyRelu(Fraction(1, 8)), Crop((0,), (2,)), Quantize(0, 1), x=codes("uint<4>"))

    remove_identities(graph)

    assert [type(n.layer) for n in graph] == [Input, Quantize]


def test_a_leaky_relu_of_signed_codes_stays():
    graph = network(LeakyRelu(Fraction(1, 8)), Quantize(0, 1), x=codes("int<4>"))

    remove_identities(graph)

    assert [type(n.layer) for n in graph] == [Input, LeakyRelu, Quantize]


def test_a_quantizer_that_clips_stays():
    graph = network(Quantize(-8, 6), x=codes("int<4>"))

    remove_identities(graph)

    assert "a" in graph
