"""Every rule of a network has a network that breaks it."""

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node, Output
from codesign.ir.layers import (
    BatchNorm,
    Conv,
    Dense,
    FloatConv,
    Input,
    Layer,
    MatMul,
    MaxPool,
    MultiplyShift,
    MultiThreshold,
    Quantize,
    Relu,
    Requantize,
    Shift,
    SoftmaxTable,
    StepFunction,
    Table,
    Thresholds,
    Upsample,
)
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, Vector
from codesign.ir.verify import verify
from tests.strategies import networks, typed_networks

EIGHT = Quantize(-128, 127)


@given(networks())
def test_what_a_front_end_leaves_is_in_order(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    verify(drawn[0], "import")


@given(typed_networks())
def test_what_lowering_takes_is_in_order(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    verify(drawn[0], "all passes")


def network() -> Graph:
    """x -> dense -> relu."""
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(EIGHT.result(Tensor((2,))), (EIGHT,)))
    graph.add("dense", Dense(np.array([[1, 2], [3, -4]]), Fixed(4), bias=np.array([1, 2])), "x")
    graph.add("relu", Relu(), "dense")
    graph.outputs = [Output("y", "relu", "y:0")]
    verify(graph, "nothing")
    return graph


def broken(change: Callable[[Graph], object]) -> str:
    """What the verifier says of the network after this change."""
    graph = network()
    change(graph)
    with pytest.raises(IRError) as error:
        verify(graph, "fold_things")
    return str(error.value)


def change(name: str, /, **fields: object) -> Callable[[Graph], None]:
    def apply(graph: Graph) -> None:
        graph.nodes[name] = replace(graph[name], **fields)  # type: ignore[arg-type]

    return apply


def relayer(name: str, /, **fields: object) -> Callable[[Graph], None]:
    """Another parameter of a layer, and the type that follows from it."""

    def apply(graph: Graph) -> None:
        layer = replace(graph[name].layer, **fields)  # type: ignore[arg-type]
        t = layer.result(*(graph[i].type for i in graph[name].inputs))
        graph.nodes[name] = replace(graph[name], layer=layer, type=t)

    return apply


@pytest.mark.parametrize(
    ("broken_by", "message"),
    [
        (change("dense", name="other"), "node dense: it is filed under another name than its own, other"),
        (change("dense", inputs=("relu",)), "node dense: it reads relu, which is not defined before it"),
        (
            change("relu", type=Tensor.of_fixed((2,), Fixed(8))),
            "node relu: it is typed 2 int<8>, but its layer gives 2 uint<10> in 0..768",
        ),
        (change("relu", inputs=("x",)), "node relu: it is typed"),
        (relayer("dense", bits=Fixed(2)), "node dense: weights -4..3 do not fit int<2>"),
        (relayer("dense", bits=Fixed(3, 0, False)), "node dense: weights -4..3 do not fit uint<3>"),
        (relayer("dense", bits=Fixed(64)), "node dense: weights -4..3 do not fit int<64>"),
        (
            relayer("dense", weights=np.ones((2, 2))),
            "node dense: weights are float64 of shape (2, 2), not an int64 matrix",
        ),
        (relayer("dense", bias=np.array([1])), "node dense: the bias is int64 of shape (1,), not int64 of shape (2,)"),
        (relayer("dense", bias=np.array([0.5, 1])), "node dense: the bias is float64 of shape (2,)"),
        (
            change("dense", layer=Dense(np.array([[1, 2], [3, -4]]), Fixed(4), Vector.of([1, 2, 3]))),
            "node dense: 3 scales for 2 outputs",
        ),
        (
            change("dense", layer=Dense(np.array([[1], [2], [3]]), Fixed(4))),
            "node dense: its layer refuses its inputs: a matrix of 3 x 1 cannot multiply an input of shape (2,)",
        ),
        (relayer("dense", bounds=(1, 9)), "node dense: the accumulator starts at 0, outside its bounds (1, 9)"),
        (
            lambda g: g.nodes.update(x=replace(g["x"], layer=Input(g["x"].type, (Quantize(-8, 7),)))),
            "node x: its encoder gives 2 int<4>, the input is 2 int<8>",
        ),
        (
            lambda g: g.nodes.update(x=replace(g["x"], layer=Input(Tensor((2,)), (EIGHT,)), type=Tensor((2,)))),
            "node x: a real input has an encoder",
        ),
        (lambda g: setattr(g, "outputs", []), "graph: it has no outputs"),
        (lambda g: g.outputs.append(Output("z", "gone", "")), "output z: its source gone does not exist"),
        (lambda g: g.outputs.append(Output("y", "x", "")), "output y: two outputs have this name"),
        (lambda g: g.outputs.append(Output("a b", "x", "")), "output 1: the name 'a b' is not a C identifier"),
        (lambda g: setattr(g, "name", "0net"), "graph: the name '0net' is not a C identifier"),
    ],
)
def test_a_broken_rule_is_named_with_its_pass_and_node(broken_by: Callable[[Graph], object], message: str) -> None:
    assert broken(broken_by).startswith(f"after fold_things: {message}")


@pytest.mark.parametrize("name", ["", "2x", "a-b", "é", "x\n", "a b", "x;y"])
def test_a_node_that_is_no_c_identifier_is_an_error(name: str) -> None:
    graph = network()
    graph.add(name, Relu(), "x")
    with pytest.raises(IRError, match="the name is not a C identifier"):
        verify(graph, "import")


@pytest.mark.parametrize(
    ("t", "message"),
    [
        (Tensor((2, 0)), "the shape (2, 0) is empty"),
        (Tensor((2,), scale=Vector.of([1, 2, 3])), "3 scales for 2 channels"),
        (Tensor.of_codes((3,), 0, 1, offset=Vector.of([1, 2])), "2 offsets for 3 channels"),
        (Tensor((2,), Fixed(64)), "codes of 64 bits, at most 63 are supported"),
        (Tensor((2,), Fixed(4), low=-9, high=0), "codes -9..0 do not fit int<4>"),
        (Tensor((2,), Fixed(4), low=0, high=8), "codes 0..8 do not fit int<4>"),
        (Tensor((2,), Fixed(4), low=3, high=2), "codes 3..2 do not fit int<4>"),
    ],
)
def test_a_tensor_that_cannot_be_is_an_error(t: Tensor, message: str) -> None:
    graph = Graph("net")
    graph.add("x", Input(t))
    with pytest.raises(IRError) as error:
        verify(graph, "typing")
    assert str(error.value) == f"after typing: node x: {message}"


def one(layer: Layer, x: Tensor) -> Graph:
    graph = Graph("net")
    graph.add("x", Input(x))
    graph.add("y", layer, "x")
    graph.outputs = [Output("y", "y", "y")]
    return graph


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (MatMul(np.array([[np.nan], [1.0]])), "weights that are not numbers (NaN or infinite)"),
        (MatMul(np.array([[np.inf], [1.0]])), "weights that are not numbers (NaN or infinite)"),
        (Quantize(3, 3, Vector.of(0)), "the quantizer's step is 0, not positive"),
        (Quantize(0, 3, Vector.of([1, -1])), "the quantizer's step is -1, not positive"),
        (MultiThreshold(np.array([[0.0, np.nan]])), "thresholds that are not numbers (NaN or infinite)"),
        (MultiThreshold(np.array([[0.0, -1.0]])), "thresholds that do not ascend"),
        (BatchNorm(ONE, ONE, ONE, ONE, Fraction(0)), None),
        (SoftmaxTable(np.array([0, 1]), 4), "the table is empty or negative, or starts with 0"),
        (SoftmaxTable(np.array([], dtype=np.int64), 4), "the table is empty or negative, or starts with 0"),
        (SoftmaxTable(np.array([2**40]), 22), "the quotient needs more than 63 bits"),
        (SoftmaxTable(np.array([2**40]), 21), None),
    ],
)
def test_parameters_that_cannot_be_are_an_error(layer: Layer, message: str | None) -> None:
    graph = one(layer, Tensor.of_fixed((2,), Fixed(8)))
    if message is None:
        verify(graph, "tuning")
        return
    with pytest.raises(IRError) as error:
        verify(graph, "tuning")
    assert str(error.value) == f"after tuning: node y: {message}"


