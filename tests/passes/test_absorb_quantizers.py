"""Quantizers of inputs become the host's encoders."""

import pytest

from codesign.errors import ModelError
from codesign.ir.layers import Affine, Quantize, Relu
from codesign.passes.absorb_quantizers import absorb_quantizers
from tests.passes.given import codes, dense, network, text, vector


def test_a_quantizer_and_all_before_it_become_the_encoder_of_the_input():
    graph = network(Affine(vector(2), vector(-1)), Quantize(0, 3), dense([[1], [2]]))

    absorb_quantizers(graph)

    assert text(graph) == [
        "x = Input(tensor=Tensor(shape=(2,), fixed=Fixed(2, 0, False), high=3), "
        'encoder=(Affine(scale=Vector("2"), offset=Vector("-1")), Quantize(low=0, high=3)))  # 2 uint<2>',
        "c = Dense(x, weights=array, bits=Fixed(4, 0, True))  # 1 uint<4> in 0..9",
    ]


def test_an_output_on_the_quantizer_becomes_one_on_the_input():
    graph = network(Relu(), Quantize(0, 3))

    absorb_quantizers(graph)

    assert [n.name for n in graph] == ["x"]
    assert graph.outputs[0].source == "x"


def test_a_typed_input_keeps_its_quantizer_as_a_layer():
    graph = network(Quantize(0, 3), x=codes("int<8>"))
    before = text(graph)

    absorb_quantizers(graph)

    assert text(graph) == before


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ((dense([[1], [2]]),), "node a reads it before any quantizer"),
        ((Affine(vector(2)), dense([[1], [2]])), "no quantizer follows node a"),
    ],
)
def test_a_real_input_that_nothing_quantizes_is_refused_with_the_cure(layers, why):
    with pytest.raises(ModelError, match=rf"given.onnx: input x has no type \({why}\); give one, e.g. --input-type"):
        absorb_quantizers(network(*layers))


def test_a_real_input_with_two_readers_is_refused():
    graph = network(Quantize(0, 3))
    graph.add("z", Quantize(0, 1), "x")
    graph.outputs.append(type(graph.outputs[0])("z", "z", "z"))

    with pytest.raises(ModelError, match="several layers read it"):
        absorb_quantizers(graph)
