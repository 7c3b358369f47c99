"""The text form parses back to the same network, and to nothing else."""

import ast
import keyword
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import ModelError
from codesign.ir.design import Design, Port, Process, Stream, StreamKind
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.graph import Graph, Output
from codesign.ir.kernels import Apply, MatVec, MemoryStyle, SoftmaxUnit
from codesign.ir.layers import (
    ALL,
    Add,
    Affine,
    BatchNorm,
    Clip,
    Dense,
    Input,
    MatMul,
    Quantize,
    Relu,
    Softmax,
    SoftmaxTable,
    Thresholds,
)
from codesign.ir.parse import digest
from codesign.ir.tensor import Tensor
from codesign.ir.text import design_text, from_text, load, save, to_text
from codesign.ir.vector import Vector
from tests.strategies import networks, typed_networks


def assert_reads_back(graph: Graph) -> Graph:
    text, arrays = to_text(graph)
    ast.parse(text)
    back = from_text(text, arrays)
    text_again, arrays_again = to_text(back)
    assert text_again == text
    assert {k: digest(a) for k, a in arrays_again.items()} == {k: digest(a) for k, a in arrays.items()}
    assert back.outputs == graph.outputs and (back.name, back.origin) == (graph.name, graph.origin)
    assert [(n.name, n.inputs, n.type, n.origin) for n in back] == [(n.name, n.inputs, n.type, n.origin) for n in graph]
    return back


