"""Transposes meet and cancel, and become part of inputs and of weights; the values stay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import (
    Add,
    Affine,
    Concat,
    Conv,
    Crop,
    Dense,
    Input,
    MatMul,
    MaxPool,
    Pad,
    Quantize,
    Relu,
    Reshape,
    SumPool,
    Transpose,
)
from codesign.ir.tensor import Tensor
from codesign.ir.verify import verify
from codesign.passes.channels_last import channels_last
from tests.passes.given import codes, network, text, vector
from tests.strategies import networks

LAST, FIRST = Transpose((1, 2, 0)), Transpose((2, 0, 1))
"""Channels moved last, and back to the front."""
SHAPE = (3, 4, 5)
"""Channels, height, width."""


def conv(inputs: int = 3, outputs: int = 2, seed: int = 0) -> Conv:
    rng = np.random.default_rng(seed)
    return Conv(rng.integers(-8, 8, (2, 3, inputs, outputs)), Fixed(4))


def same(graph: Graph, *shapes: tuple[int, ...]) -> None:
    """The pass keeps what the graph means on random inputs of these shapes."""
    rng = np.random.default_rng(7)
    inputs = [rng.integers(-8, 8, (3, *shape)).astype(float) for shape in shapes]
    expected = graph.values(inputs)
    channels_last(graph)
    verify(graph, "channels_last")
    for ours, wanted in zip(graph.values(inputs), expected, strict=True):
        assert ours.tolist() == wanted.tolist()


def test_a_channels_first_network_keeps_one_transpose_at_its_output() -> None:
    graph = network(LAST, conv(), FIRST, Relu(), Quantize(0, 15), LAST, MaxPool((2, 1), (2, 1)), FIRST, shape=SHAPE)
    same(graph, SHAPE)
    assert text(graph) == [
        "x = Input(tensor=Tensor(shape=(4, 5, 3)), axes=(1, 2, 0))  # 4x5x3 real",
        "b = Conv(x, weights=array, bits=Fixed(4, 0, True))  # 3x3x2 real",
        "d = Relu(b)  # 3x3x2 real",
        "e = Quantize(d, low=0, high=15)  # 3x3x2 uint<4>",
        "g = MaxPool(e, size=(2, 1), stride=(2, 1))  # 1x3x2 uint<4>",
        "h = Transpose(g, axes=(2, 0, 1))  # 2x1x3 uint<4>",
    ]


def test_a_function_of_all_elements_moves_before_the_transpose_and_one_of_channels_stays() -> None:
    graph = network(FIRST, Relu(), shape=(4, 5, 3), x=codes("int<4>", (4, 5, 3)))
    same(graph, (4, 5, 3))
    assert text(graph)[1:] == [
        "b = Relu(x)  # 4x5x3 uint<3>",
        "b_transposed = Transpose(b, axes=(2, 0, 1))  # 3x4x5 uint<3>",
    ]
    graph = network(Relu(), FIRST, Affine(vector([1, 2, 3, 4, 5])), x=codes("int<4>", (4, 5, 3)))
    before = text(graph)
    same(graph, (4, 5, 3))
    assert [line.split(" = ")[1].split("(")[0] for line in text(graph)] == ["Input", "Relu", "Affine"]
    assert "axes=(2, 0, 1)" in text(graph)[0] and before != text(graph)


def test_a_function_of_channels_crosses_a_transpose_that_keeps_them_last() -> None:
    graph = network(conv(), Transpose((1, 0, 2)), Affine(vector([1, 2])), x=codes("int<4>", (4, 5, 3)))
    same(graph, (4, 5, 3))
    assert [type(n.layer).__name__ for n in graph] == ["Input", "Conv", "Affine", "Transpose"]


@pytest.mark.parametrize("typed", [True, False])
def test_rows_of_dense_weights_are_permuted_once(typed: bool) -> None:
    rng = np.random.default_rng(1)
    w = rng.integers(-8, 8, (3 * 3 * 2, 4))
    dense = Dense(w, Fixed(4)) if typed else MatMul(w / 8)
    graph = network(conv(), FIRST, Reshape((18,)), Relu(), dense, x=codes("int<4>", (4, 5, 3)))
    same(graph, (4, 5, 3))
    assert [type(n.layer).__name__ for n in graph] == ["Input", "Conv", "Relu", "Reshape", type(dense).__name__]
    moved = graph["e"].layer.weights
    order = np.arange(18).reshape(2, 3, 3).transpose(1, 2, 0).ravel()
    assert (moved == dense.weights[order]).all() and (moved != dense.weights).any()


def test_a_reshape_that_is_no_flatten_keeps_its_transpose() -> None:
    dense = Dense(np.arange(12).reshape(6, 2), Fixed(4, 0, False))
    graph = network(conv(), FIRST, Reshape((3, 6)), dense, x=codes("int<4>", (4, 5, 3)))
    before = text(graph)
    same(graph, (4, 5, 3))
    assert text(graph) == before


def test_a_transpose_that_moves_nothing_vanishes_behind_a_reshape() -> None:
    graph = network(SumPool((4, 5), (1, 1)), FIRST, Reshape((3,)), x=codes("int<4>", (4, 5, 3)))
    same(graph, (4, 5, 3))
    assert text(graph)[1:] == [
        "a = SumPool(x, size=(4, 5), stride=(1, 1))  # 1x1x3 int<9> in -160..140",
        "c = Reshape(a, shape=(3,))  # 3 int<9> in -160..140",
    ]


def residual(layer: Add | Concat) -> Graph:
    """layer(x, first(conv(last(x)))) of a channels-first x, quantized."""
    graph = Graph("given", "given.onnx")
    graph.add("x", Input(Tensor(SHAPE)))
    graph.add("q", Quantize(-8, 7), "x")
    graph.add("last", LAST, "q")
    graph.add("c", Conv(np.random.default_rng(1).integers(-8, 8, (1, 1, 3, 3)), Fixed(4)), "last")
    graph.add("first", FIRST, "c")
    graph.add("sum", layer, "q", "first")
    graph.outputs.append(Output("y", "sum", "y"))
    return graph


def test_a_residual_sum_is_made_channels_last() -> None:
    graph = residual(Add())
    same(graph, SHAPE)
    assert text(graph) == [
        "x = Input(tensor=Tensor(shape=(4, 5, 3)), axes=(1, 2, 0))  # 4x5x3 real",
        "q = Quantize(x, low=-8, high=7)  # 4x5x3 int<4>",
        "c = Conv(q, weights=array, bits=Fixed(4, 0, True))  # 4x5x3 int<8> in "
        f"{graph['c'].type.low}..{graph['c'].type.high}",
        f"sum = Add(q, c)  # 4x5x3 {graph['sum'].type.fixed} in {graph['sum'].type.low}..{graph['sum'].type.high}",
        "sum_transposed = Transpose(sum, axes=(2, 0, 1))  # 3x4x5 "
        f"{graph['sum'].type.fixed} in {graph['sum'].type.low}..{graph['sum'].type.high}",
    ]


def test_a_join_of_positions_keeps_its_transposes() -> None:
    graph = residual(Concat())
    same(graph, SHAPE)
    assert [type(n.layer).__name__ for n in graph].count("Transpose") == 2


def test_equally_transposed_streams_are_joined_before_the_transpose() -> None:
    graph = Graph("given", "given.onnx")
    for name in "ab":
        graph.add(name, Input(codes("int<4>", (4, 5, 3))))
        graph.add(f"{name}_turned", Transpose((1, 0, 2)), name)
    graph.add("both", Concat(), "a_turned", "b_turned")
    graph.outputs.append(Output("y", "both", "y"))
    same(graph, (4, 5, 3), (4, 5, 3))
    assert [type(n.layer).__name__ for n in graph] == ["Input", "Input", "Concat"]
    assert graph["a"].layer.axes == (1, 0, 2)


def test_two_readers_and_an_output_of_one_transpose_share_it() -> None:
    graph = network(conv(), FIRST, x=codes("int<4>", (4, 5, 3)))
    graph.add("r", Reshape((6, 3)), "b")
    graph.outputs += [Output("r", "r", "r"), Output("again", "b", "again")]
    same(graph, (4, 5, 3))
    assert [type(n.layer).__name__ for n in graph] == ["Input", "Conv", "Transpose", "Reshape"]


def test_an_input_whose_channels_have_scales_of_their_own_keeps_its_layout() -> None:
    scales = Quantize(-8, 7, vector([1, 2, 3, 4, 5]))
    x = scales.result(Tensor(SHAPE))
    graph = Graph("given", "given.onnx")
    graph.add("x", Input(x, (scales,)))
    graph.add("q", Quantize(-8, 7), "x")
    graph.add("last", LAST, "q")
    graph.add("c", conv(), "last")
    graph.outputs.append(Output("y", "c", "y"))
    same(graph, SHAPE)
    assert graph["x"].layer.axes is None
    assert [type(n.layer).__name__ for n in graph] == ["Input", "Quantize", "Transpose", "Conv"]


def test_a_network_without_transposes_stays_as_it_is() -> None:
    graph = network(conv(), Relu(), MaxPool((2, 2), (1, 1)), x=codes("int<4>", (4, 5, 3)))
    before = text(graph)
    same(graph, (4, 5, 3))
    assert text(graph) == before


@st.composite
def first_networks(draw: st.DrawFn) -> tuple[Graph, list[np.ndarray]]:
    """Random elementwise functions, sums, joins and windows, with random transposes between them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    graph = Graph("drawn", "drawn.onnx")
    shape = (2, 3, 4)
    graph.add("x0", Input(codes("int<4>", shape)))
    names = ["x0"]
    for k in range(1, draw(st.integers(2, 12))):
        x = draw(st.sampled_from(names[-3:]))
        t = graph[x].type
        others = [n for n in names if graph[n].type.shape == t.shape]
        other = draw(st.sampled_from(others))
        name, kind = f"x{k}", draw(st.integers(0, 8))
        if kind <= 3 or len(t.shape) != 3:
            graph.add(name, Transpose(tuple(int(a) for a in rng.permutation(len(t.shape)))), x)
        elif kind == 4:
            graph.add(name, Quantize(-8, 7), x)
        elif kind == 5:
            graph.add(name, Add(), x, other)
        elif kind == 6:
            graph.add(name, Concat(), x, other)
        elif kind == 7:
            c = t.channels
            graph.add(name, Conv(rng.integers(-2, 3, (1, 1, c, c)), Fixed(3)), x)
        else:
            flat = graph.add(f"{name}_flat", Reshape((t.size,)), x).name
            graph.add(name, Dense(rng.integers(-2, 3, (t.size, 3)), Fixed(3)), flat)
        names.append(name)
    graph.outputs = [Output("y", names[-1], "y"), Output("z", draw(st.sampled_from(names)), "z")]
    graph.prune()
    return graph, [rng.integers(-8, 8, (3, *shape)).astype(float)]


