"""The network: running it, and changing it."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from codesign.errors import IRError, ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node, Output
from codesign.ir.layers import (
    Add,
    Affine,
    ArgMax,
    BatchNorm,
    Clip,
    Concat,
    Conv,
    Crop,
    Dense,
    Identity,
    Input,
    LeakyRelu,
    MaxPool,
    Multiply,
    MultiThreshold,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Sigmoid,
    Sign,
    Slice,
    SumPool,
    Tanh,
    Transpose,
    Upsample,
)
from codesign.ir.layers.lookup import sigmoid
from codesign.ir.reals import Reals
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from tests.strategies import networks, typed_networks

# ------------------------------------------------------------------------- the meaning, a second time, naively


def each(x: np.ndarray, function: Callable[[Fraction, int], Fraction]) -> np.ndarray:
    """`function` of every value and its channel."""
    out = np.empty(x.shape, dtype=object)
    for index in np.ndindex(x.shape):
        out[index] = function(x[index], index[-1])
    return out


def quantized(layer: Quantize, v: Fraction, c: int) -> Fraction:
    code = layer.rounding.apply((v - layer.offset[c]) / layer.step[c])
    return max(layer.low, min(layer.high, code)) * layer.step[c] + layer.offset[c]


def counted(layer: MultiThreshold, v: Fraction, c: int) -> Fraction:
    row = layer.thresholds[c if len(layer.thresholds) > 1 else 0].tolist()
    return sum(1 for t in row if v >= Fraction(t)) * layer.step[c] + layer.offset[c]


def product(layer: Dense, x: np.ndarray) -> np.ndarray:
    out = np.empty((*x.shape[:-1], layer.weights.shape[1]), dtype=object)
    for index in np.ndindex(out.shape):
        column = layer.weights[:, index[-1]].tolist()
        out[index] = sum(v * w for v, w in zip(x[index[:-1]], column)) * layer.step[index[-1]]
    return out


def first_of_largest(x: np.ndarray, keep: bool) -> np.ndarray:
    out = np.empty(x.shape[:-1], dtype=object)
    for index in np.ndindex(out.shape):
        row = list(x[index])
        out[index] = Fraction(row.index(max(row)))
    return out[..., None] if keep else out


def naively(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    """The values of one sample by the layer's definition: rationals one by one, no codes, no numpy arithmetic."""
    x = inputs[0]
    match node.layer:
        case Quantize() as layer:
            return each(x, lambda v, c: quantized(layer, v, c))
        case MultiThreshold() as layer:
            return each(x, lambda v, c: counted(layer, v, c))
        case Dense() as layer:
            return product(layer, x)
        case Affine() as layer:
            return each(x, lambda v, c: v * layer.scale[c] + layer.offset[c])
        case BatchNorm() as layer:
            affine = layer.affine()
            return each(x, lambda v, c: v * affine.scale[c] + affine.offset[c])
        case Relu():
            return each(x, lambda v, c: v if v > 0 else Fraction(0))
        case LeakyRelu(alpha=alpha):
            return each(x, lambda v, c: v if v > 0 else v * alpha)
        case Clip(low=low, high=high):
            return each(x, lambda v, c: min([max([v] + [low] * (low is not None))] + [high] * (high is not None)))
        case Sign():
            return each(x, lambda v, c: Fraction(1 if v > 0 else -1 if v < 0 else 0))
        case Sigmoid():
            return each(x, lambda v, c: sigmoid(v))
        case Tanh():
            return each(x, lambda v, c: 2 * sigmoid(2 * v) - 1)
        case Identity():
            return x
        case Reshape(shape=shape):
            return np.array(list(x.ravel()) + [None], dtype=object)[:-1].reshape(shape)
        case Transpose(axes=axes):
            return x.transpose(axes)
        case Add(negate=negate):
            return inputs[0] - inputs[1] if negate else inputs[0] + inputs[1]
        case Multiply():
            return inputs[0] * inputs[1]
        case ArgMax(keep=keep):
            return first_of_largest(x, keep)
        case layer:
            return naive_image(layer, inputs)


