"""The smallest model of each operator that the op tables speak of, in any type of its data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Types = TensorProto.DataType
Maker = Callable[["_Model", int], None]


def operator_names() -> list[str]:
    """Every operator that there is a model of."""
    return sorted(_MODELS)


def operator_model(name: str, data: int = TensorProto.FLOAT, opset: int = 0) -> onnx.ModelProto:
    """A model of one operator whose data has the type `data`, with a dynamic leading axis; of opset 18, or the first
    that has the operator, unless another is asked for."""
    schemas = [v for v in onnx.defs.get_all_schemas_with_history() if v.name == name and not v.domain]
    since = min(v.since_version for v in schemas if not v.deprecated)
    model = _Model(name, opset or max(18, since))
    _MODELS[name](model, data)
    return model.proto()


class _Model:
    def __init__(self, name: str, opset: int) -> None:
        self.name, self.opset = name, opset
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.constants: list[Any] = []
        self.node: Any = None

    def input(self, name: str, data: int, shape: Sequence[int | str]) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, data, shape))
        return name

    def constant(self, name: str, data: int, values: Any) -> str:
        kind = helper.tensor_dtype_to_np_dtype(data)
        self.constants.append(numpy_helper.from_array(np.asarray(values).astype(kind), name))
        return name

    def whole(self, name: str, values: Any) -> str:
        return self.constant(name, TensorProto.INT64, values)

    def op(self, inputs: Sequence[str], outputs: Sequence[tuple[int, Sequence[int | str]]], **values: Any) -> None:
        names = [f"y{n}" for n in range(len(outputs))]
        self.node = helper.make_node(self.name, inputs, names, name=f"the_{self.name}", **values)
        self.outputs = [helper.make_tensor_value_info(n, kind, shape) for n, (kind, shape) in zip(names, outputs)]

    def proto(self) -> onnx.ModelProto:
        graph = helper.make_graph([self.node], "one", self.inputs, self.outputs, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=10)


def _unary(out: int = 0, **values: Any) -> Maker:
    def make(m: _Model, t: int) -> None:
        m.op([m.input("x", t, ["n", 8])], [(out or t, ["n", 8])], **values)

    return make


def _binary(out: int = 0, second: int = 0, **values: Any) -> Maker:
    def make(m: _Model, t: int) -> None:
        m.op([m.input("a", t, ["n", 8]), m.input("b", second or t, ["n", 8])], [(out or t, ["n", 8])], **values)

    return make


def _reduce(by_input: int) -> Maker:
    def make(m: _Model, t: int) -> None:
        x = m.input("x", t, ["n", 4, 8])
        if m.opset >= by_input:
            m.op([x, m.whole("axes", [1])], [(t, ["n", 8])], keepdims=0)
        else:
            m.op([x], [(t, ["n", 8])], axes=[1], keepdims=0)

    return make


def _matmul(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 16]), m.constant("w", t, np.eye(16))], [(t, ["n", 16])])


def _gemm(m: _Model, t: int) -> None:
    names = [m.input("x", t, ["n", 16]), m.constant("w", t, np.eye(16)), m.constant("b", t, np.ones(16))]
    m.op(names, [(t, ["n", 16])])


def _conv(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8, 6, 6]), m.constant("w", t, np.ones((8, 8, 3, 3)))], [(t, ["n", 8, 4, 4])])


def _conv_transpose(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8, 6, 6]), m.constant("w", t, np.ones((8, 8, 3, 3)))], [(t, ["n", 8, 8, 8])])


def _einsum(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.input("w", t, [8, 4])], [(t, ["n", 4])], equation="nk,kc->nc")


def _layer_norm(m: _Model, t: int) -> None:
    names = [m.input("x", t, ["n", 8]), m.constant("s", t, np.ones(8)), m.constant("b", t, np.zeros(8))]
    m.op(names, [(t, ["n", 8])], axis=-1)


def _rms_norm(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.constant("s", t, np.ones(8))], [(t, ["n", 8])], axis=-1)


def _batch_norm(m: _Model, t: int) -> None:
    names = [m.input("x", t, ["n", 8, 4])] + [m.constant(c, t, np.ones(8)) for c in "sbmv"]
    m.op(names, [(t, ["n", 8, 4])])


def _instance_norm(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8, 4])] + [m.constant(c, t, np.ones(8)) for c in "sb"], [(t, ["n", 8, 4])])


def _group_norm(m: _Model, t: int) -> None:
    names = [m.input("x", t, ["n", 8, 4])] + [m.constant(c, t, np.ones(8)) for c in "sb"]
    m.op(names, [(t, ["n", 8, 4])], num_groups=2)


def _pool(size: int, **values: Any) -> Maker:
    def make(m: _Model, t: int) -> None:
        m.op([m.input("x", t, ["n", 8, 6, 6])], [(t, ["n", 8, size, size])], **values)

    return make


def _arg(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8])], [(TensorProto.INT64, ["n"])], axis=1, keepdims=0)


def _cumsum(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.whole("axis", 0)], [(t, ["n", 8])])


def _topk(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.whole("k", [3])], [(t, ["n", 3]), (TensorProto.INT64, ["n", 3])])


def _gather(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.input("index", TensorProto.INT64, ["e"])], [(t, ["e", 8])])


def _gather_elements(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.input("index", TensorProto.INT64, ["e", 8])], [(t, ["e", 8])], axis=0)


def _gather_nd(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.input("index", TensorProto.INT64, ["e", 1])], [(t, ["e", 8])])


def _scatter(width: int, **values: Any) -> Maker:
    def make(m: _Model, t: int) -> None:
        index = m.input("index", TensorProto.INT64, ["e", width])
        m.op([m.input("x", t, ["n", 8]), index, m.input("u", t, ["e", 8])], [(t, ["n", 8])], **values)

    return make


def _shaped(shape: Sequence[int], result: Sequence[int | str]) -> Maker:
    """Operators whose second input is a shape or a list of axes."""

    def make(m: _Model, t: int) -> None:
        m.op([m.input("x", t, ["n", 1]), m.whole("shape", shape)], [(t, result)])

    return make


def _concat(m: _Model, t: int) -> None:
    m.op([m.input("a", t, ["n", 8]), m.input("b", t, ["n", 8])], [(t, ["n", 16])], axis=1)


def _split(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.whole("sizes", [3, 5])], [(t, ["n", 3]), (t, ["n", 5])], axis=1)


def _slice(m: _Model, t: int) -> None:
    names = [m.input("x", t, ["n", 8]), m.whole("from", [1]), m.whole("to", [5]), m.whole("axes", [1])]
    m.op(names, [(t, ["n", 4])])


def _pad(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.whole("pads", [0, 1, 0, 1])], [(t, ["n", 10])])


def _shape(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8])], [(TensorProto.INT64, [2] if m.name == "Shape" else [])])


def _range(m: _Model, t: int) -> None:
    m.op([m.constant("from", t, 0), m.constant("to", t, 5), m.constant("step", t, 1)], [(t, [5])])


def _constant_of_shape(m: _Model, t: int) -> None:
    value = numpy_helper.from_array(np.ones(1).astype(helper.tensor_dtype_to_np_dtype(t)))
    m.op([m.input("shape", TensorProto.INT64, [2])], [(t, ["n", "m"])], value=value)


def _constant(m: _Model, t: int) -> None:
    m.op([], [(t, [3])], value=numpy_helper.from_array(np.ones(3).astype(helper.tensor_dtype_to_np_dtype(t))))


def _where(m: _Model, t: int) -> None:
    condition = m.input("c", TensorProto.BOOL, ["n", 1])
    m.op([condition, m.input("a", t, ["n", 8]), m.input("b", t, ["n", 8])], [(t, ["n", 8])])


def _one_hot(m: _Model, t: int) -> None:
    names = [m.input("i", TensorProto.INT64, ["n"]), m.whole("depth", 4), m.constant("values", t, [0, 1])]
    m.op(names, [(t, ["n", 4])])


def _cast_like(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.constant("like", TensorProto.FLOAT, [1])], [(TensorProto.FLOAT, ["n", 8])])


def _blocks(m: _Model, t: int) -> None:
    shape = ["n", 2, 12, 12] if m.name == "DepthToSpace" else ["n", 32, 3, 3]
    m.op([m.input("x", t, ["n", 8, 6, 6])], [(t, shape)], blocksize=2)


def _resize(m: _Model, t: int) -> None:
    scales = m.constant("scales", TensorProto.FLOAT, [1, 1, 2, 2])
    m.op([m.input("x", t, ["n", 8, 6, 6]), "", scales], [(t, ["n", 8, 12, 12])], mode="nearest")


def _prelu(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.constant("slope", t, np.ones(8))], [(t, ["n", 8])])


def _clip(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.constant("low", t, 0), m.constant("high", t, 6)], [(t, ["n", 8])])


def _quantize(m: _Model, t: int) -> None:
    names = [m.input("x", t, ["n", 8]), m.constant("scale", t, 0.5), m.constant("zero", TensorProto.INT8, 0)]
    m.op(names, [(TensorProto.INT8, ["n", 8])])


def _dequantize(m: _Model, t: int) -> None:
    """Of a constant of the type: TensorRT takes int8 codes as weights or behind a quantizer, not as a model's input."""
    names = [m.constant("q", t, np.ones((4, 8))), m.constant("scale", TensorProto.FLOAT, 0.5), m.constant("zero", t, 0)]
    m.op(names, [(TensorProto.FLOAT, [4, 8])])


