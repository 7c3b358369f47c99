"""Scales move to where integers can carry them."""

from __future__ import annotations

import numpy as np

from codesign.analysis.chains import MOVES, rises
from codesign.errors import ModelError
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Affine, BatchNorm, Elementwise, MaxPool, Product, Transpose
from codesign.ir.vector import Vector, common_step


def propagate_scales(graph: Graph) -> bool:
    """f(reshape(x)) becomes reshape(f(x)), so that functions of elements stand next to the layer they follow (so for
    transposes, repeated pixels, and the largest of a window where f never falls); dense(x) or conv(x) with a scale
    per input channel becomes one of one scale, its weights multiplied by integers. Says whether anything changed."""
    moved = False
    while _move_one_forward(graph):
        moved = True

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Product):
            return None
        x = graph[node.inputs[0]].type
        return None if x.real or x.step.uniform else _one_scale(graph, node, node.layer)

    return graph.rewrite(rule) or moved


def _move_one_forward(graph: Graph) -> bool:
    """Swaps the first layer that moves elements with the elementwise one that alone reads it; False without any."""
    users = graph.users()
    for node in graph:
        if not isinstance(node.layer, Elementwise):
            continue
        move = graph[node.inputs[0]]
        alone = len(users[move.name]) == 1 and not graph.is_output(move.name)
        if isinstance(move.layer, MOVES) and alone:
            if isinstance(move.layer, MaxPool) and not (rises(node.layer) and _compares(graph, move, node.layer)):
                continue
            if not node.layer.per_channel or _keeps_channels(graph, move):
                graph.swap(move.name, node.name)
                return True
    return False


def _compares(graph: Graph, pool: Node, before: Elementwise) -> bool:
    """Whether the pool finds the largest codes of `before` its input, or has none to lose: not where a scale is 0."""
    affine = before.affine() if isinstance(before, BatchNorm) else before
    return graph[pool.inputs[0]].type.real or not isinstance(affine, Affine) or 0 not in affine.scale.values


def _keeps_channels(graph: Graph, move: Node) -> bool:
    before = graph[move.inputs[0]].type.shape
    if isinstance(move.layer, Transpose):
        return move.layer.axes[-1] == len(before) - 1
    return before[-1:] == move.type.shape[-1:]


def _one_scale(graph: Graph, node: Node, dense: Product) -> list[Node]:
    """x_i = code * step_i + o_i is read as x_i / k_i with k_i = step_i / g, g the common step; weights times k_i."""
    x = graph[node.inputs[0]].type
    steps = x.step.expand(x.channels)
    if 0 in steps:
        raise ModelError(
            f"{graph.origin}: node {node.origin}: input channel {steps.index(0)} has scale zero; remove the channel"
        )
    g = common_step(steps)
    factors = [int(s / g) for s in steps]
    weights = dense.weights.astype(object) * dense.per_input(np.array(factors, dtype=object))
    bits = Fixed.covering(int(weights.min()), int(weights.max()))
    if bits.width > MAX_WIDTH:
        raise ModelError(
            f"{graph.origin}: node {node.origin}: the {x.channels} scales of its input have no common step within "
            f"{MAX_WIDTH} bits; put a quantizer of one scale before it, or give the layer before a result precision"
        )
    same = Affine(Vector(tuple(g / s for s in steps)))
    read = graph.node(graph.fresh(f"{node.name}_input"), same, *node.inputs)
    graph.nodes[read.name] = read
    return [read, graph.node(node.name, dense.changed(weights=weights.astype(np.int64), bits=bits), read.name)]
