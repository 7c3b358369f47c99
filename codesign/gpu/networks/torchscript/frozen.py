"""A frozen or traced TorchScript without loops, operator by operator; any other is refused by the operator's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from codesign.errors import LayerError, ModelError
from codesign.gpu.networks.drawing import EDGES, NODES
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Concat, Input, Layer, Relu, Reshape, Sigmoid, Tanh
from codesign.ir.layers.rows import Column, Gather, LayerNorm, Linear
from codesign.ir.tensor import Tensor
from codesign.ir.verify import verify


@dataclass(frozen=True)
class Name:
    """A value of the script that is a node of the network."""

    node: str


def frozen(module: Any) -> Graph:
    """The network of forward(x, edge_index). Its number of features is the one that its first matrix fits."""
    script = module.graph
    given = [value.debugName() for value in script.inputs()]
    if len(given) != 3:
        raise ModelError(f"its forward takes {len(given) - 1} tensors, expected x and edge_index")
    widths = _widths(script)
    if not widths:
        raise ModelError("it has no matrix product with constant weights; freeze the module before it is saved")
    fits: list[Graph] = []
    refused: Exception | None = None
    for features in (f for f in range(1, widths[0] + 1) if widths[0] % f == 0):
        try:
            fits.append(_Reader(features, given[1], given[2]).network(script))
        except (LayerError, _Misfit) as error:
            refused = error
    if len(fits) != 1:
        raise ModelError(f"{len(fits)} numbers of features fit its first matrix of {widths[0]} rows: {refused}")
    return fits[0]


class _Misfit(Exception):
    """Another number of features may fit."""


def _widths(script: Any) -> list[int]:
    """How many numbers of a row each constant matrix multiplies, in the order of their products."""
    found: list[int] = []
    for kind, place, axis in (("aten::addmm", 2, 0), ("aten::linear", 1, 1)):
        for node in script.findAllNodes(kind, True):
            weights = list(node.inputs())[place].toIValue()
            if isinstance(weights, torch.Tensor) and weights.dim() == 2:
                found.append(weights.shape[axis])
    return found


class _Reader:
    """Walks the operators; a value is a Python constant, an array, a list of values, or a Name."""

    def __init__(self, features: int, x: str, edge_index: str) -> None:
        self.graph = Graph("torchscript")
        self.graph.add("x", Input(Tensor((features,), rows=NODES)))
        index = Tensor.of_index((2,), rows=EDGES, index=NODES)
        self.graph.add("edge_index", Input(index, rows_last=True))
        self.values: dict[str, Any] = {x: Name("x"), edge_index: Name("edge_index")}
        self.layers: dict[tuple[str, ...], Layer] = {}

    def network(self, script: Any) -> Graph:
        """The network of the script's graph."""
        self.block(script)
        results = [self.values[value.debugName()] for value in script.outputs()]
        if len(results) != 1 or not isinstance(results[0], Name):
            raise ModelError(f"it returns {len(results)} values, expected one tensor")
        self.graph.outputs.append(Output("output", results[0].node, "output"))
        self.graph.prune()
        verify(self.graph, "reading TorchScript")
        return self.graph

    def block(self, block: Any) -> None:
        for node in block.nodes():
            kind = node.kind()
            if kind not in OPERATORS:
                line = " ".join(str(node).split())[:100]
                raise ModelError(f"the operator {kind} has no layer ({line}); known are {', '.join(sorted(OPERATORS))}")
            results = [value.debugName() for value in node.outputs()]
            self.line = " ".join([kind, *(f"%{name}" for name in results)])
            found = OPERATORS[kind](self, node, [self.values.get(v.debugName()) for v in node.inputs()])
            self.values.update(dict.fromkeys(results, found))

    def refuse(self, found: object, expected: str) -> ModelError:
        return ModelError(f"{self.line}: {found}, expected {expected}")

    def add(self, layer: Layer, *inputs: Any, origin: Any) -> Name:
        """A new node for an operator; its inputs must be nodes."""
        for value in inputs:
            if not isinstance(value, Name):
                raise self.refuse("an input is a constant", "a tensor that depends on x or edge_index")
        kind = origin.kind().rpartition(":")[2]
        name = self.graph.fresh(f"{kind}_{len(self.graph)}")
        try:
            self.graph.add(name, layer, *(value.node for value in inputs), origin=self.line)
        except ModelError as error:
            raise _Misfit(str(error)) from error
        return Name(name)

    def shared(self, node: Any, which: tuple[int, ...], make: Callable[[], Layer]) -> Layer:
        """One layer for all operators that read the same constants."""
        inputs = [value.debugName() for value in node.inputs()]
        key = (node.kind(), *(inputs[i] for i in which))
        if key not in self.layers:
            self.layers[key] = make()
        return self.layers[key]

    def array(self, value: Any, dimensions: int) -> np.ndarray:
        if not isinstance(value, torch.Tensor) or value.dim() != dimensions or not value.is_floating_point():
            raise self.refuse("the weights are no constant", f"a tensor of {dimensions} dimensions; freeze the module")
        numbers: np.ndarray = value.detach().to(torch.float64).numpy()
        return numbers


