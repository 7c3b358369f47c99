"""What the tables say is taken is taken by the installed runtimes; what they refuse is refused."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, defs, helper, numpy_helper

from codesign.gpu.lint import lint, load_table, refused
from codesign.gpu.tensorrt.gate import Parsed
from codesign.gpu.tensorrt.profile import Profile, dynamic_axes, profile
from tests.gpu.lint.operators import operator_model, operator_names

TRIED = operator_names()


def _types(target: str, name: str) -> list[str]:
    """The types that a table says are taken by the opset of the model of the operator."""
    table = load_table(target)
    opset = operator_model(name).opset_import[0].version
    found = {t for entry in table.operators[name] if entry.first <= opset <= entry.last for t in entry.types}
    return sorted(found - {"string"})


def _number(kind: str) -> int:
    return int(TensorProto.DataType.Value(kind.upper()))


def test_there_is_a_model_of_every_operator_that_the_tables_say_was_tried() -> None:
    for target in ("onnxruntime-cpu", "tensorrt-rtx"):
        table = load_table(target)
        assert not (set(table.operators) | set(table.refused)) - set(TRIED)


def test_the_tables_name_operators_of_onnx() -> None:
    known = {schema.name for schema in defs.get_all_schemas() if not schema.domain}
    for target in ("onnxruntime-cpu", "onnxruntime-cuda", "tensorrt", "tensorrt-rtx"):
        table = load_table(target)
        assert not (set(table.operators) | set(table.refused)) - known


@pytest.mark.parametrize("name", [n for n in TRIED if n in load_table("onnxruntime-cpu").operators])
def test_onnxruntime_takes_on_the_cpu_what_its_table_says(name: str) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    for kind in _types("onnxruntime-cpu", name):
        model = operator_model(name, _number(kind))
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        assert not refused(lint(model, "onnxruntime-cpu"))


@pytest.mark.gpu
@pytest.mark.parametrize("name", [n for n in TRIED if n in load_table("tensorrt-rtx").operators])
def test_tensorrt_rtx_takes_what_its_table_says(name: str) -> None:
    pytest.importorskip("tensorrt_rtx")
    kinds = _types("tensorrt-rtx", name)
    parsed = {kind: Parsed(operator_model(name, _number(kind))) for kind in kinds}
    assert {kind: one.errors for kind, one in parsed.items() if one.errors} == {}
    if name == "ConstantOfShape":
        return  # of a shape that comes with the data: the linter refuses it, and a profile has no values
    kind = "float" if "float" in kinds else kinds[0]
    model = operator_model(name, _number(kind))
    assert not refused(lint(model, "tensorrt-rtx"))
    built = parsed[kind].build(_profile(model), "8.0")
    assert built.error == ""


@pytest.mark.gpu
@pytest.mark.parametrize("name", [n for n in TRIED if n in load_table("tensorrt-rtx").refused])
def test_tensorrt_rtx_refuses_what_its_table_refuses(name: str) -> None:
    pytest.importorskip("tensorrt_rtx")
    schema = defs.get_schema(name)
    allowed = {t for c in schema.type_constraints for t in c.allowed_type_strs}
    kind = next((k for k in ("float", "int8", "uint8", "int32") if f"tensor({k})" in allowed), "float")
    model = operator_model(name, _number(kind))
    [finding] = [f for f in lint(model, "tensorrt-rtx") if f.operator == name]
    assert finding.reason == load_table("tensorrt-rtx").refused[name]
    parsed = Parsed(model)
    if name == "NonMaxSuppression":  # parsed, and refused by the builder
        assert parsed.errors == ()
        assert "has no runners that implement it" in parsed.build(_profile(model), "8.0").error
    else:
        assert parsed.errors


@pytest.mark.gpu
@pytest.mark.parametrize("operator", ["ScatterElements", "ScatterND"])
@pytest.mark.parametrize("reduction", ["add", "mul", "max", "min"])
def test_tensorrt_rtx_refuses_scatters_with_a_reduction(operator: str, reduction: str) -> None:
    pytest.importorskip("tensorrt_rtx")
    model = operator_model(operator)
    model.graph.node[0].attribute.append(helper.make_attribute("reduction", reduction))
    assert refused(lint(model, "tensorrt-rtx"))
    [error] = Parsed(model).errors
    assert "reduction" in error


@pytest.mark.gpu
def test_turing_has_no_engine_of_a_float32_product_and_one_of_float16() -> None:
    pytest.importorskip("tensorrt_rtx")
    single, half = operator_model("MatMul"), operator_model("MatMul", TensorProto.FLOAT16)
    assert "FP32 GEMM is not supported" in Parsed(single).build(_profile(single), "7.5").error
    assert Parsed(half).build(_profile(half), "7.5").error == ""
    assert [f.operator for f in lint(half, "tensorrt-rtx")] == [""]
    assert [f.operator for f in lint(single, "tensorrt-rtx")] == ["", "MatMul"]


@pytest.mark.gpu
@pytest.mark.parametrize(("kind", "capabilities"), [("float", ["8.0", "8.9"]), ("float16", ["7.5", "8.0", "8.9"])])
def test_products_of_int8_codes_are_built_for_turing_with_float16_scales_alone(
    kind: str, capabilities: list[str]
) -> None:
    pytest.importorskip("tensorrt_rtx")
    number, numbers = _number(kind), np.dtype("float32" if kind == "float" else "float16")
    constants = {
        "scale": np.array(0.1, numbers), "zero": np.array(0, np.int8), "codes": np.ones((64, 64), np.int8),
        "scales": np.full(64, 0.01, numbers), "zeros": np.zeros(64, np.int8),
    }  # fmt: skip
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        helper.make_node("DequantizeLinear", ["codes", "scales", "zeros"], ["w"], axis=1),
        helper.make_node("MatMul", ["d", "w"], ["y"]),
    ]
    rows = [helper.make_tensor_value_info(name, number, ["n", 64]) for name in "xy"]
    tensors = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "q", rows[:1], rows[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
    assert not refused(lint(model, "tensorrt-rtx"))
    parsed = Parsed(model)
    assert parsed.errors == ()
    built = {c: parsed.build(_profile(model), c).error for c in ("7.5", "8.0", "8.9")}
    assert [c for c, error in built.items() if not error] == capabilities


def _profile(model: onnx.ModelProto) -> Profile:
    return profile(model, dict.fromkeys(dynamic_axes(model), (1, 100, 300)))