@settings(max_examples=100)
@given(st.one_of(first_networks(), networks()))
def test_every_value_of_a_random_network_stays(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    graph = graph.copy()
    expected = graph.values(inputs)
    channels_last(graph)
    verify(graph, "channels_last")
    for ours, wanted in zip(graph.values(inputs), expected, strict=True):
        assert np.array_equal(ours, wanted)


def test_a_transpose_meets_its_pair_behind_a_reshape_that_follows_another():
    graph = network(
        Transpose((0, 2, 1, 3)), Reshape((4, 6, 2)), Transpose((2, 0, 1)), Transpose((1, 2, 0)), Pad(1, 0, 0, 1),
        x=codes("int<4>", (2, 3, 4, 2)),
    )  # fmt: skip

    channels_last(graph)

    assert [type(n.layer) for n in graph] == [Input, Transpose, Reshape, Pad]


def test_a_part_of_a_transposed_stream_is_a_transposed_part():
    graph = network(
        Transpose((2, 0, 1)), Crop((0, 1, 0), (2, 3, 2)), Transpose((1, 2, 0)), Pad(1, 0, 0, 1),
        x=codes("int<4>", (3, 5, 2)),
    )  # fmt: skip
    x = np.arange(30).reshape(1, 3, 5, 2) % 15 - 7
    expected = graph.values([x])

    channels_last(graph)

    assert [type(n.layer) for n in graph] == [Input, Crop, Pad]
    assert graph["b"].layer == Crop((1, 0, 0), (3, 2, 2))
    assert graph.values([x])[0].tolist() == expected[0].tolist()
