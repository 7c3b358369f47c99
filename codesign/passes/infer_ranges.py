"""Codes that cannot occur need no bits."""

from __future__ import annotations

from dataclasses import replace

from codesign.analysis.chains import MOVES
from codesign.analysis.ranges import ranges
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Affine, Concat, Conv, Pad, Requantize, Slice
from codesign.ir.layers.window import has_zero, zero_codes


def infer_ranges(graph: Graph) -> None:
    """requantize(x): low..high becomes the range that can be reached, by intervals per channel through every layer.

    The code of zero stays in it where a layer pads with zeros what follows.
    """
    found = ranges(graph)
    users = graph.users()

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Requantize):
            return None
        lows, highs = found[node.name]
        low, high = int(lows.min()), int(highs.max())
        if _padded(node, users) and has_zero(node.type):
            zeros = zero_codes(node.type)
            low, high = min(low, int(zeros.min())), max(high, int(zeros.max()))
        return [replace(node, layer=replace(node.layer, low=low, high=high))]

    graph.rewrite(rule)


def _padded(node: Node, users: dict[str, list[Node]]) -> bool:
    """Whether a layer pads these codes, or what only moves them."""
    for reader in users[node.name]:
        layer = reader.layer
        if isinstance(layer, Pad) or (isinstance(layer, Conv) and any(layer.padding)):
            return True
        if isinstance(layer, (*MOVES, Affine, Concat, Slice)) and _padded(reader, users):
            return True
    return False