def _dynamic_quantize(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8])], [(TensorProto.UINT8, ["n", 8]), (t, []), (TensorProto.UINT8, [])])


def _integer_product(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 16]), m.constant("w", t, np.eye(16))], [(TensorProto.INT32, ["n", 16])])


def _branch(name: str, kind: str, t: int) -> onnx.GraphProto:
    node = helper.make_node(kind, ["x"], [name])
    return helper.make_graph([node], name, [], [helper.make_tensor_value_info(name, t, ["n", 8])])


def _if(m: _Model, t: int) -> None:
    m.input("x", t, ["n", 8])
    condition = m.input("c", TensorProto.BOOL, [])
    branches = {"then_branch": _branch("then", "Identity", t), "else_branch": _branch("other", "Identity", t)}
    m.op([condition], [(t, ["n", 8])], **branches)


def _loop(m: _Model, t: int) -> None:
    row = helper.make_tensor_value_info
    inputs = [row("turn", TensorProto.INT64, []), row("go", TensorProto.BOOL, []), row("state", t, ["n", 8])]
    outputs = [row("go_on", TensorProto.BOOL, []), row("next", t, ["n", 8])]
    nodes = [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Identity", ["state"], ["next"])]
    body = helper.make_graph(nodes, "body", inputs, outputs)
    trips, go = m.whole("trips", 8), m.constant("start", TensorProto.BOOL, True)
    m.op([trips, go, m.input("x", t, ["n", 8])], [(t, ["n", 8])], body=body)


def _compress(m: _Model, t: int) -> None:
    m.op([m.input("x", t, ["n", 8]), m.input("keep", TensorProto.BOOL, ["n"])], [(t, ["k", 8])], axis=0)


def _suppression(m: _Model, t: int) -> None:
    names = [m.input("boxes", t, [1, 6, 4]), m.input("scores", t, [1, 1, 6]), m.whole("most", [3])]
    m.op(names, [(TensorProto.INT64, ["k", 3])])


_FLOAT_UNARY = [
    "Abs",
    "Neg",
    "Exp",
    "Log",
    "Sqrt",
    "Reciprocal",
    "Erf",
    "Tanh",
    "Sigmoid",
    "Relu",
    "LeakyRelu",
    "Elu",
    "Selu",
    "Celu",
    "Softplus",
    "Softsign",
    "HardSigmoid",
    "HardSwish",
    "Gelu",
    "Mish",
    "Floor",
    "Ceil",
    "Round",
    "Sign",
    "Sin",
    "Cos",
    "Tan",
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Asinh",
    "Acosh",
    "Atanh",
    "ThresholdedRelu",
    "Identity",
    "Dropout",
    "Softmax",
    "LogSoftmax",
    "Shrink",
    "Trilu",
    "Not",
    "BitwiseNot",
]
_ARITHMETIC = [
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Max",
    "Min",
    "Sum",
    "Mean",
    "Mod",
    "And",
    "Or",
    "Xor",
    "BitwiseAnd",
    "BitwiseOr",
    "BitwiseXor",
]
_COMPARISONS = ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]
_REDUCTIONS = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"]