def naive_image(layer: object, inputs: list[np.ndarray]) -> np.ndarray:
    """The layers of images, pixel by pixel."""
    x = inputs[0]
    match layer:
        case Concat():
            return np.concatenate(inputs, axis=-1)
        case Slice(start=start, stop=stop):
            return x[..., start:stop]
        case Crop(start=start, stop=stop):
            return x[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
        case Upsample(factors=(rows, columns)):
            at = [[x[i // rows, j // columns] for j in range(x.shape[1] * columns)] for i in range(x.shape[0] * rows)]
            return np.array(at, dtype=object)
        case Pad(top=top, bottom=bottom, left=left, right=right):
            return bordered(x, (top, bottom, left, right), Fraction(0))
        case MaxPool(size=size, stride=stride, padding=padding):
            return windowed(bordered(x, padding, min(x.ravel())), size, stride, (1, 1), lambda w: w.max(axis=(0, 1)))
        case SumPool(size=size, stride=stride):
            return windowed(x, size, stride, (1, 1), lambda w: w.sum(axis=(0, 1)))
        case Conv() as conv:
            rows, columns, inside, outputs = conv.weights.shape
            each = outputs // conv.groups

            def product(w: np.ndarray) -> np.ndarray:
                found = []
                for j in range(outputs):
                    first = j // each * inside
                    terms = w[..., first : first + inside] * conv.weights[..., j].astype(object)
                    found.append(sum(terms.ravel(), Fraction(0)) * conv.step[j])
                return np.array(found, dtype=object)

            assert conv.bias is None
            image = bordered(x, conv.padding, Fraction(0))
            return windowed(image, (rows, columns), conv.stride, conv.dilation, product)
        case _:
            raise AssertionError(f"{layer} has no naive meaning yet")


def bordered(x: np.ndarray, sides: tuple[int, int, int, int], value: Fraction) -> np.ndarray:
    top, bottom, left, right = sides
    return np.pad(x, ((top, bottom), (left, right), (0, 0)), constant_values=value)


def windowed(x, size, stride, dilation, function):  # type: ignore[no-untyped-def]
    """The function of each window of an image, row by row."""
    reach = [(size[k] - 1) * dilation[k] + 1 for k in (0, 1)]
    return np.array(
        [
            [
                function(x[i : i + reach[0] : dilation[0], j : j + reach[1] : dilation[1]])
                for j in range(0, x.shape[1] - reach[1] + 1, stride[1])
            ]
            for i in range(0, x.shape[0] - reach[0] + 1, stride[0])
        ],
        dtype=object,
    )


def naive_values(graph: Graph, sample: list[np.ndarray]) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    given = dict(zip([n.name for n in graph.inputs], sample))
    for node in graph:
        if isinstance(node.layer, Input):
            values = each(given[node.name], lambda v, c: Fraction(float(v)))
            for function in node.layer.encoder:
                values = naively(Node("", function, (), node.type, ""), [values])
            found[node.name] = values
        else:
            found[node.name] = naively(node, [found[i] for i in node.inputs])
    return found


@given(networks())
def test_a_run_gives_the_exact_values_of_every_node(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    found = graph.run(inputs, keep=True)
    for k in (0, 1, 5, 9):
        naive = naive_values(graph, [x[k] for x in inputs])
        for node in graph:
            x = found[node.name]
            codes = (x.values if isinstance(x, Reals) else x)[k : k + 1]
            values = codes if node.type.real else node.type.decode(codes)
            assert values.tolist() == [naive[node.name].tolist()], node.name


@given(typed_networks())
def test_codes_of_a_typed_network_read_as_the_real_sums_and_products(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    found = graph.run_codes(inputs, keep=True)
    for node in graph:
        values = [graph[i].type.decode(found[i]) for i in node.inputs]
        read = node.type.decode(found[node.name])
        match node.layer:
            case Dense(bias=bias, step=step) as layer:
                x = graph[node.inputs[0]].type
                biases = 0 if bias is None else bias.astype(object) * (step * x.step).array()
                off = read - (values[0] @ layer.weights.astype(object) * step.array() + biases)
                if layer.wrap is not None:
                    turn = (step * x.step).array() * (1 << layer.wrap)
                    off = np.where(turn == 0, off, off % np.where(turn == 0, 1, turn))
                assert (off == 0).all()
            case Add() | Multiply() | Affine() | Reshape() | Transpose() as layer:
                assert read.tolist() == layer.real(*values).tolist()


# ------------------------------------------------------------------------------------------------ running it


def small() -> Graph:
    """x -> q -> d -> r, and s = q + q."""
    graph = Graph("small", "small.onnx")
    graph.add("x", Input(Tensor((2,))), origin="x:0")
    graph.add("q", Quantize(-8, 7, Vector.of(Fraction(1, 2))), "x", origin="Quant_0")
    graph.add("d", Dense(np.array([[1, -2], [3, 1]]), Fixed(3)), "q", origin="MatMul_1")
    graph.add("r", Relu(), "d", origin="Relu_2")
    graph.add("s", Add(), "q", "q", origin="Add_3")
    graph.outputs = [Output("y", "r", "y:0"), Output("twice", "s", "twice:0")]
    return graph


X = np.array([[0.5, -1.25], [100.0, -100.0]])


def test_outputs_are_read_as_exact_values() -> None:
    y, twice = small().values([X])
    assert y.tolist() == [[0, 0], [0, 0]]
    # -0.5 and 1.25 (a tie, to even 1.0): 1 * -0.5 + 3 * 1.0 and -2 * -0.5 + 1.0; then -4.0 and 3.5.
    assert small().values([-X])[0].tolist() == [[Fraction(5, 2), 2], [Fraction(13, 2), Fraction(23, 2)]]
    assert twice.tolist() == [[1, -2], [7, -8]]


def test_a_node_that_is_read_twice_is_kept_until_both_have_read_it() -> None:
    found = small().run([X])
    assert set(found) == {"r", "s"}
    assert set(small().run([X], keep=True)) == {"x", "q", "d", "r", "s"}


def test_an_output_that_others_read_is_kept() -> None:
    graph = small()
    graph.outputs.append(Output("codes", "q", "q:0"))
    assert set(graph.run([X])) == {"r", "s", "q"}


def test_a_run_on_codes_skips_the_encoder() -> None:
    graph = Graph("typed")
    encoder = Quantize(-8, 7, Vector.of(Fraction(1, 2)))
    graph.add("x", Input(encoder.result(Tensor((1,))), (encoder,)))
    graph.add("y", Relu(), "x")
    graph.outputs = [Output("y", "y", "y")]
    assert graph.run_codes([np.array([[-3], [3]])])["y"].tolist() == [[0], [3]]
    assert graph.run([np.array([[-1.5], [1.5]])])["y"].tolist() == [[0], [3]]


def test_another_number_of_inputs_is_an_error() -> None:
    with pytest.raises(IRError, match="graph: 2 arrays for 1 inputs"):
        small().run([X, X])


# ----------------------------------------------------------------------------------------------- changing it


def test_users_count_each_reading_input() -> None:
    users = small().users()
    assert [n.name for n in users["q"]] == ["d", "s", "s"]
    assert users["r"] == []


def test_a_node_that_does_not_fit_its_input_is_an_error_that_names_it() -> None:
    with pytest.raises(ModelError, match=r"small\.onnx: node Reshape_9: shape \(2,\) cannot become \(3,\)"):
        small().add("t", Reshape((3,)), "q", origin="Reshape_9")


def test_two_nodes_of_one_name_are_an_error() -> None:
    with pytest.raises(IRError, match="graph: two nodes are called q"):
        small().add("q", Relu(), "x")


def test_a_fresh_name_counts_up() -> None:
    graph = small()
    assert graph.fresh("t") == "t"
    assert graph.fresh("q") == "q_2"
    graph.add("q_2", Relu(), "q")
    assert graph.fresh("q") == "q_3"


def test_a_copy_is_changed_alone() -> None:
    graph = small()
    other = graph.copy()
    other.add("t", Relu(), "q")
    other.outputs.append(Output("t", "t", "t"))
    assert "t" not in graph and len(graph.outputs) == 2 and len(other) == len(graph) + 1


def test_replace_uses_turns_every_reader_and_output() -> None:
    graph = small()
    graph.replace_uses("q", "x")
    assert graph["s"].inputs == ("x", "x") and graph["d"].inputs == ("x",)
    graph.replace_uses("r", "d")
    assert graph.outputs[0] == Output("y", "d", "y:0")


def test_prune_removes_what_no_output_needs_and_keeps_inputs() -> None:
    graph = small()
    graph.add("unused", Input(Tensor((1,))))
    graph.add("dead", Relu(), "q")
    graph.add("dead_too", Relu(), "dead")
    graph.outputs = graph.outputs[1:]
    graph.prune()
    assert list(graph.nodes) == ["x", "q", "s", "unused"]


def test_rewrite_replaces_nodes_and_derives_types_downstream() -> None:
    graph = small()

    def halve(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Quantize):
            return None
        before = graph.node("half", Affine(Vector.of(Fraction(1, 2))), *node.inputs, origin="new")
        graph.nodes["half"] = before
        return [before, graph.node("q", Quantize(-2, 1), "half")]

    assert graph.rewrite(halve)
    assert list(graph.nodes) == ["x", "half", "q", "d", "r", "s"]
    assert graph["q"].origin == "Quant_0" and graph["half"].origin == "new"
    assert (graph["s"].type.low, graph["s"].type.high) == (-4, 2)
    assert graph.values([np.array([[4.0, 2.0]])])[1].tolist() == [[2, 2]]


def test_rewrite_says_that_nothing_changed() -> None:
    graph = small()
    before = dict(graph.nodes)
    assert not graph.rewrite(lambda node: None)
    assert graph.nodes == before


def test_rewrite_may_redefine_an_earlier_node_that_only_the_visited_one_reads() -> None:
    graph = small()

    def rule(node: Node) -> list[Node] | None:
        if node.name != "r":
            return None
        return [graph.node("d", Dense(np.array([[1, 1], [1, 1]]), Fixed(2)), "q"), node]

    assert graph.rewrite(rule)
    assert list(graph.nodes) == ["x", "q", "d", "r", "s"]
    assert graph.values([np.array([[1.0, 1.0]])])[0].tolist() == [[2, 2]]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "the replacement of r does not end in it"),
        (["t"], "the replacement of r does not end in it"),
        (["q", "r"], "q is defined twice"),
        (["s", "r"], "s is defined twice"),
    ],
)
def test_a_rewrite_that_breaks_the_graph_is_an_error(names: list[str], message: str) -> None:
    graph = small()

    def rule(node: Node) -> list[Node] | None:
        return [graph.node(name, Relu(), "d") for name in names] if node.name == "r" else None

    with pytest.raises(IRError, match=f"rewrite: {message}"):
        graph.rewrite(rule)


def test_swap_exchanges_two_layers_and_keeps_readers_and_outputs() -> None:
    graph = Graph("swap")
    graph.add("x", Input(Tensor.of_fixed((2, 3), Fixed(4))), origin="x")
    graph.add("f", Reshape((6,)), "x", origin="F")
    graph.add("g", Relu(), "f", origin="G")
    graph.add("h", Identity(), "g", origin="H")
    graph.outputs = [Output("y", "g", "y"), Output("z", "h", "z")]
    codes = np.arange(-6, 6).reshape(2, 2, 3)
    before = graph.run_codes([codes])
    graph.swap("f", "g")
    assert list(graph.nodes) == ["x", "g", "f", "h"]
    assert graph["g"].inputs == ("x",) and graph["g"].type.shape == (2, 3)
    assert graph["f"].inputs == ("g",) and graph["h"].inputs == ("f",)
    assert graph.outputs[0].source == "f"
    after = graph.run_codes([codes])
    assert after["f"].tolist() == before["g"].tolist() and after["h"].tolist() == before["h"].tolist()
