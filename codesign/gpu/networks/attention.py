"""The residual attention network of the Exa.TrkX pipeline (ResAGNN of exatrkx/exatrxk-cpp-ctd2022)."""

from __future__ import annotations

from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.networks.drawing import Drawing
from codesign.gpu.networks.weights import MOST_STEPS
from codesign.ir.graph import Graph
from codesign.ir.layers import Add, Concat, Sigmoid
from codesign.ir.layers.rows import Gather, SegmentSum, Weigh


def attention(checkpoint: Checkpoint) -> Graph:
    """x (nodes, inputs), edge_index (2, edges) -> output (edges,), logits after `steps` steps.

    The state h of a node is the node encoder's result and its features x. In a step the sigmoid of
    edge_network(h[source], h[target]) weighs what each end of an edge tells the other; a node sums what it is told,
    both ways into one sum s, and h becomes (node_network(h, s), x) + h. The last edge_network gives the logits.
    """
    drawing = Drawing(checkpoint)
    steps = drawing.weights.whole("steps", 1, MOST_STEPS)
    features = drawing.features()
    ends = source, target = drawing.ends()
    h = drawing.add("state", Concat(), drawing.mlp("node_encoder", features, last_activation=True), features)
    for k in range(steps):
        logit = drawing.mlp("edge_network", drawing.on_edges(f"edge_network_{k}", h, ends), f"_{k}")
        weight = drawing.add(f"attention_{k}", Sigmoid(), logit)
        sums = []
        for sender, receiver in ((target, source), (source, target)):
            sent = drawing.add(f"sent_{k}_{sender}", Gather(), h, sender)
            weighed = drawing.add(f"weighed_{k}_{sender}", Weigh(), sent, weight)
            sums.append(drawing.add(f"sum_{k}_{receiver}", SegmentSum(), weighed, receiver, h))
        told = drawing.add(f"told_{k}", Add(), *sums)
        inputs = drawing.add(f"node_network_{k}_inputs", Concat(), h, told)
        new = drawing.mlp("node_network", inputs, f"_{k}")
        h = drawing.add(f"state_{k}", Add(), drawing.add(f"new_{k}", Concat(), new, features), h)
    logit = drawing.mlp("edge_network", drawing.on_edges("edge_network", h, ends))
    return drawing.finished(drawing.logits(logit))