_MODELS: dict[str, Maker] = {
    **{name: _unary() for name in _FLOAT_UNARY},
    **{name: _binary() for name in _ARITHMETIC},
    **{name: _binary(out=TensorProto.BOOL) for name in _COMPARISONS},
    **{f"Reduce{name}": _reduce(18) for name in _REDUCTIONS},
    "ReduceSum": _reduce(13),
    "IsNaN": _unary(out=TensorProto.BOOL),
    "IsInf": _unary(out=TensorProto.BOOL),
    "Cast": _unary(out=TensorProto.FLOAT, to=TensorProto.FLOAT),
    "CastLike": _cast_like,
    "Transpose": _unary(perm=[0, 1]),
    "Flatten": _unary(axis=1),
    "EyeLike": lambda m, t: m.op([m.input("x", t, [4, 8])], [(t, [4, 8])]),
    "BitShift": _binary(direction="LEFT"),
    "PRelu": _prelu,
    "Clip": _clip,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Einsum": _einsum,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "MaxPool": _pool(5, kernel_shape=[2, 2]),
    "AveragePool": _pool(5, kernel_shape=[2, 2]),
    "GlobalAveragePool": _pool(1),
    "GlobalMaxPool": _pool(1),
    "ArgMax": _arg,
    "ArgMin": _arg,
    "CumSum": _cumsum,
    "TopK": _topk,
    "Gather": _gather,
    "GatherElements": _gather_elements,
    "GatherND": _gather_nd,
    "ScatterElements": _scatter(8, axis=0),
    "ScatterND": _scatter(1),
    "Reshape": _shaped([-1, 1, 1], ["n", 1, 1]),
    "Expand": _shaped([1, 8], ["n", 8]),
    "Tile": _shaped([1, 8], ["n", 8]),
    "Squeeze": _shaped([1], ["n"]),
    "Unsqueeze": _shaped([1], ["n", 1, 1]),
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Pad": _pad,
    "Shape": _shape,
    "Size": _shape,
    "Range": _range,
    "ConstantOfShape": _constant_of_shape,
    "Constant": _constant,
    "Where": _where,
    "OneHot": _one_hot,
    "DepthToSpace": _blocks,
    "SpaceToDepth": _blocks,
    "Resize": _resize,
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
    "DynamicQuantizeLinear": _dynamic_quantize,
    "MatMulInteger": _integer_product,
    "If": _if,
    "Loop": _loop,
    "NonZero": lambda m, t: m.op([m.input("x", t, ["n", 8])], [(TensorProto.INT64, [2, "k"])]),
    "Compress": _compress,
    "Unique": lambda m, t: m.op([m.input("x", t, ["n"])], [(t, ["k"])]),
    "NonMaxSuppression": _suppression,
    "Det": lambda m, t: m.op([m.input("x", t, ["n", 4, 4])], [(t, ["n"])]),
}
