"""What each part of a network becomes for a choice of folding: the matrix products, and the regions between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

import numpy as np

from codesign.analysis.cost import CONTROL, kernel_cost, stream_cost
from codesign.analysis.delays import Delays, delays
from codesign.config import Strategy
from codesign.errors import IRError
from codesign.ir.design import Design
from codesign.ir.graph import Graph, Node, Output
from codesign.ir.layers import Dense, Input, Product
from codesign.ir.tensor import Tensor
from codesign.passes.builder import Builder, Fold, is_product, matrix_shape, windows_before
from codesign.passes.lower import lower_layer
from codesign.targets import Resources


@dataclass(frozen=True)
class Piece:
    """Processes and streams, as the whole design will have them.

    `entries` are the streams that others write, `exits` those that others read; an entry's cost belongs to the piece
    that writes it.
    """

    design: Design
    entries: tuple[str, ...]
    exits: tuple[str, ...]
    _delays: dict[object, tuple[Delays, ...]] = field(default_factory=dict, repr=False, compare=False)

    def delays(self, shares: Sequence[float], clock_mhz: float) -> tuple[Delays, ...]:
        """For each of its exits what that waits for, at these shares of a sample."""
        key = (*shares, clock_mhz)
        if key not in self._delays:
            found = (delays(self.design, exit, self.entries, shares, clock_mhz) for exit in self.exits)
            self._delays[key] = tuple(found)
        return self._delays[key]

    @cached_property
    def cost(self) -> Resources:
        """What it needs, with FIFOs of the least depth."""
        processes = (CONTROL + kernel_cost(p.kernel) for p in self.design)
        streams = (stream_cost(s) for name, s in self.design.streams.items() if name not in self.entries)
        return sum((*processes, *streams), Resources())

    @cached_property
    def interval(self) -> int:
        """Cycles per sample of its slowest process."""
        return self.design.interval()


@dataclass(frozen=True)
class Region:
    """Layers that lie between matrix products: what the products `writers` write reaches, through streams that belong
    together, what the products `readers` read. A product may be among both, where paths part and meet."""

    writers: tuple[str, ...]
    readers: tuple[str, ...]
    nodes: tuple[str, ...]
    """All of these and the layers between them, in the network's order."""
    outputs: tuple[Output, ...]

    @property
    def products(self) -> list[str]:
        """The products at its ends."""
        return list(dict.fromkeys((*self.writers, *self.readers)))


