"""The linter: what each rule refuses, what it must not, and files that are no models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from codesign.errors import ModelError, TargetError
from codesign.frontends.reading import read
from codesign.gpu.lint import Finding, Level, lint, lint_targets, refused
from tests.gpu.lint.operators import operator_model

SHARED = Path(__file__).parents[4] / "shared" / "models"
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def model(
    nodes: Sequence[Any],
    inputs: Sequence[tuple[str, int, Sequence[int | str]]] = (("x", FLOAT, ("n", 8)),),
    outputs: Sequence[tuple[str, int, Sequence[int | str]]] = (("y", FLOAT, ("n", 8)),),
    constants: Sequence[tuple[str, Any]] = (),
    opset: int = 18,
    ir_version: int = 10,
) -> onnx.ModelProto:
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info(*i) for i in inputs],
        [helper.make_tensor_value_info(*o) for o in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def relu(opset: int = 18, ir_version: int = 10) -> onnx.ModelProto:
    return model([helper.make_node("Relu", ["x"], ["y"], name="act")], opset=opset, ir_version=ir_version)


def messages(found: Sequence[Finding], level: Level = Level.REFUSED) -> list[str]:
    return [f.message for f in found if f.level is level]


def scatter(operator: str, reduction: str | None) -> onnx.ModelProto:
    found = operator_model(operator)
    if reduction is not None:
        found.graph.node[0].attribute.append(helper.make_attribute("reduction", reduction))
    return found


@pytest.mark.parametrize("target", lint_targets())
@pytest.mark.parametrize("reduction", ["add", "mul", "max", "min"])
def test_a_scatternd_with_a_reduction_is_refused_everywhere_with_the_pull_lowering_as_the_cure(
    target: str, reduction: str
) -> None:
    found = lint(scatter("ScatterND", reduction), target)
    [message] = messages(found)
    assert message.startswith("the_ScatterND (ScatterND): ")
    assert "--lowering pull" in message


def test_additions_of_scatternd_race_in_onnxruntime() -> None:
    """Why: the sum of a million ones into one row is whole with one thread, and with four no two runs need agree."""
    proto = scatter("ScatterND", "add")
    count = 400_000
    feed = {"x": np.zeros((1, 8), np.float32), "index": np.zeros((count, 1), np.int64)}
    feed["u"] = np.ones((count, 8), np.float32)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
    assert (session.run(None, feed)[0] == count).all()


@pytest.mark.parametrize("target", ["tensorrt", "tensorrt-rtx"])
def test_a_scatterelements_with_a_reduction_is_refused_by_tensorrt(target: str) -> None:
    assert refused(lint(scatter("ScatterElements", "add"), target))


@pytest.mark.parametrize("target", ["onnxruntime-cpu", "onnxruntime-cuda"])
def test_a_scatterelements_with_a_reduction_is_warned_of_by_onnxruntime(target: str) -> None:
    found = lint(scatter("ScatterElements", "add"), target)
    assert not refused(found)
    [message] = messages(found, Level.WARNING)
    assert "--lowering pull" in message


@pytest.mark.parametrize("target", lint_targets())
@pytest.mark.parametrize("reduction", [None, "none"])
def test_a_scatter_of_indices_that_come_with_the_data_is_warned_of(target: str, reduction: str | None) -> None:
    found = [f for f in lint(scatter("ScatterElements", reduction), target) if f.operator]
    assert not refused(found)
    assert "lost its reduction" in found[0].message


def test_a_scatter_of_constant_indices_is_not_warned_of() -> None:
    node = helper.make_node("ScatterND", ["x", "i", "u"], ["y"])
    inputs = [("x", FLOAT, ("n", 8)), ("u", FLOAT, (2, 8))]
    found = lint(model([node], inputs, constants=[("i", np.array([[0], [1]]))]), "onnxruntime-cpu")
    assert found == []


@pytest.mark.parametrize(("k", "taken"), [(3840, True), (3841, False)])
def test_a_topk_of_more_than_tensorrt_takes_is_refused(k: int, taken: bool) -> None:
    node = helper.make_node("TopK", ["x", "k"], ["y", "i"], name="top")
    proto = model([node], [("x", FLOAT, ("n", 8000))], [("y", FLOAT, ("n", k))], [("k", np.array([k]))])
    assert refused(lint(proto, "onnxruntime-cpu")) is False
    for target in ("tensorrt", "tensorrt-rtx"):
        assert refused(lint(proto, target)) is not taken


def test_a_topk_whose_k_comes_with_the_data_is_refused() -> None:
    node = helper.make_node("TopK", ["x", "k"], ["y", "i"], name="top")
    proto = model([node], [("x", FLOAT, ("n", 8)), ("k", INT64, (1,))], [("y", FLOAT, ("n", "k"))])
    [message] = messages(lint(proto, "tensorrt-rtx"))
    assert message == (
        "top (TopK): K comes with the data, so the size of the result is not known when the engine is built; "
        "make K a constant"
    )


def test_a_shape_that_comes_with_the_data_is_refused_and_one_from_a_shape_is_not() -> None:
    inputs = [("x", FLOAT, ("n", 8)), ("s", INT64, (2,))]
    from_data = model([helper.make_node("Reshape", ["x", "s"], ["y"])], inputs)
    from_shape = model([helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Reshape", ["x", "s"], ["y"])])
    for target in ("tensorrt", "tensorrt-rtx"):
        assert [f.operator for f in lint(from_data, target) if f.level is Level.REFUSED] == ["Reshape"]
        assert not refused(lint(from_shape, target))
    assert not lint(from_data, "onnxruntime-cpu")


@pytest.mark.parametrize("target", ["tensorrt", "tensorrt-rtx"])
@pytest.mark.parametrize(("kind", "zero", "taken"), [("int8", 0, True), ("int8", 5, False), ("uint8", 128, False)])
def test_only_symmetric_quantization_is_taken_by_tensorrt(target: str, kind: str, zero: int, taken: bool) -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], name="q"),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], name="d"),
    ]
    proto = model(nodes, constants=[("s", np.float32(0.1)), ("z", np.array(zero, kind))])
    assert refused(lint(proto, target)) is not taken


@pytest.mark.parametrize("target", ["tensorrt", "tensorrt-rtx"])
def test_more_outputs_than_tensorrt_gives_are_refused(target: str) -> None:
    constants = [("s", np.ones(8, np.float32)), ("b", np.zeros(8, np.float32))]
    for outputs, taken in ((["y"], True), (["y", "m", "v"], False)):
        node = helper.make_node("LayerNormalization", ["x", "s", "b"], outputs, name="norm")
        assert refused(lint(model([node], constants=constants), target)) is not taken


@pytest.mark.parametrize("target", ["tensorrt", "tensorrt-rtx"])
def test_dilated_pools_and_eyes_of_unknown_size_are_refused_by_tensorrt(target: str) -> None:
    pool = operator_model("MaxPool")
    assert not refused(lint(pool, target))
    pool.graph.node[0].attribute.append(helper.make_attribute("dilations", [2, 2]))
    del pool.graph.output[0].type.tensor_type.shape.dim[:]
    pool.graph.output[0].type.tensor_type.ClearField("shape")
    assert refused(lint(pool, target))
    assert not refused(lint(operator_model("EyeLike"), target))
    assert refused(lint(model([helper.make_node("EyeLike", ["x"], ["y"])]), target))


def test_axes_that_come_with_the_data_are_refused() -> None:
    node = helper.make_node("ReduceSum", ["x", "a"], ["y"], name="sum", keepdims=0)
    inputs = [("x", FLOAT, ("n", 4, 8)), ("a", INT64, (1,))]
    assert [f.node for f in lint(model([node], inputs), "tensorrt") if f.level is Level.REFUSED] == ["sum"]
    assert not refused(lint(operator_model("ReduceSum"), "tensorrt"))


@pytest.mark.parametrize(("target", "first", "last"), [("tensorrt", 9, 24), ("onnxruntime-cpu", 7, 26)])
def test_an_opset_outside_the_range_of_the_runtime_is_refused(target: str, first: int, last: int) -> None:
    assert not refused(lint(relu(first), target))
    assert not refused(lint(relu(last), target))
    for opset in (first - 1, last + 1):
        [message] = messages([f for f in lint(relu(opset), target) if not f.operator])
        assert f"the file's opset is {opset}, " in message
        assert f"take {first} to {last}" in message


def test_an_ir_version_that_onnxruntime_does_not_read_is_refused() -> None:
    assert not refused(lint(relu(ir_version=13), "onnxruntime-cpu"))
    [message] = messages(lint(relu(ir_version=14), "onnxruntime-cpu"))
    assert "IR version is 14, onnxruntime on the CPU 1.31 to 1.32 reads up to 13" in message


def test_dynamic_inputs_need_a_profile_and_fixed_ones_do_not() -> None:
    found = lint(relu(), "tensorrt")
    assert [f.level for f in found] == [Level.WARNING]
    assert "dynamic inputs (x) need an optimization profile" in found[0].message
    fixed = model([helper.make_node("Relu", ["x"], ["y"])], [("x", FLOAT, (4, 8))], [("y", FLOAT, (4, 8))])
    assert lint(fixed, "tensorrt") == []


@pytest.mark.parametrize(("kind", "name"), [(TensorProto.INT16, "int16"), (TensorProto.UINT32, "uint32")])
def test_types_that_tensorrt_does_not_have_are_refused(kind: int, name: str) -> None:
    proto = model([helper.make_node("Abs", ["x"], ["y"])], [("x", kind, (4,))], [("y", kind, (4,))])
    assert not refused(lint(proto, "onnxruntime-cpu"))
    for target in ("tensorrt", "tensorrt-rtx"):
        assert any(f"tensor x has the elements {name}, which" in message for message in messages(lint(proto, target)))


def test_doubles_that_tensorrt_computes_in_float32_are_warned_of() -> None:
    double = TensorProto.DOUBLE
    proto = model([helper.make_node("Tanh", ["x"], ["y"])], [("x", double, (4,))], [("y", double, (4,))])
    found = lint(proto, "tensorrt-rtx")
    assert [f.level for f in found] == [Level.WARNING]
    assert "computes in float32" in found[0].message


def test_an_operator_without_a_cuda_kernel_is_warned_of() -> None:
    proto = model([helper.make_node("Mish", ["x"], ["y"], name="m")])
    [found] = lint(proto, "onnxruntime-cuda")
    assert found.level is Level.WARNING
    assert "it may run on the CPU, its tensors copied there and back" in found.message


def test_data_of_a_type_that_an_operator_is_not_taken_with_is_refused() -> None:
    proto = model(
        [helper.make_node("MatMul", ["x", "x"], ["y"], name="m")], [("x", INT64, (8, 8))], [("y", INT64, (8, 8))]
    )
    assert not refused(lint(proto, "onnxruntime-cpu"))
    [message] = messages(lint(proto, "tensorrt-rtx"))
    assert "takes data of the types bfloat16, double, float, float16, found int64" in message


def test_operators_of_other_domains_are_refused_and_functions_of_the_model_are_looked_into() -> None:
    node = helper.make_node("Mine", ["x"], ["y"], domain="my.domain", name="mine")
    proto = model([node])
    proto.opset_import.append(helper.make_opsetid("my.domain", 1))
    for target in lint_targets():
        [message] = messages(lint(proto, target))
        assert message.startswith("mine (Mine): the domain my.domain is none that ")
    for body, taken in (("Relu", True), ("Unique", False)):
        inner = [helper.make_node(body, ["a"], ["b"], name="inside")]
        function = helper.make_function("my.domain", "Mine", ["a"], ["b"], inner, [helper.make_opsetid("", 18)])
        del proto.functions[:]
        proto.functions.append(function)
        found = lint(proto, "tensorrt")
        assert refused(found) is not taken
        assert ("inside" in [f.node for f in found]) is not taken


def test_an_operator_that_the_opset_does_not_have_is_refused() -> None:
    proto = model([helper.make_node("Gelu", ["x"], ["y"], name="g")], opset=18)
    assert "ONNX has no such operator in opset 18" in messages(lint(proto, "onnxruntime-cpu"))[0]
    later = model([helper.make_node("Gelu", ["x"], ["y"], name="g")], opset=20)
    assert not refused(lint(later, "onnxruntime-cpu"))


def test_graphs_within_nodes_are_looked_into() -> None:
    proto = operator_model("If")
    proto.graph.node[0].attribute[0].g.node[0].op_type = "Unique"
    proto.graph.node[0].attribute[0].g.node[0].name = "deep"
    assert "deep" in [f.node for f in lint(proto, "tensorrt") if f.level is Level.REFUSED]


def test_a_loop_whose_state_changes_its_rank_is_refused_by_tensorrt() -> None:
    proto = operator_model("Loop")
    assert not refused(lint(proto, "tensorrt-rtx"))
    body = next(a.g for a in proto.graph.node[0].attribute if a.name == "body")
    body.output[1].type.tensor_type.shape.dim.add().dim_value = 1
    body.node[1].op_type = "Unsqueeze"
    body.node[1].input.append("last")
    body.initializer.append(numpy_helper.from_array(np.array([2]), "last"))
    found = lint(proto, "tensorrt-rtx")
    assert any("changes its rank" in message for message in messages(found))


def test_an_unknown_target_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(TargetError, match=r"--target 'tensort' is no runtime of the linter; did you mean tensorrt\?"):
        lint(relu(), "tensort")


def test_protobufs_that_are_no_models_are_refused() -> None:
    with pytest.raises(ModelError, match="the model has no graph"):
        lint(onnx.ModelProto(), "tensorrt")
    proto = relu()
    del proto.opset_import[:]
    with pytest.raises(ModelError, match="does not say which opset"):
        lint(proto, "tensorrt")
    wrong = relu()
    wrong.graph.initializer.add(name="x", data_type=INT64, dims=[0, 8])
    [message] = messages(lint(wrong, "tensorrt"))
    assert message.startswith("the types in the model contradict each other: ")


def test_a_model_that_breaks_the_rules_of_onnx_is_refused() -> None:
    dangling = model([helper.make_node("Relu", ["nowhere"], ["y"])])
    twice = model([helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Tanh", ["x"], ["y"])])
    bare = relu()
    bare.graph.initializer.add(name="w")
    for proto, said in ((dangling, "nowhere"), (twice, "single static assignment"), (bare, "data_type")):
        [message] = [m for m in messages(lint(proto, "onnxruntime-cpu")) if "breaks a rule of ONNX" in m]
        assert said in message


def test_a_type_that_onnx_does_not_have_is_refused() -> None:
    proto = relu()
    proto.graph.input[0].type.tensor_type.elem_type = 77
    assert any("has the elements type 77" in message for message in messages(lint(proto, "onnxruntime-cpu")))


def test_a_model_whose_types_are_not_known_is_linted_by_what_it_says() -> None:
    """As QONNX files are: nothing follows from their quantizers, and what follows contradicts what is declared."""
    nodes = [
        helper.make_node("Quant", ["x"], ["q"], name="quantizer", domain="qonnx.custom_op.general"),
        helper.make_node("Concat", ["q", "q"], ["y"], axis=1, name="join"),
    ]
    found = lint(model(nodes, outputs=[("y", FLOAT, ("n", 16))]), "onnxruntime-cpu")
    assert [f.node for f in found] == ["quantizer"]


@pytest.mark.parametrize("target", lint_targets())
def test_names_that_are_no_text_are_refused(target: str) -> None:
    content = relu().SerializeToString()
    operator = onnx.load_model_from_string(content.replace(b"Relu", b"\xfaelu"))
    assert "the operator's name is no text" in messages(lint(operator, target))[0]
    node = onnx.load_model_from_string(content.replace(b"act", b"\xfact").replace(b"Relu", b"Rulu"))
    assert refused(lint(node, target))


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_refused_or_linted(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(operator_model("Loop").SerializeToString())
    for place in rng.integers(0, len(content), rng.integers(1, 5)):
        content[place] = rng.integers(0, 256)
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    try:
        proto = read(path)
        for target in lint_targets():
            lint(proto, target)
    except ModelError as error:
        assert str(error)


@pytest.mark.parametrize("opset", [-5, 0, 1 << 40, -(1 << 40)])
def test_an_opset_that_never_was_is_refused(opset: int) -> None:
    assert refused(lint(relu(opset), "tensorrt"))


def test_names_from_the_file_are_shown_on_one_line() -> None:
    proto = model([helper.make_node("Unique", ["x"], ["y"], name="a\x1b[2J\nb")])
    [found] = [f for f in lint(proto, "tensorrt") if f.operator]
    assert found.node == "a\\x1b[2J\\nb"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published models are not beside the checkout")
def test_the_published_filter_is_taken_everywhere() -> None:
    proto = onnx.load(SHARED / "exatrkx_trackml_filter" / "model.onnx")
    for target in lint_targets():
        assert not refused(lint(proto, target))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published models are not beside the checkout")
def test_the_published_gnn_is_refused_by_tensorrt_and_its_lost_sums_are_seen() -> None:
    proto = onnx.load(SHARED / "exatrkx_trackml_gnn" / "model.onnx")
    for target in lint_targets():
        found = lint(proto, target)
        assert sum("lost its reduction" in message for message in messages(found, Level.WARNING)) == 16
        assert {f.operator for f in found if f.level is Level.REFUSED} == (
            {"Loop"} if target.startswith("tensorrt") else set()
        )
