"""What training tools leave in their files: batches, opsets, orphans, old-style inputs, order; and broken wiring."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from codesign.errors import ModelError
from codesign.frontends.cleanup import FIRST_OPSET, clean
from tests.frontends.models import assert_exact, dyadic, imported, layers, model, node

X = dyadic((3, 4))


def relu() -> Any:
    return model(node("Relu", ["x"], name="r"))


@pytest.mark.parametrize("batch", [1, 0, -1, 5, 1 << 40, "batch_size", ""])
def test_any_batch_is_stripped(batch: int | str) -> None:
    graph = imported(model(node("Relu", ["x"]), x=(batch, 4)))
    assert [n.type.shape for n in graph] == [(4,), (4,)]
    assert graph.inputs[0].type.real


def test_an_image_keeps_its_shape() -> None:
    assert imported(model(node("Relu", ["x"]), x=(1, 1, 28, 28))).inputs[0].type.shape == (1, 28, 28)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1,), "input x has one axis only, the batch"),
        ((), "input x has no shape; export with one"),
        ((1, "n"), "input x has an axis 1 of size n; only the batch may be open"),
        ((1, 4, 0), "input x has an axis 2 of size 0; only the batch may be open"),
    ],
)
def test_inputs_without_a_fixed_shape(shape: tuple[int | str, ...], message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: " + message):
        imported(model(node("Relu", ["x"]), x=shape))


@pytest.mark.parametrize("element", [TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT32, TensorProto.BFLOAT16])
def test_inputs_of_other_types_are_real(element: int) -> None:
    assert imported(model(node("Relu", ["x"]), element=element)).inputs[0].type.real


@pytest.mark.parametrize(("element", "text"), [(TensorProto.UINT8, "4 uint<8>"), (TensorProto.INT16, "4 int<16>")])
def test_narrow_integer_inputs_have_their_type(element: int, text: str) -> None:
    graph = imported(model(node("Cast", ["x"], to=1), element=element))
    assert layers(graph) == ["Quantize", "Identity"]
    assert str(graph["n"].type) == text


def test_inputs_that_hold_no_numbers() -> None:
    with pytest.raises(ModelError, match="input x holds no numbers"):
        imported(model(node("Relu", ["x"]), element=TensorProto.STRING))
    proto = relu()
    proto.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = 1
    with pytest.raises(ModelError, match="input x is no tensor"):
        imported(proto)


def test_initializers_listed_as_inputs_are_constants() -> None:
    proto = model(node("MatMul", ["x", "w"]), {"w": np.ones((4, 2), np.float32)})
    proto.graph.input.insert(0, helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 2]))
    graph = imported(proto)
    assert [n.origin for n in graph.inputs] == ["x"]


def test_orphans_and_dead_nodes_are_left_out() -> None:
    proto = model(
        [node("Conv", ["x", "nowhere"], "dead"), node("Relu", ["x"], name="r"), node("Softmax", ["y"], "unused")],
        {"orphan": np.full(3, np.nan, np.float32)},
    )
    with pytest.raises(ModelError, match="nowhere"):
        imported(model([node("Relu", ["nowhere"], name="r")]))
    assert layers(imported(proto)) == ["Relu"]


def test_nodes_in_any_order() -> None:
    proto = model([node("Neg", ["r"], name="last"), node("Relu", ["x"], "r", "first")])
    assert [n.name for n in imported(proto)] == ["x", "first", "last"]


@pytest.mark.parametrize("version", [3, 6, 8, 13, 99])
def test_any_ir_version_and_no_opset(version: int) -> None:
    proto = model(node("Softmax", ["x"]))
    proto.ir_version = version
    del proto.opset_import[:]
    assert clean(proto, "f", None).opset == FIRST_OPSET.get(version, 11)
    assert layers(imported(proto)) == ["Softmax"]


def test_the_assumed_opset_is_the_first_of_its_ir_version() -> None:
    first: dict[int, int] = {}
    for release in onnx.helper.VERSION_TABLE:
        first.setdefault(release[1], release[2])
    assert first == FIRST_OPSET


def test_an_opset_from_the_future_is_refused() -> None:
    with pytest.raises(
        ModelError, match=r"test\.onnx: opset 999 is not known, the newest one is \d+; export with that"
    ):
        imported(model(node("Relu", ["x"]), opset=999))


@pytest.mark.parametrize("domain", ["", "ai.onnx"])
def test_both_spellings_of_the_standard_domain(domain: str) -> None:
    proto = model(node("Relu", ["x"], domain=domain))
    proto.opset_import[0].domain = domain
    assert layers(imported(proto)) == ["Relu"]


def cycle() -> Any:
    return model(
        [node("Add", ["x", "b"], "a", "first"), node("Relu", ["a"], "b", "second"), node("Neg", ["b"], name="n")]
    )


def twice() -> Any:
    return model([node("Relu", ["x"], name="first"), node("Neg", ["x"], name="second")])


def function() -> Any:
    proto = relu()
    proto.functions.add(name="Relu", domain="", input=["a"], output=["b"])
    return proto


def sparse() -> Any:
    proto = model(node("MatMul", ["x", "w"], name="fc"))
    values = proto.graph.sparse_initializer.add().values
    values.name, values.data_type = "w", TensorProto.FLOAT
    return proto


def branch() -> Any:
    body = helper.make_graph([node("Relu", ["x"])], "body", [], [helper.make_tensor_value_info("y", 1, [1, 4])])
    return model(node("If", ["c"], name="if", then_branch=body, else_branch=body), {"c": np.array(True)})


def attribute_twice() -> Any:
    proto = model(node("LeakyRelu", ["x"], name="r", alpha=0.5))
    proto.graph.node[0].attribute.append(proto.graph.node[0].attribute[0])
    return proto


def bytes_name() -> Any:
    data = relu().SerializeToString().replace(b"test", b"t\xff\xfet")
    return onnx.load_model_from_string(data)


def foreign(kind: str, domain: str) -> Any:
    return model(node(kind, ["x"] * 4, domain=domain))


def without(part: str) -> Any:
    proto = relu()
    del getattr(proto.graph, part)[:]
    return proto


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (cycle(), r"node first: it depends on its own result \(a cycle\)"),
        (twice(), "node second: tensor y is defined twice"),
        (model(node("Relu", ["x"], "x", name="r"), outputs=("x",)), "node r: tensor x is defined twice"),
        (model(node("Relu", ["gone"], name="r")), "node r: its input gone is missing"),
        (model(node("Relu", ["x"]), outputs=("gone",)), "output gone is computed by no node"),
        (model(node("Relu", ["x"]), {"c": 1.0}, outputs=("c",)), "output c is constant"),
        (model([node("Neg", ["c"], "d"), node("Relu", ["x"])], {"c": 1.0}, outputs=("d",)), "output d is constant"),
        (function(), "node r: Relu is a function of the model; export with functions inlined"),
        (sparse(), "node fc: the sparse tensor w is not supported; store it dense"),
        (branch(), "node if: the operator If is not supported"),
        (attribute_twice(), "node r: it has an attribute twice"),
        (bytes_name(), "a name in the file is not UTF-8 text"),
        (without("node"), "not an ONNX file, or one without a network"),
        (without("input"), "the network has no input"),
        (without("output"), "the network has no output"),
        (foreign("Relu", "com.acme"), r"node n: the operator Relu of the domain com\.acme is"),
        (foreign("Relu", "qonnx.custom_op.general"), r"node n: the operator Relu of the domain qonnx\."),
        (foreign("Quant", "com.acme"), r"node n: the operator Quant of the domain com\.acme is not supported"),
        (model(node("Einsum", ["x", "w"], name="c"), {"w": 1.0}), "node c: the operator Einsum is not supported; "),
        (model(node("Pow", ["x", "p"], name="p"), {"p": 2.0}), "node p: Pow is supported for constants only"),
        (model(node("Relu", ["x"], name="r", alpha=1.0)), "node r: Relu has the unknown attribute alpha"),
        (model(node("LeakyRelu", ["x"], name="r", alpha=1)), "node r: the attribute alpha is not of the type float"),
        (model(node("Relu", [], name="r")), "node r: Relu needs at least 1 inputs, it has 0"),
        (model(node("Relu", ["x"], ["a", "y"])), "output y is an output that this compiler does not"),
        (
            model(
                [node("BatchNormalization", ["x", *"gggg"], ["a", "b"]), node("Relu", ["b"], name="r")],
                {"g": np.ones(4, np.float32)},
            ),
            "node r: its input b is an output that this compiler does not compute",
        ),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: " + message):
        imported(proto)


def test_tensors_and_inputs_defined_twice() -> None:
    proto = model(node("Add", ["x", "c"]), {"c": 1.0})
    proto.graph.initializer.append(proto.graph.initializer[0])
    with pytest.raises(ModelError, match="tensor c is defined twice"):
        imported(proto)
    proto = relu()
    proto.graph.input.append(proto.graph.input[0])
    with pytest.raises(ModelError, match="input x is defined twice"):
        imported(proto)


def test_an_output_may_be_an_input() -> None:
    proto = model(node("Relu", ["x"]), outputs=("x", "y"))
    graph = imported(proto)
    assert [o.source for o in graph.outputs] == ["x", "n"]


def test_several_inputs_and_outputs_keep_their_order() -> None:
    proto = model(
        [node("Add", ["x", "z"], name="sum"), node("Sub", ["z", "x"], "d", "difference")],
        outputs=("d", "y"),
        more_inputs={"z": (1, 4)},
    )
    graph = assert_exact(proto, X, X[::-1].copy())
    assert [n.origin for n in graph.inputs] == ["x", "z"]
    assert [(o.origin, o.source) for o in graph.outputs] == [("d", "difference"), ("y", "sum")]
