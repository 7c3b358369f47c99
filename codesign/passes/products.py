"""The matrix products of a network: the foldings that each can have, what they cost, and which go well together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from codesign.analysis.cost import CONTROL, kernel_cost
from codesign.config import Strategy
from codesign.ir.graph import Graph, Node
from codesign.ir.kernels import Apply
from codesign.ir.layers import Conv, Requantize
from codesign.ir.tensor import Tensor
from codesign.passes.builder import (
    Fold,
    is_product,
    matrix_shape,
    moves_nothing,
    product_cycles,
    product_interval,
    read_lanes,
    windows_before,
)
from codesign.passes.linebuffer import MAX_BEAT_BITS
from codesign.passes.lower import matvec
from codesign.targets import Resources

MAX_PRODUCTS = 4096
"""The most products that one MatVec makes at a time. HLS tools unroll each into operations of its own; beyond some
thousands, scheduling takes hours (their own limit for a fully partitioned array is 4,096 elements)."""


def achievable_reuse(node: Node) -> list[int]:
    """The reuse factors that the divisors of a product and our limits allow, ascending."""
    return sorted({fold.reuse(*matrix_shape(node.layer)) for fold in foldings(node)})


def foldings(node: Node) -> list[Fold]:
    """Every folding of a product within our limits; that of a convolution cuts no pixel of its windows in parts."""
    inputs, outputs = matrix_shape(node.layer)
    channels = node.layer.weights.shape[2] if isinstance(node.layer, Conv) else inputs
    return [
        Fold(pe, simd)
        for pe in _divisors(outputs)
        for simd in _divisors(inputs)
        if pe * simd <= MAX_PRODUCTS and pe * node.type.type.width <= MAX_BEAT_BITS
        if channels % simd == 0 or simd % channels == 0
    ]


class Products:
    """The products of a pruned network by name, and their foldings by the interval that these give."""

    def __init__(self, graph: Graph, limit: Resources, strategies: Mapping[str, Strategy]) -> None:
        self.graph = graph
        self.limit = limit
        self.strategies = strategies
        self.nodes = {n.name: n for n in graph if is_product(n.layer)}
        self.before = {name: self._behind(node) for name, node in self.nodes.items()}
        """For each product the one whose lanes reach it, if any."""
        self.by_interval: dict[str, dict[int, list[Fold]]] = {}
        for name, node in self.nodes.items():
            x = graph[node.inputs[0]].type.type
            found = self.by_interval[name] = {}
            for fold in foldings(node):
                if fold.simd * x.width <= MAX_BEAT_BITS:
                    found.setdefault(self.interval(name, fold), []).append(fold)
        self._costs: dict[tuple[str, int, int], Resources] = {}
        self._lane_costs: dict[tuple[str, int, int], Resources] = {}
        self._requantizers: dict[str, list[Node]] = {name: [] for name in self.nodes}
        for node in graph:
            if isinstance(node.layer, Requantize):
                maker = self._maker(node)
                if maker is not None and maker.name in self.nodes:
                    self._requantizers[maker.name].append(node)

    def interval(self, name: str, fold: Fold) -> int:
        """Cycles per sample of one product."""
        return product_interval(self.nodes[name], self._input(name), fold)

    def reuse(self, name: str, fold: Fold) -> int:
        """The reuse factor of one product."""
        return fold.reuse(*matrix_shape(self.nodes[name].layer))

    def nearest(self, name: str, wanted: int) -> Fold:
        """A fold with the achievable reuse nearest to the wanted one, the smaller of two equally near."""
        folds = [f for group in self.by_interval[name].values() for f in group]
        best = min(folds, key=lambda f: (abs(self.reuse(name, f) - wanted), self.reuse(name, f)))
        return replace(best, requested=wanted)

    def cost(self, name: str, fold: Fold) -> Resources:
        """What one product needs, with the windows in front of it and without its streams."""
        key = (name, fold.pe, fold.simd)
        if key not in self._costs:
            node, x = self.nodes[name], self._input(name)
            need = kernel_cost(matvec(node, x.type, fold, self.strategies.get(name, Strategy.AUTO)))
            before = windows_before(node, x, fold, product_cycles(node, fold))
            need = sum((CONTROL + kernel_cost(kernel) for kernel in before), need)
            self._costs[key] = need
        return self._costs[key]

    def _input(self, name: str) -> Tensor:
        """The type of what a product reads."""
        return self.graph[self.nodes[name].inputs[0]].type

    def cheapest(self, options: Mapping[str, Sequence[Fold]], thrifty: int | None = None) -> dict[str, Fold]:
        """One of its options for each product, such that all together, with the lane converters between them, need
        the fewest products at a time (or the least of the resource of index `thrifty`), and then the smallest
        sum of shares of the device.

        What a choice costs downstream depends only on its `pe`: a table of the best for each product, made from
        the last to the first, gives the optimum wherever each product has one reader.
        """
        best: dict[str, dict[int | None, tuple[tuple[float, ...], Fold]]] = {}
        for name in reversed(self.nodes):
            after = [best[reader] for reader, before in self.before.items() if before == name]
            scored = [(self._score(name, fold, thrifty, after), fold) for fold in options[name]]
            source = self.before[name]
            lanes = {None} if source is None else {fold.pe for fold in options[source]}
            x, node = self._input(name), self.nodes[name]
            best[name] = {}
            for before in lanes:
                converted = [
                    (_plus(score, self._converters(before, read_lanes(node, x, f), x.type.width, thrifty)), f)
                    for score, f in scored
                ]
                best[name][before] = min(converted, key=lambda item: item[0])
        chosen: dict[str, Fold] = {}
        for name in self.nodes:
            source = self.before[name]
            chosen[name] = best[name][None if source is None else chosen[source].pe][1]
        return chosen

    def _score(
        self, name: str, fold: Fold, thrifty: int | None, after: list[dict[int | None, tuple[tuple[float, ...], Fold]]]
    ) -> tuple[float, ...]:
        need = self.cost(name, fold) + self._lane_cost(name, fold)
        scarce = fold.pe * fold.simd if thrifty is None else tuple(need)[thrifty]
        score: tuple[float, ...] = (scarce, self._share(need), -fold.simd)
        for table in after:
            score = _plus(score, table[fold.pe][0])
        return score

    def _lane_cost(self, name: str, fold: Fold) -> Resources:
        """The streams at both sides of a product, and the requantizers of its `pe` lanes."""
        key = (name, fold.pe, fold.simd)
        if key not in self._lane_costs:
            node = self.nodes[name]
            x, y = self.graph[node.inputs[0]].type.type, node.type.type
            bits = fold.pe * y.width + fold.simd * x.width
            need = Resources(lut=bits, ff=bits)
            for reader in self._requantizers[name]:
                assert isinstance(reader.layer, Requantize)
                channels = reader.type.channels if reader.type.channels % fold.pe == 0 else node.type.channels
                need += kernel_cost(Apply(reader.layer.function, 1, channels, fold.pe, y, reader.type.type))
            self._lane_costs[key] = need
        return self._lane_costs[key]

    def _converters(self, before: int | None, simd: int, width: int, thrifty: int | None) -> tuple[float, ...]:
        """The score of the converters between lanes `before` and `simd`: none, one, or two if neither divides."""
        if before is None or before == simd:
            return 0, 0, 0
        wide = max(before, simd) * width
        one = CONTROL + Resources(lut=2 * wide + 12, ff=2 * wide + 12)  # a shift register and its FIFO
        need = one if before % simd == 0 or simd % before == 0 else one + one
        return 0 if thrifty is None else tuple(need)[thrifty], self._share(need), 0

    def _share(self, need: Resources) -> float:
        return sum(n / most for n, most in zip(need, self.limit) if most)

    def _behind(self, node: Node) -> str | None:
        found = self._maker(node)
        while found is not None and not is_product(found.layer):
            found = self._maker(found)
        return None if found is None else found.name

    def _maker(self, node: Node) -> Node | None:
        """The node whose codes this one reads first, behind what only relabels them; None behind an input."""
        while node.inputs:
            node = self.graph[node.inputs[0]]
            if not moves_nothing(node.layer, node.inputs, self.graph):
                return node
        return None


def _plus(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(x + y for x, y in zip(a, b))


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]
