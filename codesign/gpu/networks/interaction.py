"""The interaction network of the Exa.TrkX pipeline (arXiv:2103.06995): message passing on the edges of a graph."""

from __future__ import annotations

from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.networks.drawing import Drawing
from codesign.gpu.networks.weights import MOST_STEPS
from codesign.ir.graph import Graph
from codesign.ir.layers import Concat
from codesign.ir.layers.rows import SegmentSum


def interaction(checkpoint: Checkpoint) -> Graph:
    """x (nodes, inputs), edge_index (2, edges), and edge_attr (edges, edge_inputs) where the settings have these ->
    output (edges,), logits after `steps` steps of the same two MLPs.

    In a step e = edge_network(x[source], x[target], e) for each edge; then x = node_network(x, sum of the e that end
    at the node), and with `aggregate: both` also the sum of those that start there. With `concat` a step reads x and e
    with those that the encoders gave behind them.
    """
    drawing = Drawing(checkpoint)
    concat = drawing.weights.flag("concat")
    steps = drawing.weights.whole("steps", 1, MOST_STEPS)
    aggregate = drawing.weights.choice("aggregate", "both", "target")
    x = drawing.features()
    ends = source, target = drawing.ends()
    own = drawing.edge_features()
    summed = (target, source) if aggregate == "both" else (target,)
    x = drawing.mlp("node_encoder", x)
    e = drawing.mlp("edge_encoder", drawing.on_edges("edge_encoder", x, ends, *own))
    encoded = x, e
    for k in range(steps):
        if concat:
            x = drawing.add(f"nodes_{k}", Concat(), x, encoded[0])
            e = drawing.add(f"edges_{k}", Concat(), e, encoded[1])
        e = drawing.mlp("edge_network", drawing.on_edges(f"edge_network_{k}", x, ends, e), f"_{k}")
        sums = [drawing.add(f"sum_{k}_{end}", SegmentSum(), e, end, x) for end in summed]
        inputs = drawing.add(f"node_network_{k}_inputs", Concat(), x, *sums)
        x = drawing.mlp("node_network", inputs, f"_{k}")
    last = drawing.on_edges("output_edge_classifier", x, ends, e)
    return drawing.finished(drawing.logits(drawing.mlp("output_edge_classifier", last)))
