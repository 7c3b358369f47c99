"""Accumulators get the bits that their largest possible sum needs, and no more."""

from __future__ import annotations

from dataclasses import replace

from codesign.analysis.ranges import ranges
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Product


def accumulator_width(graph: Graph) -> None:
    """dense(x), conv(x): the bounds of every partial sum, from the interval of each input channel and the weights.

    ModelError (from the type rule) for more than 63 bits.
    """
    found = ranges(graph)

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Product):
            return None
        (source,) = node.inputs
        bounds = node.layer.accumulator(*node.layer.sees(graph[source].type, *found[source]))
        return [replace(node, layer=node.layer.changed(bounds=bounds))]

    graph.rewrite(rule)
