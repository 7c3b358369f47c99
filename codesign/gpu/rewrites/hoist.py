"""What a product adds in every step of a loop, computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Add, Concat
from codesign.ir.layers.rows import Linear

LEAST = 16
"""Channels of a part that is worth an addition of its own."""
Part = tuple[int, str, int, int]
"""The id of a matrix, the node that some of its rows multiply, and the first and the last of these rows."""


def hoist_invariants(graph: Graph, least: int = LEAST) -> None:
    """linear(concat(x, a)) and linear(concat(y, a)), with the same weights, become W1 x + (W2 a) and W1 y + (W2 a).

    The same sums in another order. In a network whose steps share their weights, W2 a is then computed once for all
    steps: that of a network's initial encoding, for example, which each step reads again. Parts of fewer than `least`
    channels stay: their products cost less than the addition that would replace them.
    """
    count = Counter(part for node in graph for part in _parts(graph, node))
    wide = {part for part, uses in count.items() if uses > 1 and part[3] - part[2] >= least}
    weights: dict[tuple[int, tuple[int, ...]], np.ndarray] = {}
    products: dict[Part, str] = {}

    def rule(node: Node) -> list[Node] | None:
        parts = list(_parts(graph, node))
        fixed = [part for part in parts if part in wide]
        if not fixed or len(fixed) == len(parts):
            return None
        assert isinstance(node.layer, Linear)
        matrix = node.layer.weights
        new: list[Node] = []

        def made(name: str, layer: Linear | Concat | Add, *inputs: str) -> str:
            found = graph.node(graph.fresh(name), layer, *inputs, origin=node.origin)
            graph.nodes[found.name] = found
            new.append(found)
            return found.name

        def rows(*parts: Part) -> np.ndarray:
            """Their rows of the matrix; one array for all steps."""
            chosen = tuple(row for _, _, start, stop in parts for row in range(start, stop))
            return weights.setdefault((id(matrix), chosen), np.ascontiguousarray(matrix[list(chosen)]))

        left = [part for part in parts if part not in wide]
        joined = left[0][1]
        if len(left) > 1:
            joined = made(f"{node.name}_inputs", Concat(), *(part[1] for part in left))
        total = made(f"{node.name}_varying", Linear(rows(*left), node.layer.bias), joined)
        for part in fixed:
            if part not in products:
                products[part] = made(f"{node.name}_of_{part[1]}", Linear(rows(part)), part[1])
        for part in fixed[:-1]:
            total = made(f"{node.name}_partial", Add(), total, products[part])
        new.append(graph.node(node.name, Add(), total, products[fixed[-1]], origin=node.origin))
        return new

    graph.rewrite(rule)


def _parts(graph: Graph, node: Node) -> Iterator[Part]:
    """The parts of what a product multiplies; none unless it multiplies several."""
    if not isinstance(node.layer, Linear):
        return
    joined = graph[node.inputs[0]]
    if not isinstance(joined.layer, Concat):
        return
    start = 0
    for name in joined.inputs:
        channels = graph[name].type.channels
        yield id(node.layer.weights), name, start, start + channels
        start += channels
