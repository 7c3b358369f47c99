"""Batch norms become part of the weights in front of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from codesign.ir.graph import Graph, Node
from codesign.ir.layers import BatchNorm
from codesign.ir.layers.rows import KernelMapConv, Linear


def fold_batchnorm(graph: Graph) -> None:
    """batchnorm(linear(x)) becomes linear(x), and batchnorm(kernel_map_conv(x, map)) becomes kernel_map_conv(x, map),
    with weights W * s and the bias b * s + (beta - mean * s), s = gamma / sqrt(variance + epsilon).

    The same function of real numbers; s is exact to float64, and the new weights are rounded to float64 once. A layer
    that somebody else reads too, or whose weights are shared, is left alone. The layer takes the norm's name.
    """
    users = graph.users()
    weights = [n.layer.weights for n in graph if isinstance(n.layer, Linear | KernelMapConv)]

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, BatchNorm):
            return None
        before = graph[node.inputs[0]]
        if not isinstance(before.layer, Linear | KernelMapConv):
            return None
        shared = sum(before.layer.weights is w for w in weights) > 1
        if shared or len(users[before.name]) > 1 or graph.is_output(before.name):
            return None
        return [graph.node(node.name, folded(before.layer, node.layer), *before.inputs)]

    graph.rewrite(rule)


def folded(layer: Linear | KernelMapConv, norm: BatchNorm) -> Linear | KernelMapConv:
    """The layer and the norm behind it as one layer."""
    channels = layer.weights.shape[-1]
    affine = norm.affine()
    scale = np.array([float(v) for v in affine.scale.expand(channels)])
    offset = np.array([float(v) for v in affine.offset.expand(channels)])
    bias = offset if layer.bias is None else layer.bias * scale + offset
    return replace(layer, weights=layer.weights * scale, bias=bias)
