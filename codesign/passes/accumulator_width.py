"""Accumulators get the bits that their largest possible sum needs, and no more."""

from __future__ import annotations

from dataclasses import replace

from codesign.analysis.ranges import ranges
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Dense


def accumulator_width(graph: Graph) -> None:
    """dense(x): the bounds of every partial sum, from the interval of each input channel and the constant weights.

    ModelError (from the type rule) for more than 63 bits.
    """
    found = ranges(graph)

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Dense):
            return None
        return [replace(node, layer=replace(node.layer, bounds=node.layer.accumulator(*found[node.inputs[0]])))]

    graph.rewrite(rule)
