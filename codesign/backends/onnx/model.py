"""The network as a ModelProto of QONNX, batch first."""

from __future__ import annotations

from typing import Any

from onnx import TensorProto, helper

from codesign.backends.onnx.layers import write_layer
from codesign.backends.onnx.writer import QONNX, Writer
from codesign.errors import ModelError
from codesign.ir.graph import Graph
from codesign.ir.layers import Input

OPSET, IR_VERSION = 13, 8
"""Versions that qonnx, onnxruntime and other readers of QONNX take."""


def write(graph: Graph, version: str) -> Any:
    """The ModelProto of an imported network, `version` being that of this compiler.

    ModelError names the node that QONNX cannot express: numbers beyond float32, a layer without an operator.
    """
    w = Writer(graph)
    names: dict[str, str] = {}
    for output in graph.outputs:
        names.setdefault(output.source, output.name)
    inputs = []
    for node in graph:
        if isinstance(node.layer, Input):
            if node.layer.encoder or not node.type.real:
                raise ModelError(f"{graph.origin}: input {node.origin} is typed already; write the network as imported")
            w.results[node.name] = w.fresh(node.name)
            inputs.append(_value(w.results[node.name], node.type.shape))
            continue
        result = names.get(node.name) or w.fresh(node.name)
        w.begin(node, result)
        write_layer(node.layer, w, [w.results[i] for i in node.inputs], [graph[i].type for i in node.inputs])
        w.results[node.name] = result
    outputs = []
    for output in graph.outputs:
        if w.results[output.source] != output.name:
            w.nodes.append(helper.make_node("Identity", [w.results[output.source]], [output.name], output.name))
        outputs.append(_value(output.name, graph[output.source].type.shape))
    found = helper.make_graph(w.nodes, graph.name, inputs, outputs, w.tensors)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(QONNX, 1)]
    return helper.make_model(
        found, opset_imports=opsets, ir_version=IR_VERSION, producer_name="codesign", producer_version=version
    )


def _value(name: str, shape: tuple[int, ...]) -> Any:
    """An input or output of the model: floats, the batch open."""
    stated: list[str | int | None] = ["batch", *shape]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, stated)