class Pieces:
    """The products and the regions of a pruned network, each lowered on its own for the folds at its ends."""

    def __init__(self, graph: Graph, strategies: Mapping[str, Strategy]) -> None:
        self.graph = graph
        self.strategies = strategies
        self.products = {n.name: n for n in graph if is_product(n.layer)}
        self.regions = tuple(_regions(graph))
        self._windows: dict[tuple[str, int, int, int], tuple[int, tuple[object, ...]]] = {}
        self._product: dict[tuple[object, ...], Piece] = {}
        self._region: dict[tuple[object, ...], Piece] = {}

    def input(self, name: str) -> Tensor:
        """The type of what a product reads."""
        return self.graph[self.products[name].inputs[0]].type

    def product(self, name: str, fold: Fold, pace: int) -> Piece:
        """A product with the windows in front of it, in a design that has `pace` cycles for a sample."""
        key = (name, fold.pe, fold.simd, fold.multiplier, self._before(name, fold, pace)[1])
        if key not in self._product:
            node = self.products[name]
            source = _source(self.graph[node.inputs[0]])
            if fold.reuse(*matrix_shape(node.layer)) > 1:
                node = _blank(node)
            build = self._builder([source, node], [Output(name, name, name)], {name: fold}, pace)
            entry = _entry(build, source, self.lanes(name, fold, pace))
            lower_layer(node.layer, node, build)
            self._product[key] = Piece(build.design, (entry,), (build.design.processes[name].writes[0],))
        return self._product[key]

    def bound(self, name: str, fold: Fold) -> int:
        """An interval that the product is never below with this fold: of a dense layer what its multipliers take. (Of a
        convolution some products may be left out.)"""
        node = self.products[name]
        if not isinstance(node.layer, Dense):
            return 1
        return node.type.size // node.layer.outputs * fold.reuse(*matrix_shape(node.layer))

    def lanes(self, name: str, fold: Fold, pace: int) -> int:
        """With how many lanes a product of that folding, or what gives it windows, reads its input."""
        return self._before(name, fold, pace)[0]

    def _before(self, name: str, fold: Fold, pace: int) -> tuple[int, tuple[object, ...]]:
        """(the lanes with which it is read, what tells one chain of windows in front of a product from another)."""
        key = (name, fold.pe, fold.simd, pace)
        if key not in self._windows:
            kernels = windows_before(self.products[name], self.input(name), fold, pace)
            lanes = [kernel.reads[0].lanes for kernel in kernels]
            self._windows[key] = lanes[0] if lanes else fold.simd, (*map(type, kernels), *lanes)
        return self._windows[key]

    def region(self, region: Region, folds: Mapping[str, Fold], pace: int) -> Piece:
        """A region between products of these folds."""
        key = (region.nodes, pace, *(self.look(name, region, folds[name], pace) for name in region.products))
        if key not in self._region:
            self._region[key] = self._lower(region, folds, pace)
        return self._region[key]

    def look(self, name: str, region: Region, fold: Fold, pace: int) -> tuple[int, int]:
        """What a region sees of a product's fold: the lanes that it writes, and those that it reads."""
        pe = fold.pe if name in region.writers else 0
        return pe, self.lanes(name, fold, pace) if name in region.readers else 0

    def least_interval(self, region: Region, options: Mapping[str, Sequence[Fold]], pace: int) -> int:
        """The smallest interval of a region, whatever its ends are; one that it can have, where they are many, or where
        it is no more than the pace."""
        ends = [
            list({self.look(name, region, fold, pace): fold for fold in reversed(options[name])}.values())
            for name in region.products
        ]
        if len(ends) > 2:
            ends = [[max(folds, key=lambda fold: (fold.pe, fold.simd))] for folds in ends]
        best: int | None = None
        for folds in product(*ends):  # the widest first
            interval = self.region(region, dict(zip(region.products, folds)), pace).interval
            best = interval if best is None else min(best, interval)
            if best <= pace:
                break
        return best or 1

    def cost(self, folds: Mapping[str, Fold], pace: int) -> Resources:
        """The sum of all pieces."""
        products = (self.product(name, fold, pace).cost for name, fold in folds.items())
        regions = (self.region(region, folds, pace).cost for region in self.regions)
        return sum((*products, *regions), Resources())

    def _lower(self, region: Region, folds: Mapping[str, Fold], pace: int) -> Piece:
        known = {name: self.graph[name] for name in region.nodes}
        nodes = [node if set(node.inputs) <= set(known) else _source(node) for node in known.values()]
        build = self._builder(nodes, region.outputs, {name: folds[name] for name in region.readers}, pace)
        entries, exits = [], []
        for node in nodes:
            if node.name in region.readers:
                exits.append(build.read(node, 0, self.lanes(node.name, folds[node.name], pace)))
            if node.name in region.writers:
                entries.append(_entry(build, node, folds[node.name].pe))
            elif node.name not in self.products and not build.has_no_hardware(node):
                lower_layer(node.layer, node, build)
        for output in region.outputs:
            build.output(output)
        exits += [port.stream for port in build.design.outputs]
        return Piece(build.design, tuple(entries), tuple(exits))

    def _builder(
        self, nodes: Sequence[Node], outputs: Sequence[Output], folding: Mapping[str, Fold], pace: int
    ) -> Builder:
        graph = Graph(self.graph.name, self.graph.origin)
        graph.nodes = {node.name: node for node in nodes}
        graph.outputs = list(outputs)
        return Builder(graph, folding, self.strategies, pace)


def _entry(build: Builder, node: Node, lanes: int) -> str:
    """A stream of the node's result that comes from outside the piece."""
    if node.type.size % lanes:
        raise IRError(f"folding: {lanes} lanes do not divide {node.name} of {node.type.size} elements")
    stream = build.stream(f"{node.name}_out", node.type.type, lanes, node.type.size // lanes)
    build.publish(node, stream)
    return stream


def _source(node: Node) -> Node:
    """The same result, from nowhere."""
    return Node(node.name, Input(node.type), (), node.type, node.origin)


def _blank(node: Node) -> Node:
    """The same product without its weights, which decide neither cycles nor cost where multipliers take turns; their
    place takes no memory."""
    assert isinstance(node.layer, Product)
    weights = np.broadcast_to(np.int64(0), node.layer.weights.shape)
    return replace(node, layer=node.layer.changed(weights=weights))


def _regions(graph: Graph) -> Iterator[Region]:
    """The connected parts of a network that is cut at its products."""
    part: dict[str, int] = {}
    """For each node the part that its result belongs to."""
    for number, node in enumerate(graph):
        part[node.name] = number
        if not is_product(node.layer):
            joined = {part[i] for i in node.inputs}
            part.update({name: number for name, found in part.items() if found in joined})
    for number in dict.fromkeys(part.values()):
        inside = [name for name, found in part.items() if found == number]
        writers = tuple(name for name in inside if is_product(graph[name].layer))
        readers = tuple(n.name for n in graph if is_product(n.layer) and n.inputs[0] in inside)
        nodes = tuple(n.name for n in graph if n.name in inside or n.name in readers)
        yield Region(writers, readers, nodes, tuple(o for o in graph.outputs if o.source in inside))