ones, zeros = np.ones(2, dtype=np.int64), np.zeros(2, dtype=np.int64)


@pytest.mark.parametrize(
    ("function", "domain", "message"),
    [
        (Shift(0, 2, True, 0, 3), (-128, 127), None),
        (Shift(2**62, 2, True, 0, 3), (-128, 127), None),
        (
            Shift(2**63, 2, True, 0, 3),
            (-128, 127),
            "codes -128..127 plus 9223372036854775808, shifted by 2, leave 63 bits",
        ),
        (Shift(0, -54, False, 0, 3), (-128, 127), None),
        (Shift(0, -56, False, 0, 3), (-128, 127), "codes -128..127 plus 0, shifted by -56, leave 63 bits"),
        (Shift(0, 63, True, 0, 3), (-128, 127), "codes -128..127 plus 0, shifted by 63, leave 63 bits"),
        (MultiplyShift(ones * 2**55, zeros, 3, 0, 3), (-127, 127), None),
        (
            MultiplyShift(ones * 2**56, zeros, 3, 0, 3),
            (-128, 127),
            "codes -128..127 times 72057594037927936 leave 63 bits",
        ),
        (MultiplyShift(ones, zeros, 63, 0, 3), (-128, 127), "codes -128..127 times 1 leave 63 bits"),
        (MultiplyShift(ones, zeros[:1], 1, 0, 3), (-128, 127), "2 multipliers and 1 addends"),
        (
            MultiplyShift(ones / 2, zeros, 1, 0, 3),
            (-128, 127),
            "multiplier is float64 of shape (2,), not int64 of 1 dimensions",
        ),
        (Thresholds(zeros, ones, np.array([[0, 1], [2, 2]])), (-128, 127), None),
        (
            Thresholds(zeros, ones, np.array([[0, 1], [2, 1]])),
            (-128, 127),
            "the levels do not ascend, or the direction",
        ),
        (Thresholds(zeros, ones * 2, np.array([[0], [2]])), (-128, 127), "the levels do not ascend, or the direction"),
        (Thresholds(zeros[:1], ones, np.array([[0], [2]])), (-128, 127), "base, direction and levels are of different"),
        (
            Thresholds(zeros, ones, np.array([0, 1])),
            (-128, 127),
            "levels is int64 of shape (2,), not int64 of 2 dimensions",
        ),
        (Table(-128, np.zeros((1, 256), dtype=np.int64)), (-128, 127), None),
        (
            Table(-127, np.zeros((1, 256), dtype=np.int64)),
            (-128, 127),
            "the table covers -127..128, the domain is -128..127",
        ),
        (
            Table(-128, np.zeros((2, 255), dtype=np.int64)),
            (-128, 127),
            "the table covers -128..126, the domain is -128..127",
        ),
        (Table(-128, np.zeros((2, 256))), (-128, 127), "entries is float64 of shape (2, 256), not int64"),
        (Shift(0, 2, True, 0, 3), (127, -128), "no codes in 0..3, or in the domain (127, -128)"),
    ],
)
def test_a_step_function_is_defined_on_its_whole_domain_within_63_bits(
    function: StepFunction, domain: tuple[int, int], message: str | None
) -> None:
    t = Tensor.of_codes((2,), *sorted(domain))
    graph = one(Requantize(function, tuple(sorted(domain)), 0, 3), t)
    graph.nodes["y"] = replace(graph["y"], layer=Requantize(function, domain, 0, 3))
    if message is None:
        verify(graph, "requantize")
        return
    with pytest.raises(IRError) as error:
        verify(graph, "requantize")
    assert str(error.value).startswith(f"after requantize: node y: {message}")


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (Conv(np.ones((2, 2, 1)), Fixed(2)), "node c: weights are float64 of shape (2, 2, 1), not an int64 array"),
        (Conv(np.full((1, 1, 1, 1), 2), Fixed(2)), "node c: weights 2..2 do not fit int<2>"),
        (Conv(np.ones((1, 1, 1, 2), dtype=np.int64), Fixed(2), bias=np.array([1])), "node c: the bias is int64"),
        (FloatConv(np.full((1, 1, 1, 1), np.nan)), "node c: weights that are not numbers"),
        (MaxPool((3, 1), (1, 1)), "node c: its layer refuses its inputs: a window of 3 x 1 does not fit"),
        (Upsample((0, 1)), "node c: its layer refuses its inputs: an image cannot be repeated (0, 1) times"),
    ],
)
def test_a_broken_layer_of_images_is_named(layer: Layer, problem: str) -> None:
    graph = Graph("images", "images.onnx")
    x = graph.add("x", Input(Tensor.of_codes((2, 2, 1), 0, 3)))
    graph.nodes["c"] = Node("c", layer, ("x",), x.type, "c")
    graph.outputs.append(Output("y", "c", "y"))
    with pytest.raises(IRError, match=re.escape(f"after a pass: {problem}")):
        verify(graph, "a pass")


def test_axes_of_an_input_that_permute_nothing_are_named() -> None:
    graph = Graph("images", "images.onnx")
    graph.add("x", Input(Tensor.of_codes((2, 2, 1), 0, 3), axes=(1, 2)))
    graph.outputs.append(Output("y", "x", "y"))
    with pytest.raises(IRError, match=r"node x: the axes \(1, 2\) do not permute a shape \(2, 2, 1\)"):
        verify(graph, "a pass")
