"""Runs of elementwise layers between two layers that mix elements."""

from __future__ import annotations

from codesign.ir.graph import Graph, Node
from codesign.ir.layers import (
    Affine,
    BatchNorm,
    Crop,
    Elementwise,
    Layer,
    MaxPool,
    MultiThreshold,
    Quantize,
    Reshape,
    Sign,
    Transpose,
    Upsample,
)

MOVES: tuple[type[Layer], ...] = (Reshape, Transpose, MaxPool, Upsample, Crop)
"""Layers of one input whose results are elements of it, elsewhere."""


def chain_ending_in(graph: Graph, last: Node, users: dict[str, list[Node]]) -> list[Node]:
    """The longest run of elementwise nodes that ends in `last`, first to last; only `last` may have several
    readers or be an output, since the others vanish into it."""
    chain = [last]
    while True:
        name = chain[0].inputs[0]
        if not isinstance(graph[name].layer, Elementwise) or len(users[name]) > 1 or graph.is_output(name):
            return chain
        chain.insert(0, graph[name])


def chain_starting_at(graph: Graph, first: Node, users: dict[str, list[Node]]) -> list[Node]:
    """The longest run of elementwise nodes that starts with `first`, each read by the next alone."""
    chain = [first]
    while not graph.is_output(chain[-1].name):
        readers = users[chain[-1].name]
        if len(readers) != 1 or not isinstance(readers[0].layer, Elementwise):
            break
        chain.append(readers[0])
    return chain


def is_stepper(node: Node) -> bool:
    """Whether the node gives integer codes for any real input."""
    return isinstance(node.layer, (Quantize, MultiThreshold, Sign))


def rises(layer: Elementwise) -> bool:
    """Whether a larger input never gives a smaller result, in any channel."""
    match layer:
        case BatchNorm():
            return rises(layer.affine())
        case Affine():
            return min(layer.scale.values) >= 0
        case MultiThreshold():
            return min(layer.step.values) > 0
        case _:
            return layer.monotone
