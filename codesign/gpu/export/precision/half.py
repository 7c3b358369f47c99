"""A float32 model in float16, for cards that have no engine of it: its inputs and outputs stay float32."""

from __future__ import annotations

import warnings
from typing import Any

import onnx

from codesign.errors import ModelError

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
        warnings.simplefilter("ignore")  # of weights below 6e-8, which become 0: the check measures what that does
        found: Any = OnnxModel(
            convert_float_to_float16(copy, keep_io_types=True, op_block_list=[*DEFAULT_OP_BLOCK_LIST, *SINGLE])
        )
    found.topological_sort()
    half: onnx.ModelProto = found.model
    onnx.checker.check_model(half, full_check=True)
    return half
