"""The types that a user states for inputs."""

import pytest

from codesign.errors import ConfigError
from codesign.ir.fixed import Fixed
from codesign.passes.type_inputs import type_inputs
from tests.passes.given import dense, network, text

TYPE = Fixed.parse("fixed<8,4>")


@pytest.mark.parametrize("name", ["", "x"])
def test_an_input_gets_its_type_and_the_encoder_of_it(name):
    graph = network(dense([[1], [2]]))

    type_inputs(graph, {name: TYPE})

    assert text(graph) == [
        "x = Input(tensor=Tensor(shape=(2,), fixed=Fixed(8, 4, True), low=-128, high=127), "
        'encoder=(Quantize(low=-128, high=127, step=Vector("1/16")),))  # 2 fixed<8,4>',
        "a = Dense(x, weights=array, bits=Fixed(4, 0, True))  # 1 fixed<10,6> in -384..381",
    ]


def test_without_types_nothing_changes():
    graph = network(dense([[1], [2]]))
    before = text(graph)

    type_inputs(graph, {})

    assert text(graph) == before


def test_an_input_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match=r"given.onnx: there is no input 'x1'; did you mean x?"):
        type_inputs(network(dense([[1], [2]])), {"x1": TYPE})
