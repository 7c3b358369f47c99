"""The scatter lowering: ScatterElements with reduction=add, for runtimes that want it; slow on CPUs, refused by
TensorRT, and on a GPU the order of a sum, so its last bits, may differ from run to run.

ScatterND with reduction=add is never written: onnxruntime's CPU kernel for it adds from several threads without a lock.
"""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper

from codesign.gpu.export.writer import Writer


def scatter(w: Writer, values: str, shape: tuple[int, ...], index: str, like: str) -> str:
    """The sums, as the result of the node at hand."""
    size = (
        w.op("Concat", w.count(like, part="nodes"), w.whole(*shape), part="shape", axis=0) if shape else w.count(like)
    )
    zeros = w.op("ConstantOfShape", size, part="zeros", value=numpy_helper.from_array(np.zeros(1, dtype=np.float32)))
    rows = index
    if shape:
        axes = w.op("Unsqueeze", index, w.whole(*range(1, len(shape) + 1)), part="rows")
        rows = w.op("Expand", axes, w.op("Shape", values, part="values_shape"), part="places")
    return w.op("ScatterElements", zeros, rows, values, axis=0, reduction="add")