@given(networks())
def test_an_imported_network_reads_back_and_computes_the_same(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    back = assert_reads_back(graph)
    for found, expected in zip(back.values(inputs), graph.values(inputs), strict=True):
        assert found.tolist() == expected.tolist()


@given(typed_networks())
def test_a_typed_network_reads_back_and_computes_the_same(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    back = assert_reads_back(graph)
    found, expected = back.run_codes(inputs), graph.run_codes(inputs)
    for output in graph.outputs:
        np.testing.assert_array_equal(found[output.source], expected[output.source])


def jets() -> Graph:
    """A network with a long and a short vector, a bias, and layers without codes."""
    graph = Graph("jets", "my jets.onnx")
    encoder = Quantize(-128, 127, Vector.of(Fraction(1, 32)), rounding=Rounding.FLOOR)
    graph.add("x", Input(encoder.result(Tensor((3,))), (encoder,)), origin="x:0")
    weights = np.array([[1, 2], [-3, 4], [0, -8]])
    graph.add(
        "dense", Dense(weights, Fixed(4), Vector.of([Fraction(1, 3), 2]), np.array([5, -5])), "x", origin="MatMul_1"
    )
    graph.add("wide", MatMul(np.ones((2, 9))), "dense")
    graph.add("scale", Affine(Vector.of([Fraction(n, 7) for n in range(9)])), "wide", origin="Mul_2")
    graph.add("y", Softmax(), "scale")
    graph.outputs = [Output("y", "y", "probabilities")]
    return graph


def test_the_text_has_one_line_per_node_with_its_type_beside() -> None:
    text, arrays = to_text(jets())
    digests = {name: digest(array) for name, array in arrays.items()}
    assert text.splitlines() == [
        "graph('jets', origin='my jets.onnx')",
        "x = Input(tensor=Tensor(shape=(3,), fixed=Fixed(8, 5, True), low=-128, high=127), "
        'encoder=(Quantize(low=-128, high=127, step=Vector("1/32"), rounding=Rounding.FLOOR),), '
        "origin='x:0')  # 3 fixed<8,3>",
        f'dense = Dense(x, weights=array("dense.weights", "{digests["dense.weights"]}"), bits=Fixed(4, 0, True), '
        f'step=Vector("1/3", "2"), bias=array("dense.bias", "{digests["dense.bias"]}"), '
        "origin='MatMul_1')  # 2 int<12> scale [1/96, ... 2] in -1789..1786",
        f'wide = MatMul(dense, weights=array("wide.weights", "{digests["wide.weights"]}"), origin=\'wide\')  # 9 real',
        f'scale = Affine(wide, scale=Vector(array("scale.scale", "{digests["scale.scale"]}")), '
        "origin='Mul_2')  # 9 real",
        "y = Softmax(scale, origin='y')  # 9 real",
        "output('y', y, origin='probabilities')",
    ]
    assert arrays["scale.scale"].tolist()[:3] == ["0", "1/7", "2/7"]
    assert_reads_back(jets())


def test_a_network_is_saved_and_loaded_and_its_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    save(jets(), tmp_path / "new folder" / "01_import.v2")
    assert sorted(p.name for p in (tmp_path / "new folder").iterdir()) == ["01_import.v2.npz", "01_import.v2.txt"]
    back = load(tmp_path / "new folder" / "01_import.v2")
    assert to_text(back)[0] == to_text(jets())[0]
    save(back, tmp_path / "again")
    for suffix in ("txt", "npz"):
        first = (tmp_path / "new folder" / f"01_import.v2.{suffix}").read_bytes()
        assert (tmp_path / f"again.{suffix}").read_bytes() == first


def test_codes_are_stored_in_as_few_bytes_as_they_need(tmp_path: Path) -> None:
    graph = Graph("net")
    graph.add("x", Input(Tensor.of_fixed((1,), Fixed(8))))
    ends = [(-128, 127), (0, 128), (-(1 << 15) - 1, 0), (-(1 << 31) - 1, 1 << 31)]
    for low, high in ends:
        weights = np.array([[low, high]], dtype=np.int64)
        graph.add(f"dense_{high}", Dense(weights, Fixed(40)), "x")
        graph.outputs.append(Output(f"y_{high}", f"dense_{high}", "y"))

    save(graph, tmp_path / "net")

    with np.load(tmp_path / "net.npz") as file:
        assert [file[f"dense_{high}.weights"].dtype.itemsize for _, high in ends] == [1, 2, 4, 8]
    back = load(tmp_path / "net")
    for low, high in ends:
        layer = back[f"dense_{high}"].layer
        assert isinstance(layer, Dense) and layer.weights.dtype == np.int64
        assert layer.weights.tolist() == [[low, high]]


HOSTILE = [
    "'); import os #",
    '"""',
    "a\nb = Relu(x)",
    "\\",
    "\u202e\u2028\x00\x1b[2J",
    "\ud800",
    "{{7*7}}",
    "é 日本",
    "",
]


@pytest.mark.parametrize("origin", HOSTILE)
def test_names_from_a_hostile_file_stay_text_on_one_line(origin: str) -> None:
    graph = jets()
    graph.origin = origin or "empty"
    graph.add("z", Relu(), "y", origin=origin)
    graph.outputs.append(Output("z", "z", origin))
    text, _ = to_text(graph)
    assert len(text.splitlines()) == len(to_text(jets())[0].splitlines()) + 2
    assert all(c.isprintable() for c in text if c != "\n")
    assert_reads_back(graph)


@given(st.text(max_size=20).filter(bool))
def test_any_origin_reads_back(origin: str) -> None:
    graph = Graph("g", origin)
    graph.add("x", Input(Tensor((1,))), origin=origin)
    graph.outputs = [Output("y", "x", origin)]
    assert_reads_back(graph)


def test_names_that_python_reserves_read_back() -> None:
    graph = Graph("g")
    names = [*keyword.kwlist, "node", "graph", "output", "array", "Dense", "match", "print"]
    last = graph.add("x", Input(Tensor((1,)))).name
    for name in names:
        last = graph.add(name, Add(), last, last).name
    graph.outputs = [Output("lambda", last, "")]
    back = assert_reads_back(graph)
    assert list(back.nodes) == ["x", *names]


def test_every_kind_of_value_reads_back() -> None:
    graph = Graph("g")
    quantizer = Quantize(-4, 3)
    graph.add("x", Input(Tensor((2,))))
    graph.add("n", BatchNorm(*map(Vector.of, (1, [1, 2], 3, 4)), Fraction(1, 100000)), "x")
    graph.add("c", Clip(None, Fraction(-5, 3)), "n")
    graph.add("q", quantizer, "c")
    graph.add("s", SoftmaxTable.build(Fraction(1), 8, 4, 9), "q")
    graph.outputs = [Output("y", "s", "")]
    back = assert_reads_back(graph)
    assert back["n"].layer == graph["n"].layer and back["c"].layer == graph["c"].layer
    assert back["q"].layer == quantizer


# ------------------------------------------------------------------------------------------ what is refused

HEAD = "graph('g', origin='')\nx = Input(tensor=Tensor(shape=(2,)), origin='x')\n"
WEIGHTS = np.array([[1], [2]])
KEY = digest(WEIGHTS)
W, BITS = f"weights=array('w', '{KEY}')", "bits=Fixed(4, 0, True)"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("y = Reluu(x, origin='')", "line 3: unknown layer Reluu"),
        ("y = Fixed(8, 0, True)", "line 3: unknown layer Fixed"),
        ("y = Relu(z, origin='')", "line 3: unknown node z"),
        ("y = Relu(x)", "line 3: a line has one origin"),
        ("y = Relu(x, origin=3)", "line 3: not a text: 3"),
        ("y = Relu(x, slope=3, origin='')", "line 3: Relu has no parameter slope, or has it already"),
        ("y = Relu(x, **{'a': 1}, origin='')", "line 3: Relu has no parameter None"),
        ("y = Clip(x, low=None, origin='')", "line 3: Clip needs high"),
        ("y = Clip(x, low=None, low=None, high=None, origin='')", "line 3: Clip has no parameter low, or has"),
        ("y = Clip(x, low=1, high=None, origin='')", "line 3: Clip: 1 cannot be its low"),
        ("y = Quantize(x, low=0, high=True, origin='')", "line 3: Quantize: True cannot be its high"),
        ("y = Quantize(x, low=0, high=1.5, origin='')", "line 3: not a value: 1.5"),
        ("y = Quantize(x, low=0, high='3', origin='')", "line 3: not a value: '3'"),
        ("y = Quantize(x, low=0, high=3, rounding=Rounding.SIDE, origin='')", "line 3: not a value: Rounding.SIDE"),
        ("y = Quantize(x, low=0, high=3, step=Vector('1e9'), origin='')", "line 3: not a rational number: '1e9'"),
        ("y = Quantize(x, low=0, high=3, step=Vector('1/0'), origin='')", "line 3: not a rational number: '1/0'"),
        ("y = Quantize(x, low=0, high=3, step=Vector(), origin='')", "line 3: not a value: Vector()"),
        ("y = Quantize(x, low=0, high=3, step=Vector('1', '2', '3'), origin='')", "line 3: g: node y: 3 quan"),
        ("y = Quantize(x, low=0, high=3, step=Vector('-1'), origin='')", "after parsing: node y: the quantizer"),
        (f"y = Dense(x, weights=array('w', 'sha256:0'), {BITS}, origin='')", f"line 3: the array w has digest {KEY}"),
        (f"y = Dense(x, weights=array('v', '{KEY}'), {BITS}, origin='')", "line 3: the array v is missing"),
        (f"y = Dense(x, {W}, bits=Fixed(0, 0, True), origin='')", "line 3: fixed: a width of 0 bits"),
        (f"y = Dense(x, {W}, bits=Fixed(1, 0, True), origin='')", "after parsing: node y: weights 1..2"),
        (f"y = Dense(x, {W}, bits=Fixed(4, 0, 1), origin='')", "line 3: Fixed: 1 cannot be its signed"),
        (f"y = Dense(x, {W}, bits=Fixed(4, 0, True, 5), origin='')", "line 3: Fixed needs fewer values"),
        (f"y = MatMul(x, {W}, origin='')", "line 3: MatMul: array('w', "),
        ("y = Transpose(x, axes=(0, 1), origin='')", "line 3: g: node y: axes (0, 1) do not permute"),
        ("y = Transpose(x, axes=(None,), origin='')", "line 3: Transpose: (None,) cannot be its axes"),
        ("x = Relu(x, origin='')", "line 3: graph: two nodes are called x"),
        ("é = Relu(x, origin='')", "after parsing: node é: the name is not a C identifier"),
        ("output('y', z, origin='')", "line 3: unknown node z"),
        ("graph('h', origin='')", "line 3: neither a layer nor an output: graph('h', origin='')"),
        ("import os", "line 3: neither a layer nor an output: import os"),
        ("y = __import__('os').system('true')", "line 3: neither a layer nor an output"),
        ("y = Relu((lambda: x)(), origin='')", "line 3: not a node's name: (lambda: x)()"),
        ("y = z = Relu(x, origin='')", "line 3: neither a layer nor an output"),
        ("y = Reshape(x, shape=" + "-" * 500 + "1, origin='')", "line 3: "),
        ("y = Relu(x", "line 3: not a network's text"),
        ("y = Relu(" + "(" * 300 + "x", "line 3: not a network's text"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_of_the_text_form_is_refused_by_its_number(line: str, message: str) -> None:
    with pytest.raises(ModelError) as error:
        from_text(HEAD + line + "\noutput('o', x, origin='')\n", {"w": WEIGHTS})
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("text", ["", "x = Relu(origin='')", "output('y', x, origin='')", "graph(1, origin='')", "\0"])
def test_a_text_that_does_not_start_as_a_network_is_refused(text: str) -> None:
    with pytest.raises(
        ModelError, match=r"starts with graph|not a text|it has no outputs|not a network's text|not a C id"
    ):
        from_text(text, {})


def test_changed_arrays_are_noticed() -> None:
    text, arrays = to_text(jets())
    arrays["dense.weights"] = arrays["dense.weights"].copy()
    arrays["dense.weights"][0, 0] += 1
    with pytest.raises(ModelError, match=r"line 3: the array dense\.weights has digest .*, the text says"):
        from_text(text, arrays)


def test_arrays_differ_by_type_shape_and_numbers() -> None:
    a = np.array([[1, 2]])
    assert len({digest(a), digest(a.T), digest(a.astype(np.int32)), digest(a.astype(float)), digest(a + 1)}) == 5
    assert digest(a) == digest(a.astype(">i8")) == digest(np.asfortranarray(a)) == digest(a.copy())


@pytest.mark.parametrize("spoil", ["txt gone", "npz gone", "npz empty", "npz pickle", "npz text", "txt binary"])
def test_files_that_cannot_be_read_are_refused_by_name(spoil: str, tmp_path: Path) -> None:
    stem = tmp_path / "net"
    save(jets(), stem)
    match spoil:
        case "txt gone" | "npz gone":
            Path(f"{stem}.{spoil[:3]}").unlink()
        case "npz empty":
            Path(f"{stem}.npz").write_bytes(b"")
        case "npz text":
            Path(f"{stem}.npz").write_text("weights")
        case "npz pickle":
            np.savez(f"{stem}.npz", **{"dense.weights": np.array([{}], dtype=object)})
        case "txt binary":
            Path(f"{stem}.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError) as error:
        load(stem)
    assert str(error.value).startswith(f"{stem}: the network's text or arrays cannot be read")


def test_a_line_that_is_wrong_in_a_file_is_refused_by_file_and_line(tmp_path: Path) -> None:
    save(jets(), tmp_path / "net")
    path = tmp_path / "net.txt"
    path.write_text(path.read_text().replace("Softmax", "Softest"))
    with pytest.raises(ModelError, match=r"net\.txt: line 6: unknown layer Softest"):
        load(tmp_path / "net")


def test_every_layer_can_be_named_in_a_text() -> None:
    from codesign.ir.parse import VALUES

    assert {c.__name__ for c in ALL} <= set(VALUES)


# --------------------------------------------------------------------------------------------------- designs


def test_a_design_prints_its_ports_streams_and_processes_one_per_line() -> None:
    x, acc, y = Fixed(4), Fixed(9), Fixed(2, 0, False)
    design = Design("net", "net.onnx\n")
    design.add_stream(Stream("x_s", x, 2, 2))
    design.add_stream(Stream("d_s", acc, 1, 3, StreamKind.SINGLE, 8))
    design.add_stream(Stream("y_s", y, 1, 3, StreamKind.ARRAY))
    matrix = np.arange(12).reshape(4, 3) - 6
    kernel = MatVec.fold("d", matrix, np.array([1, 2, 3]), Fixed(4), x, acc, 1, 1, 2, MemoryStyle.LUTRAM)
    design.add(Process("d", kernel, ("x_s",), ("d_s",), "MatMul_0"))
    levels = Thresholds(np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64), np.array([[-2, 0, 5]]))
    design.add(Process("r", Apply(levels, 1, 3, 1, acc, y), ("d_s",), ("y_s",), "Relu_1"))
    design.inputs = [Port("x", "x_s", Tensor.of_fixed((4,), x), "x:0")]
    design.outputs = [Port("y", "y_s", Tensor.of_fixed((3,), y), "y:0")]
    weights, bias = kernel.memories()
    assert design_text(design).splitlines() == [
        "design net  # 'net.onnx\\n'",
        "input x -> x_s  # 4 int<4> 'x:0'",
        "stream x_s: 2 beats of 2 x int<4>, struct, depth 2",
        "stream d_s: 3 beats of 1 x int<9>, single, depth 8",
        "stream y_s: 3 beats of 1 x uint<2>, array, depth 2",
        "process d: x_s -> d_s by MatVec(positions=1, inputs=4, outputs=3, pe=1, simd=2, x=int<4>, accumulator=int<9>, "
        f"weights=<6 x 8 bits of int<4> in lutram, {digest(weights.words)}>, "
        f"bias=<3 x 2 bits of uint<2> in lutram, {digest(bias.words)}>, multiplier=lut)  # 6 cycles 'MatMul_0'",
        f"process r: d_s -> y_s by Apply(function=Thresholds(base=<1, {digest(levels.base)}>, "
        f"direction=<1, {digest(levels.direction)}>, levels=<1x3, {digest(levels.levels)}>), positions=1, channels=3, "
        "lanes=1, x=int<9>, y=uint<2>)  # 3 cycles 'Relu_1'",
        "output y_s -> y  # 3 uint<2> 'y:0'",
    ]


def test_a_kernel_that_holds_a_layer_prints_it() -> None:
    design = Design("net", "net.onnx")
    softmax = SoftmaxTable.build(Fraction(1), 8, 4, 9)
    design.add_stream(Stream("a", Fixed(4), 1, 3))
    design.add_stream(Stream("b", Fixed(4, 4, False), 1, 3))
    design.add(Process("s", SoftmaxUnit(softmax, 1, 3, 1, Fixed(4), Fixed(4, 4, False)), ("a",), ("b",), "Softmax_0"))
    table = digest(softmax.table)
    assert (
        f"softmax=SoftmaxTable(table=<{len(softmax.table)}, {table}>, frac=4, saturate=True), positions=1"
        in design_text(design)
    )
