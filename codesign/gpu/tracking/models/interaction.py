"""The interaction network: the same two MLPs on edges and nodes, some steps over."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from codesign.errors import ModelError
from codesign.gpu.tracking.models.mlp import mlp
from codesign.gpu.tracking.models.settings import InteractionSettings


class Interaction(nn.Module):
    """(n, inputs) features, (2, E) edges and their (E, edge_inputs) features, if they have any, to (E,) logits, by
    `steps` steps with shared weights.

    A step gives every edge a new state from its two nodes and its own, sums those at the node where an edge ends (and,
    with `aggregate: both`, at the one where it begins), and gives every node a new state from its own and the sums.
    With `concat` the states that a step reads have those of the encoders behind them.
    """

    def __init__(self, settings: InteractionSettings) -> None:
        super().__init__()
        s = self.settings = settings
        state = s.hidden[-1]
        sums = 2 if s.aggregate == "both" else 1
        read = 2 * state if s.concat else state

        def network(inputs: int, *last: int) -> nn.Sequential:
            return mlp(inputs, (*s.hidden, *last), activation=s.activation, layer_norm=s.layer_norm)

        self.node_encoder = network(s.inputs)
        self.edge_encoder = network(2 * state + s.edge_inputs)
        self.edge_network = network(3 * read)
        self.node_network = network(read + sums * state)
        self.output_edge_classifier = network(3 * state, 1)

    def forward(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor | None = None) -> Tensor:
        """The logits (E,) of the edges; ModelError where `edge_attr` is missing, or unknown to the settings."""
        if (edge_attr is None) != (self.settings.edge_inputs == 0):
            given = "none were given" if edge_attr is None else "some were given"
            raise ModelError(f"edges have {self.settings.edge_inputs} features by the settings, and {given}")
        source, target = edge_index[0], edge_index[1]
        x = self.node_encoder(x)
        own = [] if edge_attr is None else [edge_attr]
        e = self.edge_encoder(torch.cat([x[source], x[target], *own], 1))
        encoded = x, e
        for _ in range(self.settings.steps):
            if self.settings.concat:
                x, e = (torch.cat(both, 1) for both in zip((x, e), encoded))
            e = self.edge_network(torch.cat([x[source], x[target], e], 1))
            ends = (target, source) if self.settings.aggregate == "both" else (target,)
            sums = [e.new_zeros(len(x), e.shape[1]).index_add(0, end, e) for end in ends]
            x = self.node_network(torch.cat([x, *sums], 1))
        return self.output_edge_classifier(torch.cat([x[source], x[target], e], 1)).squeeze(-1)
