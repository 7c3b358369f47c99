"""The network: named nodes in order, each a layer applied to earlier nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesign.errors import IRError, LayerError, ModelError
from codesign.ir.layers.base import Layer
from codesign.ir.layers.input import Input
from codesign.ir.lazy import Given, lazily
from codesign.ir.reals import Reals
from codesign.ir.tensor import Array, Found, Tensor, Values


@dataclass(frozen=True)
class Node:
    """A layer applied to the results of `inputs`; `origin` is the node's name in the user's file."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    type: Tensor
    origin: str


@dataclass(frozen=True)
class Output:
    """A named result of the network; `origin` is the tensor's name in the user's file."""

    name: str
    source: str
    origin: str


class Graph:
    """Nodes by name in topological order, and the named outputs. Names are C identifiers."""

    def __init__(self, name: str, origin: str = "") -> None:
        self.name = name
        self.origin = origin or name
        self.nodes: dict[str, Node] = {}
        self.outputs: list[Output] = []

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(list(self.nodes.values()))

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def inputs(self) -> list[Node]:
        """The input nodes, in the file's order."""
        return [n for n in self.nodes.values() if isinstance(n.layer, Input)]

    def node(self, name: str, layer: Layer, *inputs: str, origin: str = "") -> Node:
        """A node whose type follows from its inputs, which must be in the graph; it is not yet added."""
        return Node(name, layer, inputs, self._result(origin or name, layer, inputs), origin or name)

    def _result(self, origin: str, layer: Layer, inputs: Sequence[str]) -> Tensor:
        try:
            return layer.result_on_rows(*(self.nodes[i].type for i in inputs))
        except LayerError as error:
            raise ModelError(f"{self.origin}: node {origin}: {error}") from error

    def add(self, name: str, layer: Layer, *inputs: str, origin: str = "") -> Node:
        """A new last node."""
        if name in self.nodes:
            raise IRError(f"graph: two nodes are called {name}")
        node = self.nodes[name] = self.node(name, layer, *inputs, origin=origin)
        return node

    def copy(self) -> Graph:
        """The same network, which a pass may change without touching this one (nodes are values)."""
        other = Graph(self.name, self.origin)
        other.nodes = dict(self.nodes)
        other.outputs = list(self.outputs)
        return other

    def users(self) -> dict[str, list[Node]]:
        """For each node those that read it, once per reading input (add(x, x) reads x twice)."""
        found: dict[str, list[Node]] = {name: [] for name in self.nodes}
        for node in self.nodes.values():
            for i in node.inputs:
                found[i].append(node)
        return found

    def is_output(self, name: str) -> bool:
        """Whether the network gives this node's result to the user."""
        return any(o.source == name for o in self.outputs)

    def fresh(self, name: str) -> str:
        """`name`, or `name_2`, `name_3`, ... if that is taken."""
        if name not in self.nodes:
            return name
        return next(f"{name}_{k}" for k in range(2, len(self.nodes) + 3) if f"{name}_{k}" not in self.nodes)

    def rewrite(self, rule: Callable[[Node], Iterable[Node] | None]) -> bool:
        """Rebuild the graph, replacing each node by what `rule` gives for it; says whether anything changed.

        A replacement is a list of nodes, the last with the visited one's name; the others are new, or redefine
        an earlier node that only the visited one reads.
        During the walk `self` holds the nodes already rebuilt (so `self.node` sees new types) before the old
        ones; types are derived again downstream. A node that is no longer read stays: `prune` removes it.
        """
        changed = False
        old = self.nodes
        self.nodes = dict(old)
        rebuilt: dict[str, Node] = {}
        for node in old.values():
            if node.inputs:
                node = replace(node, type=self._result(node.origin, node.layer, node.inputs))
                self.nodes[node.name] = node
            new = rule(node)
            if new is None:
                rebuilt[node.name] = node
                continue
            items = list(new)
            if not items or items[-1].name != node.name:
                raise IRError(f"rewrite: the replacement of {node.name} does not end in it")
            changed = True
            for item in items:
                earlier = rebuilt.pop(item.name, None)
                later = earlier is None and item.name in old and item.name != node.name
                if later or (earlier is not None and item.name not in node.inputs):
                    raise IRError(f"rewrite: {item.name} is defined twice")
                origin = node.origin if item.name == node.name else item.origin
                typed = self._result(origin, item.layer, item.inputs)
                rebuilt[item.name] = self.nodes[item.name] = replace(item, type=typed, origin=origin)
        self.nodes = rebuilt
        return changed

    def rebuild(self, nodes: Iterable[Node]) -> None:
        """Make these, in this order, the nodes of the graph; types are derived again."""
        ordered = list(nodes)
        self.nodes = {}
        for node in ordered:
            self.nodes[node.name] = replace(node, type=self._result(node.origin, node.layer, node.inputs))

    def swap(self, first: str, second: str) -> None:
        """g(f(x)) becomes f(g(x)), where `second` (g) is the only reader of `first` (f) and both have one input."""
        f, g = self.nodes[first], self.nodes[second]
        nodes: list[Node] = []
        for node in self.nodes.values():
            if node is g:
                nodes += [replace(g, inputs=f.inputs), replace(f, inputs=(second,))]
            elif node is not f:
                nodes.append(replace(node, inputs=tuple(first if i == second else i for i in node.inputs)))
        self.outputs = [replace(o, source=first) if o.source == second else o for o in self.outputs]
        self.rebuild(nodes)

    def insert_after(self, name: str, new: str, layer: Layer) -> None:
        """Every reader of `name`, and every output on it, reads `layer` of it instead, a node called `new`."""
        nodes: list[Node] = []
        for node in self.nodes.values():
            nodes.append(replace(node, inputs=tuple(new if i == name else i for i in node.inputs)))
            if node.name == name:
                nodes.append(Node(new, layer, (name,), node.type, node.origin))
        self.outputs = [replace(o, source=new) if o.source == name else o for o in self.outputs]
        self.rebuild(nodes)

    def replace_uses(self, name: str, by: str) -> None:
        """Let every reader of `name`, and every output on it, read `by`, which comes before them."""
        for node in self:
            if name in node.inputs:
                swapped = tuple(by if i == name else i for i in node.inputs)
                self.nodes[node.name] = replace(node, inputs=swapped)
        self.outputs = [replace(o, source=by) if o.source == name else o for o in self.outputs]

    def prune(self) -> None:
        """Remove the nodes that no output needs; inputs stay, they are the user's interface."""
        needed = {o.source for o in self.outputs}
        for node in reversed(list(self.nodes.values())):
            if node.name in needed or isinstance(node.layer, Input):
                needed.update(node.inputs)
                needed.add(node.name)
        self.nodes = {k: v for k, v in self.nodes.items() if k in needed}

    def run(self, inputs: Sequence[np.ndarray], keep: bool = False) -> dict[str, Found]:
        """The exact meaning on real `inputs`, one array (n, *shape) per input node: node name -> codes or values.

        Only the outputs' sources are kept unless `keep`. Float inputs are taken exactly. Real values may wait to be
        computed (`Reals`) until somebody asks for them.
        """
        if len(inputs) != len(self.inputs):
            raise IRError(f"graph: {len(inputs)} arrays for {len(self.inputs)} inputs")
        found: dict[str, Found] = {}
        for node, x in zip(self.inputs, inputs, strict=True):
            layer = node.layer
            assert isinstance(layer, Input)
            found[node.name] = Given(layer.numbers(x)) if layer.tensor.real else layer.encode(x)
        return self._run(found, keep)

    def run_codes(self, inputs: Sequence[Array], keep: bool = False) -> dict[str, Found]:
        """The same on integer codes of the inputs, which must all be typed."""
        return self._run({n.name: np.asarray(x) for n, x in zip(self.inputs, inputs, strict=True)}, keep)

    def _run(self, found: dict[str, Found], keep: bool) -> dict[str, Found]:
        left = {name: len(users) + self.is_output(name) for name, users in self.users().items()}
        for node in self.nodes.values():
            if node.name not in found:
                found[node.name] = self._result_of(node, [found[i] for i in node.inputs])
            for i in node.inputs:
                left[i] -= 1
                if not left[i] and not keep:
                    found.pop(i, None)
        return found

    def _result_of(self, node: Node, inputs: Sequence[Found]) -> Found:
        types = [self.nodes[i].type for i in node.inputs]
        found = lazily(node.layer, types, node.type, inputs)
        if found is None:
            found = node.layer.run(types, node.type, [x.values if isinstance(x, Reals) else x for x in inputs])
        return found

    def values(self, inputs: Sequence[np.ndarray]) -> list[Values]:
        """The exact real values of the outputs on real inputs."""
        return self.read_outputs(self.run(inputs))

    def read_outputs(self, found: Mapping[str, Found]) -> list[Values]:
        """The exact real values of the outputs from what `run` found."""
        values = []
        for output in self.outputs:
            values.append(self.nodes[output.source].type.exact(found[output.source]))
        return values
