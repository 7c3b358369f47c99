"""A product of gathered rows, computed once for each row before it is gathered."""

from __future__ import annotations

import numpy as np

from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Add, Concat
from codesign.ir.layers.rows import Gather, Linear


def split_over_rows(graph: Graph) -> None:
    """linear(concat(gather(x, i), gather(x, j), e)) becomes gather(W1 x, i) + gather(W2 x, j) + (W3 e + bias).

    The same sum of products in another order. An edge network's first layer is then computed for each node, of which
    there are ten times fewer, and nothing as wide as its input is put together for each edge.
    """
    parts: dict[tuple[int, int, int], np.ndarray] = {}
    users = graph.users()

    def part(weights: np.ndarray, start: int, stop: int) -> np.ndarray:
        """These rows of a matrix; the same array for all nodes that share the matrix."""
        return parts.setdefault((id(weights), start, stop), np.ascontiguousarray(weights[start:stop]))

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Linear):
            return None
        joined = graph[node.inputs[0]]
        if not isinstance(joined.layer, Concat) or len(users[joined.name]) > 1 or graph.is_output(joined.name):
            return None
        if len(joined.inputs) < 2:
            return None
        sources = [graph[i] for i in joined.inputs]
        gathered = [isinstance(s.layer, Gather) and len(s.type.shape) == 1 for s in sources]
        if not any(gathered):
            return None
        new: list[Node] = []
        terms, start = [], 0
        bias = node.layer.bias

        def made(layer: Linear | Gather | Add, name: str, *inputs: str) -> str:
            made = graph.node(graph.fresh(name), layer, *inputs, origin=node.origin)
            graph.nodes[made.name] = made
            new.append(made)
            return made.name

        for source, is_gathered in zip(sources, gathered):
            stop = start + source.type.channels
            weights = part(node.layer.weights, start, stop)
            layer = Linear(weights, bias if is_gathered else None)
            if is_gathered:
                bias = None  # added once, where there are fewest rows
                x, index = source.inputs
                terms.append(made(Gather(), f"{node.name}_{source.name}", made(layer, f"{node.name}_of_{x}", x), index))
            else:
                terms.append(made(layer, f"{node.name}_of_{source.name}", source.name))
            start = stop
        total = terms[0]
        for term in terms[1:-1]:
            total = made(Add(), f"{node.name}_partial", total, term)
        new.append(graph.node(node.name, Add(), total, terms[-1], origin=node.origin))
        return new

    graph.rewrite(rule)
