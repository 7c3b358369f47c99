"""Ranges hold every code that occurs, and are as narrow as the layer allows."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from codesign.analysis.ranges import ranges
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node, Output
from codesign.ir.layers import (
    Add,
    Affine,
    ArgMax,
    Concat,
    Conv,
    Dense,
    Input,
    Layer,
    MaxPool,
    Multiply,
    MultiplyShift,
    Pad,
    Quantize,
    Relu,
    Requantize,
    Reshape,
    Shift,
    Slice,
    SoftmaxTable,
    SumPool,
    Table,
    Thresholds,
    Transpose,
    Upsample,
)
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import Vector
from tests.strategies import networks, typed_networks


def seen_within(graph: Graph, found: dict[str, Array]) -> None:
    """Asserts that every code of every typed node lies in the range of its channel."""
    proved = ranges(graph)
    assert set(proved) == {node.name for node in graph if not node.type.real}
    for name, (low, high) in proved.items():
        node = graph[name]
        assert low.shape == high.shape == (node.type.channels,)
        codes = found[name].reshape(-1, node.type.channels)
        assert (low <= codes).all() and (codes <= high).all(), name
        assert node.type.low <= low.min() and high.max() <= node.type.high


@given(networks())
def test_every_code_of_a_network_lies_in_its_range(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    seen_within(graph, graph.run(inputs, keep=True))


@given(typed_networks())
def test_every_code_of_a_typed_network_lies_in_its_range(drawn: tuple[Graph, list[Array]]) -> None:
    graph, inputs = drawn
    seen_within(graph, graph.run_codes(inputs, keep=True))


def reached(layer: Layer, x: Tensor, inputs: Array) -> tuple[list[int], list[int], list[int], list[int]]:
    """(low, high) of each channel as proved, and as found by running all `inputs`."""
    graph = Graph("one")
    graph.add("x", Input(x))
    graph.add("y", layer, "x")
    low, high = ranges(graph)["y"]
    codes = graph.run_codes([inputs], keep=True)["y"].reshape(-1, graph["y"].type.channels)
    return low.tolist(), high.tolist(), codes.min(axis=0).tolist(), codes.max(axis=0).tolist()


def every(low: int, high: int, shape: tuple[int, ...]) -> Array:
    """All samples of this shape with codes in low..high."""
    found = list(itertools.product(range(low, high + 1), repeat=int(np.prod(shape))))
    return np.array(found, dtype=np.int64).reshape(-1, *shape)


X = Tensor((3,), Fixed(3), low=-2, high=3)
EVERY = every(-2, 3, (3,))
WEIGHTS = np.array([[1, -2], [0, 3], [-4, 0]], dtype=np.int64)


@pytest.mark.parametrize(
    "layer",
    [
        Dense(WEIGHTS, Fixed(4)),
        Dense(WEIGHTS, Fixed(4), bias=np.array([-7, 100])),
        Requantize(Shift(1, 1, True, -1, 1), (-4, 3), -1, 1),
        Requantize(MultiplyShift(np.array([3, -2, 0]), np.array([0, 5, -9]), 1, -4, 3), (-4, 3), -4, 3),
        Requantize(
            Thresholds(np.array([0, 5, -1]), np.array([1, -1, 1]), np.array([[-9, 0, 1], [-2, 3, 4], [4, 5, 6]])),
            (-4, 3), -1, 5,
        ),
        Requantize(Table(-2, np.array([[0, 9, 1, 2, -3, 1]])), (-2, 3), -3, 9),
        Requantize(Table(-3, np.array([[99, k, 7, -k, 2, k * k, 0] for k in range(3)])), (-2, 3), -99, 99),
        Relu(),
        Quantize(0, 3, Vector.of([Fraction(1, 2), Fraction(3), Fraction(2, 3)])),
        Affine(Vector.of([-1, 0, 2]), Vector.of(Fraction(1, 3))),
        Reshape((3, 1)),
        Reshape((1, 3)),
    ],
)  # fmt: skip
def test_the_range_of_one_layer_is_what_its_codes_reach(layer: Layer) -> None:
    low, high, least, most = reached(layer, X, EVERY)
    assert (low, high) == (least, most)


def test_each_channel_has_its_own_range_through_two_layers() -> None:
    graph = Graph("two")
    graph.add("x", Input(Tensor((2,), Fixed(2, 0, False), low=0, high=3)))
    graph.add("a", Dense(np.array([[1, 0], [0, -1]]), Fixed(2)), "x")
    graph.add("b", Dense(np.array([[1, 2], [1, -2]]), Fixed(3)), "a")
    low, high = ranges(graph)["b"]
    assert (low.tolist(), high.tolist()) == ([-3, 0], [3, 12])


def test_a_flatten_of_positions_keeps_the_range_of_each_element() -> None:
    graph = Graph("flat")
    graph.add("x", Input(Tensor((2, 2), Fixed(2, 0, False), low=0, high=1)))
    graph.add("a", Dense(np.array([[1, 0], [0, -5]]), Fixed(4)), "x")
    graph.add("b", Reshape((4,)), "a")
    graph.add("c", Transpose((1, 0)), "a")
    graph.add("d", Reshape((4,)), "c")
    found = {name: (low.tolist(), high.tolist()) for name, (low, high) in ranges(graph).items()}
    assert found["b"] == ([0, -5, 0, -5], [1, 0, 1, 0])
    assert found["c"] == ([-5, -5], [1, 1])
    assert found["d"] == ([0, 0, -5, -5], [1, 1, 0, 0])


def test_a_sum_with_itself_knows_that_both_sides_are_equal() -> None:
    graph = Graph("sums")
    graph.add("x", Input(Tensor((1,), Fixed(3), low=-3, high=2)))
    graph.add("y", Input(Tensor((1,), Fixed(3, 1), low=-3, high=2)))
    graph.add("twice", Add(), "x", "x")
    graph.add("none", Add(negate=True), "x", "x")
    graph.add("other", Add(negate=True), "x", "y")
    found = {name: (int(low[0]), int(high[0])) for name, (low, high) in ranges(graph).items()}
    assert found["twice"] == (-6, 4)
    assert found["none"] == (0, 0)
    assert found["other"] == (2 * -3 - 2, 2 * 2 + 3)


def test_a_product_knows_its_corners_its_offsets_and_that_a_square_is_never_negative() -> None:
    graph = Graph("g")
    graph.add("x", Input(Tensor.of_codes((2,), -3, 2)))
    graph.add("y", Input(Tensor.of_codes((2,), 0, 5, offset=Vector.of(-4))))
    graph.add("product", Multiply(), "x", "y")
    graph.add("square", Multiply(), "x", "x")
    graph.add("shifted", Multiply(), "y", "y")
    graph.outputs = [Output(n, n, n) for n in ("product", "square", "shifted")]
    found = {name: (low.tolist(), high.tolist()) for name, (low, high) in ranges(graph).items()}
    assert found["product"] == ([-8, -8], [12, 12])  # -3..2 times -4..1
    assert found["square"] == ([0, 0], [9, 9])
    assert found["shifted"] == ([0, 0], [16, 16])
    narrow = Requantize(Shift(0, 0, False, 1, 3), (-3, 2), 1, 3)
    graph.add("positive", narrow, "x")
    graph.add("four", Multiply(), "positive", "positive")
    assert [end.tolist() for end in ranges(graph)["four"]] == [[1, 1], [4, 4]]


def test_a_table_whose_input_varies_at_one_end_only() -> None:
    """The lowest code is the same at both positions, the highest is not."""
    graph = Graph("g")
    graph.add("x", Input(Tensor.of_codes((2,), 0, 1)))
    first = graph.add("d", Dense(np.array([[1, 0], [0, 3]]), Fixed(3)), "x").type
    graph.add("r", Reshape((2, 1)), "d")
    graph.add("t", Requantize(Table(0, np.array([[5, 6, 7, 8]])), (0, first.high), 5, 8), "r")
    graph.outputs = [Output("y", "t", "y")]
    assert [end.tolist() for end in ranges(graph)["t"]] == [[5], [8]]


def test_a_classifier_gives_every_class_and_a_softmax_every_code() -> None:
    graph = Graph("ends")
    graph.add("x", Input(X))
    graph.add("best", ArgMax(keep=False), "x")
    graph.add("shares", SoftmaxTable.build(Fraction(1), 8, 4, 16), "x")
    found = {name: (low.tolist(), high.tolist()) for name, (low, high) in ranges(graph).items()}
    assert found["best"] == ([0], [2])
    assert found["shares"] == ([0, 0, 0], [15, 15, 15])


def test_sums_beyond_int64_on_the_way_are_exact() -> None:
    graph = Graph("wide")
    graph.add("x", Input(Tensor((2,), Fixed(31), low=-(2**30), high=2**30 - 1)))
    w = np.array([[2**31 - 1, 1], [2**31 - 1, -(2**31)]])
    graph.add("y", Dense(w, Fixed(32)), "x")
    low, high = ranges(graph)["y"]
    assert low.tolist() == [-(2**30) * 2 * (2**31 - 1), -(2**30) - (2**30 - 1) * 2**31]
    assert high.tolist() == [(2**30 - 1) * 2 * (2**31 - 1), 2**30 - 1 + 2**30 * 2**31]


def test_a_code_outside_its_type_is_an_error_of_the_compiler() -> None:
    graph = Graph("narrow")
    graph.add("x", Input(X))
    graph.add("y", Dense(WEIGHTS, Fixed(4), bounds=(-3, 3)), "x")
    with pytest.raises(IRError, match=r"ranges: node y has codes in -14..13, its type is 2 int<3> in -3..3"):
        ranges(graph)


def test_a_real_tensor_has_no_range() -> None:
    graph = Graph("real")
    graph.add("x", Input(Tensor((1,))))
    graph.nodes["y"] = Node("y", Relu(), ("x",), Tensor((1,)), "y")
    graph.add("z", Quantize(-4, 3), "y")
    graph.outputs = [Output("z", "z", "z")]
    assert {name: (low[0], high[0]) for name, (low, high) in ranges(graph).items()} == {"z": (-4, 3)}


@pytest.mark.parametrize(("padding", "offset"), [((0, 0, 0, 0), 0), ((1, 0, 0, 2), 0), ((0, 1, 1, 0), -9)])
def test_the_range_of_a_convolution_is_reached_in_every_channel(padding: tuple[int, ...], offset: int) -> None:
    w = np.random.default_rng(4).integers(-3, 4, (2, 2, 1, 2))
    conv = Conv(w, Fixed(3), padding=padding, groups=1, bias=np.array([5, -7]))  # type: ignore[arg-type]
    x = Tensor.of_codes((2, 2, 1), 4, 6, offset=Vector.of(offset))
    if offset:
        x = Tensor.of_codes((2, 2, 1), 4, 9, offset=Vector.of(offset))
    graph = Graph("given", "given.onnx")
    graph.add("x", Input(x))
    graph.add("c", conv, "x")
    graph.outputs.append(Output("y", "c", "y"))
    low, high = ranges(graph)["c"]
    every = np.array(list(itertools.product((x.low, x.high), repeat=4))).reshape(-1, 2, 2, 1)
    found = np.asarray(graph.run_codes([every])["c"]).reshape(-1, 2)
    assert low.tolist() == found.min(axis=0).tolist()
    assert high.tolist() == found.max(axis=0).tolist()


def test_ranges_of_channels_pass_joins_parts_pools_and_padding() -> None:
    graph = Graph("given", "given.onnx")
    graph.add("x", Input(Tensor.of_codes((3, 4, 2), 2, 5)))
    graph.add("c", Conv(np.array([1, -2]).reshape(1, 1, 1, 2), Fixed(3), groups=2), "x")
    graph.add("both", Concat(), "c", "x")
    graph.add("part", Slice(1, 3), "both")
    graph.add("sum", SumPool((3, 1), (1, 1)), "part")
    graph.add("most", MaxPool((1, 2), (1, 1), (0, 0, 1, 0)), "sum")
    graph.add("padded", Pad(1, 0, 0, 0), "most")
    graph.add("more", Upsample((2, 1)), "padded")
    graph.outputs.append(Output("y", "more", "y"))
    found = {name: (low.tolist(), high.tolist()) for name, (low, high) in ranges(graph).items()}
    assert found["both"] == ([2, -10, 2, 2], [5, -4, 5, 5])
    assert found["part"] == ([-10, 2], [-4, 5])
    assert found["sum"] == found["most"] == ([-30, 6], [-12, 15])
    assert found["padded"] == found["more"] == ([-30, 0], [0, 15])


def test_a_table_reads_ends_of_which_one_differs_by_position() -> None:
    graph = Graph("given", "given.onnx")
    graph.add("x", Input(Tensor.of_codes((2, 2, 2), -3, 0)))
    graph.add("padded", Pad(1, 0, 0, 0), "x")  # -3..0 and, at the border, 0..0
    table = Table(-3, np.array([[5, 1, 7, 2], [9, 9, 9, 4]]))
    graph.add("t", Requantize(table, (-3, 0), 1, 9), "padded")
    graph.outputs.append(Output("y", "t", "y"))
    low, high = ranges(graph)["t"]
    assert (low.tolist(), high.tolist()) == ([1, 4], [7, 9])
