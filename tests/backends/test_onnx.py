"""Networks written as QONNX: read back they are the same numbers, and qonnx executes them to these."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest

from codesign.backends.onnx import write
from codesign.compiler.convert import convert
from codesign.errors import ModelError, OutputError
from codesign.frontends import qonnx
from codesign.frontends.keras.reader import load
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Affine, ArgMax, Dense, Input, Layer, Quantize, Relu, Truncate
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, Vector
from tests.frontends.keras.files import L, bits, save_h5, source
from tests.frontends.keras.test_layers import CASES, ROUNDED, network, numbers
from tests.frontends.keras.test_quantizers import SPELLED
from tests.frontends.models import executed, model, node

ROOT = Path(__file__).parents[2]
AVERAGED = {"average pool same", "average of windows", "q average pool"}
"""Whose divisors float32 rounds."""


def chain(*layers: Layer, shape: tuple[int, ...] = (3,)) -> Graph:
    """A network of these layers, one behind the other."""
    graph = Graph("net", "net.onnx")
    last = graph.add("x", Input(Tensor(shape)))
    for k, layer in enumerate(layers):
        last = graph.add(f"n{k}", layer, last.name, origin=f"layer {k}")
    graph.outputs.append(Output("y", last.name, "y"))
    return graph


def same(graph: Graph, x: list[np.ndarray]) -> onnx.ModelProto:
    """The file, after it was read back and found to mean the same."""
    proto = write(graph, "1")
    onnx.checker.check_model(proto)
    for wanted, found in zip(graph.values(x), qonnx.load_model(proto, "again.onnx").values(x), strict=True):
        assert (wanted == found).all()
    return proto


@pytest.mark.parametrize("case", CASES)
def test_every_layer_of_keras_is_written(case: str, tmp_path: Path) -> None:
    graph, x = load(save_h5(tmp_path / "net.h5", network(case))), numbers(case)
    proto = same(graph, x)
    for wanted, found in zip(graph.values(x), executed(proto, *x), strict=True):
        if case in ROUNDED | AVERAGED:
            np.testing.assert_allclose(found, wanted.astype(np.float64), rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(found, wanted.astype(np.float64))


@pytest.mark.parametrize("spelled", [s for s in SPELLED if "use_real" not in s])
def test_every_quantizer_of_qkeras_is_written(spelled: str, tmp_path: Path) -> None:
    """On all ties."""
    layers = [source((1,)), L("QActivation", "a", {"activation": spelled}, ["x"])]
    graph = load(save_h5(tmp_path / "net.h5", layers))
    x = (np.arange(-6 * 64, 6 * 64 + 1) / 64)[:, None]
    [found] = executed(same(graph, [x]), x)
    np.testing.assert_allclose(found, graph.values([x])[0].astype(np.float64), rtol=1e-6)


@pytest.mark.parametrize("alpha", [1, "auto", "auto_po2", [0.5, 0.3]])
def test_scales_of_weights_are_kept(alpha: object, tmp_path: Path) -> None:
    kernel = np.random.default_rng(0).normal(0, 0.4, (5, 2)).astype(np.float32)
    config = {"units": 2, "kernel_quantizer": bits(6, alpha=alpha), "use_bias": False}
    graph = load(save_h5(tmp_path / "net.h5", [source((5,)), L("QDense", "d", config, ["x"], {"kernel": kernel})]))
    again = qonnx.load_model(same(graph, [np.eye(5)]), "again.onnx")
    before, after = graph["d"].layer, again["d"].layer
    assert isinstance(before, Dense) and isinstance(after, Dense)
    assert (before.weights == after.weights).all() and before.step == after.step


def test_names_of_layers_inputs_and_outputs_are_kept(tmp_path: Path) -> None:
    layers = [source((3,), "in"), L("ReLU", "first", {}, ["in"]), L("ReLU", "last", {}, ["first"])]
    graph = load(save_h5(tmp_path / "net.h5", layers, ["first", "last", "first"]))
    proto = same(graph, [np.ones((1, 3))])
    assert [n.name for n in proto.graph.node][:2] == ["first", "last"]
    assert [i.name for i in proto.graph.input] == ["node_in"]
    assert [o.name for o in proto.graph.output] == ["first_output", "last_output", "first_output_2"]


def test_a_qonnx_file_is_written_again() -> None:
    proto = model(
        [
            node("Quant", ["x", "s", "z", "b"], "a", name="in", signed=1, narrow=1, rounding_mode="CEIL"),
            node("Quant", ["w", "t", "z", "b"], "v", name="weights", signed=1, narrow=0, rounding_mode="ROUND"),
            node("MatMul", ["a", "v"], "c", name="product"),
            node("BipolarQuant", ["c", "s"], "y", name="sign"),
        ],
        {"s": 0.3, "z": 0.0, "b": 4.0, "w": np.arange(-8.0, 8.0).reshape(4, 4) / 4, "t": 0.25},
    )
    graph = qonnx.load_model(proto, "net.onnx")
    again = same(graph, [np.linspace(-3, 3, 400).reshape(-1, 4)])
    assert [n.name for n in again.graph.node if n.op_type == "MatMul"] == ["product"]


def test_a_scale_with_more_digits_than_float32_is_refused() -> None:
    """Files compute scales from constants, which are taken exactly."""
    graph = qonnx.load(ROOT / "models" / "jet_tagger" / "jet_tagger.onnx")
    with pytest.raises(ModelError, match=r"node node_linear: the number 0\.15.* is not exact in float32"):
        write(graph, "1")


def test_scales_that_are_no_float32_become_divisions() -> None:
    graph = chain(Affine(Vector.of([Fraction(2, 9), Fraction(1, 3), Fraction(1)]), Vector.of(Fraction(1, 2))))
    proto = same(graph, [np.arange(9.0).reshape(3, 3)])
    assert [n.op_type for n in proto.graph.node] == ["Mul", "Div", "Add"]


def test_codes_that_no_bits_have_become_a_clip_and_a_quant() -> None:
    graph = chain(Quantize(-3, 9, Vector.of(Fraction(1, 2))))
    proto = same(graph, [np.linspace(-8, 8, 99).reshape(-1, 3)])
    assert [n.op_type for n in proto.graph.node] == ["Clip", "Quant"]


@pytest.mark.parametrize(("low", "high"), [(0, 15), (0, 14), (-8, 7), (-7, 7), (0, 1), (-1, 1), (-1, 0), (2, 5)])
@pytest.mark.parametrize("rounding", [r for r in Rounding if r is not Rounding.HALF_CEIL])
def test_every_range_and_rounding_is_kept(low: int, high: int, rounding: Rounding) -> None:
    graph = chain(Quantize(low, high, Vector.of(Fraction(1, 4)), rounding=rounding))
    same(graph, [np.linspace(-6, 6, 97 * 3).reshape(-1, 3)])


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Affine(ONE, Vector.of(Fraction(1, 3)))], "layer 0: the number 0.333.* is not exact in float32"),
        ([Relu(), ArgMax()], "layer 1: a ArgMax cannot be written as QONNX"),
        ([Truncate(0, 3)], "layer 0: a Truncate cannot be written as QONNX"),
        ([Quantize(0, 3, rounding=Rounding.HALF_CEIL)], "layer 0: its rounding has no name in QONNX"),
        ([Quantize(0, 5, Vector.of([1, 2, 4]))], "layer 0: its codes 0 to 5 are not those of a number of bits"),
        (
            [Dense(np.ones((3, 1), np.int64), Fixed(2), Vector.of(Fraction(1, 3)))],
            "layer 0: the number 0.333.* is not exact in float32",
        ),
    ],
)
def test_what_qonnx_cannot_express_is_refused(layers: list[Layer], message: str) -> None:
    with pytest.raises(ModelError, match=f"^net.onnx: node {message}"):
        write(chain(*layers), "1")


def test_a_typed_input_is_refused() -> None:
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((3,), Fixed(8)), (Quantize(-128, 127),)))
    with pytest.raises(ModelError, match="input x is typed already; write the network as imported"):
        write(graph, "1")


def test_convert_writes_a_file_once(tmp_path: Path) -> None:
    path = save_h5(tmp_path / "net.h5", network("q dense"))
    assert convert(path, tmp_path / "new" / "net.onnx") == ()
    first = (tmp_path / "new" / "net.onnx").read_bytes()
    with pytest.raises(OutputError, match="this exists; choose another name, or give --force"):
        convert(path, tmp_path / "new" / "net.onnx")
    convert(path, tmp_path / "new" / "net.onnx", force=True)
    assert (tmp_path / "new" / "net.onnx").read_bytes() == first
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["net.onnx"]


def test_convert_says_where_it_cannot_write(tmp_path: Path) -> None:
    path = save_h5(tmp_path / "net.h5", network("q dense"))
    with pytest.raises(OutputError, match=r"a QONNX file ends in \.onnx"):
        convert(path, tmp_path / "net.txt")
    with pytest.raises(OutputError, match="cannot be written: "):
        convert(path, path / "net.onnx")
    with pytest.raises(ModelError, match="No such file"):
        convert(tmp_path / "none.h5", tmp_path / "net.onnx")
