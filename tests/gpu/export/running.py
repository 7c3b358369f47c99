"""Exported networks run by onnxruntime, beside what they mean."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime

from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.reference import run
from codesign.ir.graph import Graph

LOWERINGS = [(how, edges) for how in ("pull", "padded", "scatter") for edges in ("any", "sorted")]


def execute(model: onnx.ModelProto, arrays: Mapping[str, np.ndarray], threads: int = 1) -> dict[str, np.ndarray]:
    """The outputs by name."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # nothing but errors
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, dict(arrays))))


def assert_equal_to_reference(graph: Graph, inputs: Mapping[str, np.ndarray], **options: Any) -> None:
    """The export gives the reference's numbers within float32: 1e-5 of the largest, which is 80 roundings."""
    expected = run(graph, inputs)
    options = {"lowering": "pull", "edges": "any", **options}
    arrays = feeds(graph, inputs, options["lowering"], options["edges"])
    found = execute(to_onnx(graph, **options), arrays)
    assert list(found) == list(expected)
    for name, numbers in expected.items():
        assert found[name].dtype == np.float32
        assert found[name].shape == numbers.shape
        bound = 1e-5 * max(1.0, np.abs(numbers).max(initial=0))
        np.testing.assert_allclose(found[name], numbers, rtol=0, atol=bound)
