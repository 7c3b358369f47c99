"""Images travel channels last: transposes meet and cancel, or become part of an input or of dense weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from codesign.ir.graph import Graph, Node
from codesign.ir.layers import (
    Add,
    Concat,
    Crop,
    Dense,
    Elementwise,
    Identity,
    Input,
    MatMul,
    Multiply,
    Reshape,
    Transpose,
)

Axes = tuple[int, ...]


def channels_last(graph: Graph) -> None:
    """transpose(transpose(x)) becomes one transpose or x; f(transpose(x)) becomes transpose(f(x)), so that pairs meet,
    and so for sums, products, joins and parts of transposed streams; dense(flatten(transpose(x))) becomes
    dense(flatten(x)) with its rows permuted, once and exactly; a transpose behind an input becomes part of it: the host
    does it.

    A front end puts transposes around each layer of a channels-first file that wants its channels last. One behind the
    last layer stays. A layer keeps its name; what it computes may then have its axes in another order.
    """
    walk = _Walk(graph)
    for node in graph:
        walk.visit(node)
    outputs = [replace(o, source=walk.read(o.source)) for o in graph.outputs]
    graph.nodes, graph.outputs = walk.new.nodes, outputs
    graph.prune()


@dataclass(frozen=True)
class _Value:
    """What a node of the old graph has become: `source` with its axes put into the order `axes` and then reshaped.

    None stands for axes in their order, and for no other shape.
    """

    source: str
    axes: Axes | None = None
    shape: tuple[int, ...] | None = None


class _Walk:
    """Builds the new graph in the order of the old one; transposes wait until a layer needs them."""

    def __init__(self, graph: Graph) -> None:
        self.old = graph
        self.users = graph.users()
        self.new = Graph(graph.name, graph.origin)
        self.values: dict[str, _Value] = {}
        self.written: dict[_Value, str] = {}
        """Values that stand in the new graph as nodes of their own."""
        self.makers: dict[_Value, Node] = {}
        """The first old transpose that gave a value, for its name."""

    def visit(self, node: Node) -> None:
        """Adds what `node` becomes, and keeps what stands for it."""
        self.values[node.name] = self._value(node)

    def read(self, name: str) -> str:
        """The node of the new graph that gives what the old `name` gave."""
        return self._write(self.old[name], self.values[name])

    def _write(self, node: Node, value: _Value) -> str:
        """The node that gives `value`, which stands for the old `node`."""
        if value.axes is None and value.shape is None:
            return value.source
        if value not in self.written:
            source = value.source
            if value.axes is not None:
                transposed = replace(value, shape=None)
                if transposed not in self.written:
                    maker = self.makers.get(transposed, node)
                    self.written[transposed] = self._add(maker, Transpose(value.axes), source, "transposed")
                source = self.written[transposed]
            if value.shape is not None:
                source = self._add(node, Reshape(value.shape), source, "reshaped")
            self.written[value] = source
        return self.written[value]

    def _add(self, node: Node, layer: Transpose | Reshape, source: str, what: str) -> str:
        """A node that moves elements: under the old one's name if that was of this kind, else under a new one."""
        name = node.name if type(node.layer) is type(layer) else f"{node.name}_{what}"
        while name in self.new or (name != node.name and name in self.old):
            name += "_"
        return self.new.add(name, layer, source, origin=node.origin).name

    def _emit(self, node: Node, *inputs: str) -> str:
        return self.new.add(node.name, node.layer, *inputs, origin=node.origin).name

    def _value(self, node: Node) -> _Value:
        match node.layer:
            case Input() as layer:
                return self._input(node, layer)
            case Transpose(axes):
                value = self.values[node.inputs[0]]
                if value.shape is not None:
                    if _in_order(axes, value.shape):
                        return self._reshape(value, tuple(value.shape[a] for a in axes))
                    value = _Value(self.read(node.inputs[0]))
                found = _Value(value.source, _after(value.axes, axes))
                self.makers.setdefault(found, node)
                return found
            case Reshape(shape):
                return self._reshape(self.values[node.inputs[0]], shape)
            case Identity():
                value = self.values[node.inputs[0]]
                return replace(value, source=self._emit(node, value.source))
            case Elementwise() as layer:
                value = self.values[node.inputs[0]]
                if not layer.per_channel or (value.shape is None and _keeps_last(value.axes)):
                    return replace(value, source=self._emit(node, value.source))
            case Add() | Multiply():
                return self._combined(node)
            case Concat():
                values = [self.values[i] for i in node.inputs]
                orders = {v.axes for v in values}
                if len(orders) == 1 and all(v.shape is None for v in values) and _keeps_last(values[0].axes):
                    return _Value(self._emit(node, *(v.source for v in values)), values[0].axes)
            case Crop(start, stop):
                value = self.values[node.inputs[0]]
                if value.axes is not None and value.shape is None:
                    back = _inverse(value.axes)
                    part = Crop(tuple(start[a] for a in back), tuple(stop[a] for a in back))
                    name = self.new.add(node.name, part, value.source, origin=node.origin).name
                    return _Value(name, value.axes)
            case Dense() | MatMul() as layer:
                value = self.values[node.inputs[0]]
                if value.axes is not None and value.shape == (self.new[value.source].type.size,):
                    return self._permuted(node, layer, value)
            case _:
                pass
        return _Value(self._emit(node, *(self.read(i) for i in node.inputs)))

    def _reshape(self, value: _Value, shape: tuple[int, ...]) -> _Value:
        """A reshape waits behind a transpose that waits, unless that moves nothing."""
        before = self.new[value.source].type.shape
        axes = value.axes
        if axes is not None and value.shape is None:
            axes = None if _in_order(axes, before) else axes
        return _Value(value.source, axes, None if axes is None and shape == before else shape)

    def _permuted(self, node: Node, layer: Dense | MatMul, value: _Value) -> _Value:
        """The product without the transpose before it.

        Row k of its weights, which multiplied element k of the transposed, goes to that element's place before.
        """
        assert value.axes is not None
        source = self._write(self.old[node.inputs[0]], replace(value, axes=None))
        rows = np.arange(len(layer.weights)).reshape(self.new[value.source].type.shape)
        order = np.argsort(rows.transpose(value.axes).ravel())
        permuted: Dense | MatMul
        if isinstance(layer, Dense):
            permuted = replace(layer, weights=layer.weights[order])
        else:
            permuted = replace(layer, weights=layer.weights[order])
        return _Value(self.new.add(node.name, permuted, source, origin=node.origin).name)

    def _combined(self, node: Node) -> _Value:
        """The sum or product in the order of the first stream that waits for a transpose; the other one follows."""
        x, y = (self.values[i] for i in node.inputs)
        if x.shape is not None or y.shape is not None:
            return _Value(self._emit(node, *(self.read(i) for i in node.inputs)))
        axes = x.axes if x.axes is not None else y.axes
        sources = []
        for name, value in zip(node.inputs, (x, y), strict=True):
            back = value.axes if axes is None else _after(value.axes, _inverse(axes))
            sources.append(self._write(self.old[name], _Value(value.source, back)))
        return _Value(self._emit(node, *sources), axes)

    def _input(self, node: Node, layer: Input) -> _Value:
        """The input itself, or one whose axes the host has put into the order that the first layer wants."""
        axes = self._wanted(node, tuple(range(len(node.type.shape))))
        if axes is None or axes == tuple(sorted(axes)):
            return _Value(self._emit(node))
        t = layer.tensor
        alike = t.real or (t.step.uniform and t.offset.uniform)
        if not _keeps_last(axes) and (not alike or any(f.per_channel for f in layer.encoder)):
            return _Value(self._emit(node))
        turned = t.with_shape(tuple(t.shape[a] for a in axes))
        received = axes if layer.axes is None else _after(layer.axes, axes)
        name = self.new.add(node.name, replace(layer, tensor=turned, axes=received), origin=node.origin).name
        return _Value(name, _inverse(axes))

    def _wanted(self, node: Node, axes: Axes) -> Axes | None:
        """The order of axes, counted from the input, in which the first layer that is not free to choose reads it."""
        for reader in self.users[node.name]:
            match reader.layer:
                case Transpose(moved):
                    found = self._wanted(reader, tuple(axes[a] for a in moved))
                case Elementwise() as layer if not layer.per_channel:
                    found = self._wanted(reader, axes)
                case Identity() | Crop():
                    found = self._wanted(reader, axes)
                case Add() | Multiply() | Reshape():
                    found = None
                case _:
                    found = axes
            if found is not None:
                return found
        return None


def _after(first: Axes | None, second: Axes) -> Axes | None:
    """The order that `first` and then `second` give; None where they cancel."""
    axes = second if first is None else tuple(first[a] for a in second)
    return None if axes == tuple(sorted(axes)) else axes


def _in_order(axes: Axes, shape: tuple[int, ...]) -> bool:
    """Whether this order of the axes of `shape` only moves axes of length 1, and so no element."""
    moved = [a for a in axes if shape[a] != 1]
    return moved == sorted(moved)


def _inverse(axes: Axes) -> Axes:
    return tuple(axes.index(a) for a in range(len(axes)))


def _keeps_last(axes: Axes | None) -> bool:
    return axes is None or axes[-1] == len(axes) - 1
