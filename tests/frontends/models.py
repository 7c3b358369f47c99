"""Small ONNX models for the front end's tests, and what qonnx and onnxruntime compute on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

from codesign.frontends.qonnx import load_model
from codesign.ir.graph import Graph

QONNX = "qonnx.custom_op.general"
QUANTIZERS = ("Quant", "IntQuant", "BipolarQuant", "Trunc", "MultiThreshold")


def node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str] | str = "y", name: str = "n", **attributes: Any
) -> Any:
    """An operator; quantizers get the domain of QONNX unless `domain` says otherwise."""
    attributes.setdefault("domain", QONNX if kind in QUANTIZERS else "")
    return helper.make_node(
        kind, list(inputs), [outputs] if isinstance(outputs, str) else list(outputs), name, **attributes
    )


def model(
    nodes: Sequence[Any] | Any,
    constants: Mapping[str, Any] | None = None,
    x: Sequence[int | str] = (1, 4),
    outputs: Sequence[str] = ("y",),
    opset: int = 13,
    element: int = TensorProto.FLOAT,
    result: int = TensorProto.FLOAT,
    more_inputs: Mapping[str, Sequence[int | str]] | None = None,
) -> Any:
    """A ModelProto with the input `x` of this shape, batch first; Python floats become float32 constants."""
    nodes = list(nodes) if isinstance(nodes, Sequence) else [nodes]
    inputs = [helper.make_tensor_value_info("x", element, list(x))]
    inputs += [helper.make_tensor_value_info(k, TensorProto.FLOAT, list(v)) for k, v in (more_inputs or {}).items()]
    results = [onnx.ValueInfoProto(name=o) for o in outputs]
    for r in results:
        r.type.tensor_type.elem_type = result
    tensors = [initializer(name, value) for name, value in (constants or {}).items()]
    graph = helper.make_graph(nodes, "test", inputs, results, tensors)
    imports = [helper.make_opsetid("", opset)]
    if any(n.domain == QONNX for n in nodes):
        # Trunc of version 2 has six inputs, and qonnx picks the version by the opset of the domain.
        second = any(n.op_type == "Trunc" and len(n.input) == 6 for n in nodes)
        imports.append(helper.make_opsetid(QONNX, 2 if second else 1))
    return helper.make_model(graph, opset_imports=imports, ir_version=8)


def initializer(name: str, value: Any) -> Any:
    """A TensorProto of `value`; Python floats and lists of them are float32, ints stay int64."""
    if isinstance(value, onnx.TensorProto):
        value.name = name
        return value
    array = np.asarray(value)
    return numpy_helper.from_array(
        array.astype(np.float32) if array.dtype == np.float64 and not isinstance(value, np.ndarray) else array, name
    )


def imported(proto: Any, **more: Any) -> Graph:
    """The network that the front end makes of it."""
    return load_model(proto, "test.onnx", **more)


def layers(graph: Graph) -> list[str]:
    """The kinds of its layers in order, without the inputs."""
    return [type(n.layer).__name__ for n in graph if n.inputs]


def executed(proto: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    """What qonnx (for standard operators onnxruntime) gives in float32, the batch set to that of the inputs."""
    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    known = {t.name for t in copy.graph.initializer}
    feeds = [i for i in copy.graph.input if i.name not in known]
    for value, x in zip(feeds, inputs, strict=True):
        value.type.tensor_type.shape.dim[0].Clear()
        value.type.tensor_type.shape.dim[0].dim_value = len(x)
    for n in copy.graph.node:
        if n.op_type in QUANTIZERS:
            n.domain = QONNX
    if not any(o.domain == "" for o in copy.opset_import):
        copy.opset_import.append(helper.make_opsetid("", 11))
    if not any(o.domain == QONNX for o in copy.opset_import):
        copy.opset_import.append(helper.make_opsetid(QONNX, 1))
    wrapper = ModelWrapper(copy).transform(InferShapes())
    found = execute_onnx(wrapper, {v.name: x.astype(np.float32) for v, x in zip(feeds, inputs, strict=True)})
    return [np.asarray(found[o.name]) for o in copy.graph.output]


def assert_exact(proto: Any, *inputs: np.ndarray, expect: Sequence[str] | None = None) -> Graph:
    """The network gives exactly the numbers of the reference; choose inputs on which float32 is exact."""
    graph = imported(proto)
    if expect is not None:
        assert layers(graph) == list(expect)
    for ours, reference in zip(graph.values(list(inputs)), executed(proto, *inputs), strict=True):
        wanted = np.array([Fraction(v) for v in reference.astype(np.float64).ravel().tolist()], dtype=object)
        assert ours.shape == reference.shape
        assert ours.ravel().tolist() == wanted.tolist()
    return graph


def dyadic(shape: Sequence[int], seed: int = 0, scale: float = 1 / 8, most: int = 40) -> np.ndarray:
    """Random multiples of `scale` up to `most` of them, ends and zero included."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-most, most + 1, size=tuple(shape)).astype(np.float64)
    x.flat[:3] = (-most, 0, most)
    return x * scale
