"""Batch norms become multiplications and additions."""

from __future__ import annotations

from codesign.ir.graph import Graph, Node
from codesign.ir.layers import BatchNorm


def fold_batchnorm(graph: Graph) -> None:
    """batchnorm(x) becomes affine(x): the same values, and affines merge with their neighbours."""

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, BatchNorm):
            return None
        return [graph.node(node.name, node.layer.affine(), *node.inputs)]

    graph.rewrite(rule)
