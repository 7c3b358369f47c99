"""Layers that change nothing go away."""

from __future__ import annotations

from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Affine, Crop, Identity, LeakyRelu, Quantize, Reshape, Transpose
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, ZERO


def remove_identities(graph: Graph) -> None:
    """f(x) becomes x where f is an identity, a multiplication by 1, a reshape to the same shape, the whole as a part, a
    leaky relu of what is never negative, or a quantizer whose every input code is already one of its own codes."""
    for name in list(graph.nodes):
        node = graph[name]
        if node.inputs and _changes_nothing(node, graph[node.inputs[0]].type):
            graph.replace_uses(name, node.inputs[0])
    graph.prune()
    graph.rebuild(graph)


def _changes_nothing(node: Node, x: Tensor) -> bool:
    match node.layer:
        case Identity():
            return True
        case Affine(scale, offset):
            return scale == ONE and offset == ZERO
        case Reshape(shape):
            return shape == x.shape
        case Transpose(axes):
            return axes == tuple(sorted(axes))
        case Crop():
            return node.type.shape == x.shape
        case LeakyRelu():
            return not node.type.real  # it has codes only where all are those of its input
        case Quantize() as quantizer:
            return not x.real and _keeps_codes(quantizer, x)
        case _:
            return False


def _keeps_codes(quantizer: Quantize, x: Tensor) -> bool:
    """Whether each code of `x` is the quantizer's code of the same value."""
    same = quantizer.step == x.step and quantizer.offset == x.offset and min(x.step.values) > 0
    return same and quantizer.low <= x.low and x.high <= quantizer.high
