"""What an ONNX graph says of its tensors: their types and shapes, which are constant, and which depend on the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

SHAPES_ONLY = {"Shape", "Size"}
"""Operators whose result depends on the shape of their input alone."""
SMALL = 1 << 16
"""Elements of the constants that rules read."""


@dataclass
class Tensors:
    """The tensors that nodes of one graph can name: those of the graph itself and of the graphs around it."""

    types: dict[str, str] = field(default_factory=dict)
    shapes: dict[str, tuple[int | None, ...]] = field(default_factory=dict)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    data: set[str] = field(default_factory=set)
    """Those whose values are not known before the data is."""

    def inside(self, graph: Any) -> Tensors:
        """What a graph inside a node sees: all of this, and its own."""
        inner = Tensors(dict(self.types), dict(self.shapes), dict(self.constants), set(self.data))
        inner.add_graph(graph)
        return inner

    def add_graph(self, graph: Any) -> None:
        """Takes in what a graph declares, and follows the data through its nodes."""
        for value in (*graph.input, *graph.value_info, *graph.output):
            self._declare(value)
        for tensor in graph.initializer:
            self.types[tensor.name] = type_name(tensor.data_type)
            self.shapes[tensor.name] = tuple(tensor.dims)
            self._keep(tensor.name, tensor)
        named = {tensor.name for tensor in graph.initializer}
        self.data |= {value.name for value in graph.input if value.name not in named}
        for node in graph.node:
            if node.op_type == "Constant":
                for attribute in node.attribute:
                    if attribute.name == "value":
                        self._keep(node.output[0], attribute.t)
            elif node.op_type not in SHAPES_ONLY and (reads(node) & self.data):
                self.data |= set(node.output)

    def _declare(self, value: Any) -> None:
        if not value.type.HasField("tensor_type"):
            return
        tensor = value.type.tensor_type
        self.types[value.name] = type_name(tensor.elem_type)
        if tensor.HasField("shape"):
            self.shapes[value.name] = tuple(d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim)

    def _keep(self, name: str, tensor: Any) -> None:
        """Remembers a small constant; what is stored elsewhere or damaged is no constant that a rule could read."""
        if tensor.data_location == onnx.TensorProto.EXTERNAL or any(not 0 <= d <= SMALL for d in tensor.dims):
            return
        if int(np.prod(tensor.dims, dtype=object)) > SMALL:
            return
        try:
            self.constants[name] = numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError):  # KeyError: of a type that there is not
            return


def type_name(number: int) -> str:
    """`float16` for 10; `?` for none, and `type 77` for a number that is none of ONNX."""
    known: Mapping[int, str] = {n: name.lower() for name, n in onnx.TensorProto.DataType.items()}
    return known.get(number, f"type {number}") if number else "?"


def reads(node: Any) -> set[str]:
    """The tensors that a node reads, those that graphs inside it take from outside too."""
    found = {name for name in node.input if name}
    for graph in inner_graphs(node):
        own = {value.name for value in graph.input} | {t.name for t in graph.initializer}
        for inside in graph.node:
            found |= reads(inside) - own
            own |= set(inside.output)
    return found


def inner_graphs(node: Any) -> Iterable[Any]:
    """The graphs that a node carries: branches and bodies of loops."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs
