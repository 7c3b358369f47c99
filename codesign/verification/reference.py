"""The user's file executed by qonnx in float32, as an independent reference."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from codesign.errors import ModelError

_QUANTIZERS = ("Quant", "IntQuant", "BipolarQuant", "Trunc", "MultiThreshold")
_READABLE_IR = 10


class Executable(Protocol):
    """A model file as a function of batches, by code that is not this compiler's."""

    against: str
    """What it is, for reports."""

    def __call__(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One float array (n, ...) per output, for one array (n, *shape) per input."""


class Reference:
    """Runs the model node by node on one sample at a time (files fix the batch to 1 more often than not).

    ModelError where qonnx cannot execute the file.
    """

    against = "qonnx in float32"

    def __init__(self, path: str | Path) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "2")
        import onnx
        from qonnx.core.modelwrapper import ModelWrapper

        self.origin = Path(path).name
        model = onnx.load(str(path))
        model.ir_version = min(model.ir_version, _READABLE_IR)
        for node in model.graph.node:
            if node.op_type in _QUANTIZERS:
                node.domain = "qonnx.custom_op.general"
        domains = {o.domain for o in model.opset_import}
        if "" not in domains:
            model.opset_import.append(onnx.helper.make_opsetid("", 11))
        if "qonnx.custom_op.general" not in domains:
            model.opset_import.append(onnx.helper.make_opsetid("qonnx.custom_op.general", 1))
        standard_first = sorted(model.opset_import, key=lambda o: o.domain != "")
        del model.opset_import[:]
        model.opset_import.extend(standard_first)  # qonnx folds constants with the version of the first
        names = {i.name for i in model.graph.initializer}
        inputs = [i for i in model.graph.input if i.name not in names]
        for i in inputs:
            dims = i.type.tensor_type.shape.dim
            if dims:
                dims[0].Clear()
                dims[0].dim_value = 1
        self.inputs = [i.name for i in inputs]
        self.outputs = [o.name for o in model.graph.output]
        for o in model.graph.output:
            o.type.tensor_type.ClearField("shape")
        del model.graph.value_info[:]
        del model.graph.quantization_annotation[:]  # claims about types that qonnx would enforce on any input
        try:
            self.model = _with_shapes(ModelWrapper(model))
        except Exception as error:  # qonnx and onnx raise bare Exceptions of many kinds
            raise ModelError(f"{self.origin}: qonnx cannot execute the file: {error}") from error

    def __call__(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One float array (n, ...) per output, for one array (n, *shape) per input."""
        import qonnx.core.onnx_exec as execution

        rows: list[list[np.ndarray]] = []
        for sample in zip(*inputs, strict=True):
            feed = {name: x[None].astype(np.float32) for name, x in zip(self.inputs, sample, strict=True)}
            try:
                found = execution.execute_onnx(self.model, feed)
            except Exception as error:  # as above
                raise ModelError(f"{self.origin}: qonnx cannot execute the file: {error}") from error
            rows.append([np.asarray(found[name])[0] for name in self.outputs])
        return [np.stack(column) for column in zip(*rows, strict=True)]


def _with_shapes(model: object) -> object:
    from qonnx.transformation.fold_constants import FoldConstants
    from qonnx.transformation.general import GiveUniqueNodeNames
    from qonnx.transformation.infer_shapes import InferShapes

    for transformation in (InferShapes(), FoldConstants(exclude_op_types=[]), GiveUniqueNodeNames(), InferShapes()):
        model = model.transform(transformation)  # type: ignore[attr-defined]
    return model
