"""A float32 model in float16, for cards that have no engine of it: its inputs and outputs stay float32."""

from __future__ import annotations

import warnings
from typing import Any

import onnx

from codesign.errors import IRError, ModelError

SINGLE = ("ScatterElements",)
"""Operators that stay in float32: onnxruntime's CPU has no float16 sums of them."""


def in_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of the model that computes in float16 between casts, by onnxruntime's converter.

    ModelError where a weight is larger than float16 has numbers for: it would become infinite."""
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            largest = abs(onnx.numpy_helper.to_array(tensor)).max(initial=0)
            if largest > 65504:
                raise ModelError(
                    f"weight {tensor.name} has {largest:g}, and float16 ends at 65504; use --precision fp32"
                )
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of weights below 6e-8, which become that: the check measures it
        converted = convert_float_to_float16(copy, keep_io_types=True, op_block_list=[*DEFAULT_OP_BLOCK_LIST, *SINGLE])
    _cast_once(converted)
    found: Any = OnnxModel(converted)
    found.topological_sort()
    half: onnx.ModelProto = found.model
    onnx.checker.check_model(half, full_check=True)
    return half


def _cast_once(model: onnx.ModelProto) -> None:
    """Leaves one of several equal casts: onnxruntime before 1.32 writes one for each reader, all of the same name."""
    casts: dict[str, onnx.NodeProto] = {}
    nodes = []
    for node in model.graph.node:
        if node.op_type != "Cast" or casts.setdefault(node.output[0], node) is node:
            nodes.append(node)
        elif node != casts[node.output[0]]:
            raise IRError(f"float16: two different casts are called {node.output[0]}")
    values = list({value.name: value for value in model.graph.value_info}.values())
    for field, kept in ((model.graph.node, nodes), (model.graph.value_info, values)):
        copies = [type(item).FromString(item.SerializeToString()) for item in kept]
        del field[:]
        field.extend(copies)
