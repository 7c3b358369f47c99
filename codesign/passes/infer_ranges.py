"""Codes that cannot occur need no bits."""

from __future__ import annotations

from dataclasses import replace

from codesign.analysis.ranges import ranges
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Requantize


def infer_ranges(graph: Graph) -> None:
    """requantize(x): low..high becomes the range that can be reached, by intervals per channel through every layer."""
    found = ranges(graph)

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Requantize):
            return None
        lows, highs = found[node.name]
        return [replace(node, layer=replace(node.layer, low=int(lows.min()), high=int(highs.max())))]

    graph.rewrite(rule)
