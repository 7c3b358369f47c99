"""The interaction network on one device: edges sorted by target, nodes pull the sums of theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from codesign.errors import ModelError
from codesign.gpu.fast.dispatch import kernels_run
from codesign.gpu.fast.layers import EdgeMLP, layers
from codesign.gpu.tracking.models.interaction import Interaction


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Edges by the nodes where they end and start.

    edges     (2, E) int64: sorted by target
    order     (E,) int64: which edge each was, as they were given
    incoming  (n + 1,) int64: the edges that end at node i are incoming[i]..incoming[i + 1]
    outgoing  (n + 1,) int64: those that start there are outgoing[i]..outgoing[i + 1] of
    by_source (E,) int64: the edges in the order of their sources
    """

    edges: Tensor
    order: Tensor
    incoming: Tensor
    outgoing: Tensor
    by_source: Tensor


def adjacency(n: int, edges: Tensor) -> Adjacency:
    """The edges (2, E) of n nodes, sorted once for all steps. Equal ends keep the order in which they came."""
    order = torch.argsort(edges[1], stable=True)
    edges = edges[:, order].contiguous()
    source, by_source = torch.sort(edges[0], stable=True)
    nodes = torch.arange(n + 1, device=edges.device)
    incoming, outgoing = (torch.searchsorted(ends, nodes) for ends in (edges[1].contiguous(), source))
    return Adjacency(edges, order, incoming, outgoing, by_source)


def segment_sum_torch(values: Tensor, begin: Tensor, order: Tensor | None) -> Tensor:
    """(n, width): the sums of rows begin[i]..begin[i + 1] of values (E, width), taken in `order`; in float32."""
    rows = values if order is None else values[order]
    segment = torch.repeat_interleave(torch.arange(len(begin) - 1, device=values.device), begin.diff())
    sums = torch.zeros((len(begin) - 1, values.shape[1]), dtype=torch.float32, device=values.device)
    return sums.index_add(0, segment, rows[: len(segment)].float()).to(values.dtype)


class FastInteraction:
    """(n, inputs) float32 and adjacency to the logits (E,) float32 of its edges, in the order in which it has them.

    Nodes' and edges' states and the products are in `dtype` (float32 or float16), sums and norms in float32. By kernels
    where they run and fit, or as `kernels` says; by plain torch else.
    """

    def __init__(
        self, module: Interaction, device: torch.device, dtype: torch.dtype, kernels: bool | None = None
    ) -> None:
        settings = module.settings
        if settings.concat or settings.edge_inputs:
            raise ModelError("fast path: an interaction network with concat or edge_inputs runs in plain torch alone")
        state = settings.hidden[-1]
        self.settings, self.dtype = settings, dtype
        self.node_encoder = layers(module.node_encoder, device, dtype)
        self.node_network = layers(module.node_network, device, dtype)
        self.networks = [
            EdgeMLP.of(network, state, device, dtype)
            for network in (module.edge_encoder, module.edge_network, module.output_edge_classifier)
        ]
        self.on_edges: list[Callable[..., Tensor]] = [*self.networks]
        self.segment_sum = segment_sum_torch
        if kernels_run(device) if kernels is None else kernels:
            from codesign.gpu.fast.kernels.edges import EdgeKernel, fits, segment_sum

            self.on_edges = [EdgeKernel(network) if fits(network) else network for network in self.networks]
            self.segment_sum = segment_sum

    def __call__(self, x: Tensor, graph: Adjacency) -> Tensor:
        """The logits of graph.edges."""
        encoder, network, classifier = self.networks
        encode, update, classify = self.on_edges
        for layer in self.node_encoder:
            x = layer(x.to(self.dtype))
        e = encode(encoder.on_nodes(x), graph.edges)
        for _ in range(self.settings.steps):
            e = update(network.on_nodes(x), graph.edges, e)
            sums = [self.segment_sum(e, graph.incoming, None)]
            if self.settings.aggregate == "both":
                sums.append(self.segment_sum(e, graph.outgoing, graph.by_source))
            x = torch.cat([x, *sums], 1)
            for layer in self.node_network:
                x = layer(x)
        return classify(classifier.on_nodes(x), graph.edges, e).reshape(-1).float()