def _constant(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    return next(node.outputs()).toIValue()


def _list(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    return inputs


def _dim(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    if not isinstance(inputs[0], Name):
        raise reader.refuse("the dimensions of a constant", "those of a tensor that depends on x or edge_index")
    return len(reader.graph[inputs[0].node].type.shape) + 1


def _eq(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    if not all(isinstance(value, int) for value in inputs):
        raise reader.refuse("a comparison of tensors", "one of constants")
    return inputs[0] == inputs[1]


def _if(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    """The branch that is taken, which may not depend on data."""
    if not isinstance(inputs[0], bool):
        raise reader.refuse("a condition that depends on data", "one that is known in advance")
    taken = list(node.blocks())[0 if inputs[0] else 1]
    line = reader.line
    reader.block(taken)
    reader.line = line
    results = [reader.values[value.debugName()] for value in taken.outputs()]
    if len(results) > 1:
        raise reader.refuse(f"a branch with {len(results)} results", "one with one, or none as of an assertion")
    return results[0] if results else None


def _select(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    source, axis, column = inputs
    if source != Name("edge_index") or axis != 0 or column not in (0, 1, -1, -2):
        raise reader.refuse(f"element {column} of axis {axis}", "row 0 or 1 of edge_index")
    return reader.add(Column(column % 2), source, origin=node)


def _index(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    x, rows = inputs
    if not isinstance(rows, list) or len(rows) != 1:
        raise reader.refuse("an index of several axes", "one of rows")
    return reader.add(Gather(), x, rows[0], origin=node)


def _cat(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    parts, axis = inputs
    if not isinstance(parts, list) or axis not in (1, -1):
        raise reader.refuse(f"tensors joined along axis {axis}", "the last of two")
    return reader.add(Concat(), *parts, origin=node)


def _addmm(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    bias, x, matrix, beta, alpha = inputs
    if (beta, alpha) != (1, 1):
        raise reader.refuse(f"beta {beta} and alpha {alpha}", "1 and 1")
    layer = reader.shared(node, (0, 2), lambda: Linear(reader.array(matrix, 2), reader.array(bias, 1)))
    return reader.add(layer, x, origin=node)


def _linear(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    x, matrix, bias = inputs

    def make() -> Layer:
        return Linear(reader.array(matrix, 2).T.copy(), None if bias is None else reader.array(bias, 1))

    return reader.add(reader.shared(node, (1, 2), make), x, origin=node)


def _layer_norm(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    x, shape, gamma, beta, epsilon = inputs[:5]
    if not isinstance(shape, list) or len(shape) != 1:
        raise reader.refuse(f"a layer norm over {shape}", "one over the channels")

    def make() -> Layer:
        n = int(shape[0])
        ones, zeros = np.ones(n), np.zeros(n)
        scale, offset = (d if v is None else reader.array(v, 1) for v, d in ((gamma, ones), (beta, zeros)))
        return LayerNorm(scale, offset, Fraction(str(epsilon)))

    return reader.add(reader.shared(node, (1, 2, 3, 4), make), x, origin=node)


def _squeeze(reader: _Reader, node: Any, inputs: list[Any]) -> Any:
    x, *axes = inputs
    axis = axes[0] if axes else "any"
    if axis not in (1, -1) or not isinstance(x, Name) or reader.graph[x.node].type.shape != (1,):
        raise reader.refuse(f"axis {axis} squeezed", "the only channel of each row: .squeeze(-1) or .squeeze(1)")
    return reader.add(Reshape(()), x, origin=node)


def _plain(layer: Layer) -> Callable[[_Reader, Any, list[Any]], Any]:
    return lambda reader, node, inputs: reader.add(layer, inputs[0], origin=node)


OPERATORS: dict[str, Callable[[_Reader, Any, list[Any]], Any]] = {
    "prim::Constant": _constant, "prim::ListConstruct": _list, "prim::If": _if, "aten::dim": _dim, "aten::eq": _eq,
    "aten::select": _select, "aten::index": _index, "aten::cat": _cat, "aten::addmm": _addmm,
    "aten::linear": _linear, "aten::layer_norm": _layer_norm, "aten::squeeze": _squeeze,
    "aten::tanh": _plain(Tanh()), "aten::relu": _plain(Relu()), "aten::sigmoid": _plain(Sigmoid()),
}  # fmt: skip
"""What is read, each by its function."""
