"""Edges that could be part of a track, by the features of their two hits: an MLP."""

from __future__ import annotations

from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.networks.drawing import NODES, Drawing
from codesign.ir.graph import Graph
from codesign.ir.layers import Input
from codesign.ir.tensor import Tensor


def edge_filter(checkpoint: Checkpoint) -> Graph:
    """x (nodes, inputs / 2), edge_index (2, edges) -> output (edges,), logits of mlp(x[source], x[target])."""
    drawing = Drawing(checkpoint)
    inputs = drawing.weights.whole("inputs", 2, 1 << 16)
    if inputs % 2:
        raise drawing.weights.fail(f"setting inputs is {inputs}, expected an even number: the features of two hits")
    x = drawing.graph.add("x", Input(Tensor((inputs // 2,), rows=NODES))).name
    ends = drawing.ends()
    return drawing.finished(drawing.logits(drawing.mlp("network", drawing.on_edges("network", x, ends))))
