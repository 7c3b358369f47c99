"""A network on sets of rows as an ONNX model of stock operators, with any number of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper

from codesign.errors import ModelError
from codesign.gpu.export.layers import write_layer
from codesign.gpu.export.padded import padded, padded_table
from codesign.gpu.export.precision import in_float16, in_int8
from codesign.gpu.export.pull import PullTables, pull, pull_tables
from codesign.gpu.export.scatter import scatter
from codesign.gpu.export.segments import segments
from codesign.gpu.export.tables import MAKERS, tables
from codesign.gpu.export.taps import convolution, lines
from codesign.gpu.export.writer import FLOAT, INT64, IR_VERSION, OPSET, Writer
from codesign.gpu.inputs import checked, fed
from codesign.gpu.rewrites import rewritten
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Input
from codesign.ir.layers.rows import Column, KernelMapConv, SegmentSum
from codesign.ir.tensor import Tensor
from codesign.ir.verify import verify

LOWERINGS = ("pull", "padded", "scatter")
EDGES = ("any", "sorted")
PRECISIONS = ("fp32", "fp16", "int8")


def to_onnx(
    graph: Graph,
    lowering: str = "pull",
    edges: str = "any",
    precision: str = "fp32",
    rewrites: bool = True,
    calibration: Mapping[str, np.ndarray] | None = None,
) -> onnx.ModelProto:
    """The model: its inputs and outputs are those of the network by the names of the user's file.

    `lowering` is how rows are summed (`pull`, `padded`, `scatter`). With `edges="any"` what it needs to know is sorted
    inside the model; with `edges="sorted"` the model takes it as inputs, which `feeds` makes: for runtimes that do not
    sort (TensorRT). Rows may be in any order in both, and there may be none. The exact rewrites of the network can be
    left out. With `precision` fp16 the model computes in float16 between its inputs and outputs; with int8 its products
    are of int8 codes, whose scales are found on `calibration`, the inputs of an event. ModelError names an option that
    does not exist, or a layer that has no operators.
    """
    for name, found, known in (
        ("lowering", lowering, LOWERINGS), ("edges", edges, EDGES), ("precision", precision, PRECISIONS),
    ):  # fmt: skip
        if found not in known:
            raise ModelError(f"{name} is {found!r}, expected one of {', '.join(known)}")
    if precision == "int8" and calibration is None:
        raise ModelError("precision int8 needs an event for calibration")
    given = graph
    graph = rewritten(graph) if rewrites else graph
    verify(graph, "the rewrites")
    w = Writer(graph)
    for node in graph:
        _write(w, node, lowering, edges)
    for output in graph.outputs:
        w.nodes.append(helper.make_node("Identity", [w.results[output.source]], [output.origin], output.origin))
    outputs = [helper.make_tensor_value_info(o.origin, *_info(graph[o.source].type)) for o in graph.outputs]
    proto = helper.make_graph(w.nodes, graph.name, w.inputs, outputs, w.tensors)
    model = helper.make_model(
        proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="codesign"
    )
    settings = {"lowering": lowering, "edges": edges, "precision": precision}
    helper.set_model_props(model, {f"codesign_{key}": value for key, value in settings.items()})
    onnx.checker.check_model(model, full_check=True)
    if precision == "fp16":
        return in_float16(model)
    if precision == "int8" and calibration is not None:
        return in_int8(model, [feeds(given, calibration, lowering, edges)])
    return model


def feeds(
    graph: Graph, inputs: Mapping[str, np.ndarray], lowering: str = "pull", edges: str = "any"
) -> dict[str, np.ndarray]:
    """What the model of `to_onnx` with these options is run with: the user's arrays, checked, and its tables.

    ModelError for anything that would be computed wrongly, such as an edge to a node that does not exist.
    """
    arrays = fed(graph, inputs)
    if edges == "sorted" and lowering in MAKERS:
        found = checked(graph, inputs)
        sizes = {node.type.rows: len(found[node.name]) for node in graph.inputs}
        for node in graph:
            if isinstance(node.layer, Column):
                found[node.name] = node.layer.floats(found[node.inputs[0]])
        wanted = {node.inputs[1] for node in graph if isinstance(node.layer, SegmentSum)}
        into = {name: sizes[graph[name].type.index] for name in wanted}
        arrays.update(tables(lowering, {name: found[name] for name in sorted(wanted)}, into))
    return arrays


def _write(w: Writer, node: Node, lowering: str, edges: str) -> None:
    w.begin(node)
    xs = [w.results[i] for i in node.inputs]
    match node.layer:
        case Input():
            w.results[node.name] = _input(w, node, node.layer)
        case SegmentSum():
            w.results[node.name] = _segment_sum(w, node, xs, lowering, edges)
        case KernelMapConv() if lowering == "pull" and edges == "any":
            w.results[node.name] = _sparse_convolution(w, node, node.layer, xs)
        case layer:
            w.results[node.name] = write_layer(layer, w, xs)


def _input(w: Writer, node: Node, layer: Input) -> str:
    if layer.axes is not None or layer.encoder or not (node.type.real or node.type.index):
        w.fail("an input of codes, or in another layout, cannot be written for a GPU")
    kind, shape = _info(node.type)
    if not layer.rows_last:
        return w.input(node.origin, kind, shape)
    given = w.input(node.origin, kind, [*shape[1:], shape[0]])
    rank = len(shape)
    return w.op("Transpose", given, part="rows_first", perm=[rank - 1, *range(rank - 1)])


def _info(t: Tensor) -> tuple[int, list[int | str]]:
    return (INT64 if t.index else FLOAT), [t.rows or "batch", *t.shape]


def _segment_sum(w: Writer, node: Node, xs: list[str], lowering: str, edges: str) -> str:
    values, index, like = xs
    shape = w.type_of(0).shape
    if lowering == "scatter":
        return scatter(w, values, shape, w.index(index, like), like)
    key = (lowering, node.inputs[1])
    if key not in w.built:
        w.built[key] = _table_inputs(w, node, lowering) if edges == "sorted" else _built(w, node, lowering, index, like)
    found: Any = w.built[key]
    return pull(w, values, shape, found) if lowering == "pull" else padded(w, values, shape, found)


def _sparse_convolution(w: Writer, node: Node, layer: KernelMapConv, xs: list[str]) -> str:
    """Of the taps that see a voxel; found in the model, so for runtimes that can."""
    x, map = xs
    taps, channels, _ = layer.weights.shape
    key = ("lines", node.inputs[1])
    if key not in w.built:
        w.prefix = node.inputs[1]
        w.built[key] = lines(w, map, x, taps)
        w.prefix = node.name
    return convolution(w, layer, w.with_none(x, (channels,)), w.built[key])


def _built(w: Writer, node: Node, lowering: str, index: str, like: str) -> PullTables | str:
    """The tables of an index, sorted in the model; called after the index."""
    w.prefix = node.inputs[1]
    sorted_ = segments(w, w.index(index, like), like)
    found = pull_tables(w, sorted_) if lowering == "pull" else padded_table(w, sorted_)
    w.prefix = node.name
    return found


def _table_inputs(w: Writer, node: Node, lowering: str) -> PullTables | str:
    name, rows = node.inputs[1], node.type.rows
    if lowering == "padded":
        return w.input(f"{name}_table", INT64, [rows, f"{name}_table_columns"])
    first, second, third = (
        w.input(f"{name}_{level}", INT64, [f"{name}_{level}_rows", columns])
        for level, columns in (("first", 16), ("second", 16), ("third", f"{name}_third_columns"))
    )
    return PullTables(first, second, third, w.input(f"{name}_last", INT64, [rows]))
