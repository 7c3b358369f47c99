"""The residual attention network (ResAGNN): edges weigh what their nodes tell each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from codesign.gpu.tracking.models.mlp import mlp
from codesign.gpu.tracking.models.settings import AttentionSettings


class Attention(nn.Module):
    """(n, inputs) features and (2, E) edges to (E,) logits, by `steps` steps with shared weights.

    The state of a node is what its MLP says, with its features beside. In a step the sigmoid of an edge's logit weighs
    the state that each end sends the other; what a node receives both ways is summed, and the new state is added to the
    old. The logits of the last states, by the same MLP, are the answer. Equal to the scripted model that the Exa.TrkX
    project published (exatrxk-cpp-ctd2022).
    """

    def __init__(self, settings: AttentionSettings) -> None:
        super().__init__()
        s = self.settings = settings
        state, h = s.hidden + s.inputs, s.hidden

        def network(inputs: int, *widths: int, last_activation: bool = False) -> nn.Sequential:
            return mlp(
                inputs, widths, activation=s.activation, layer_norm=s.layer_norm, last_activation=last_activation
            )

        self.node_encoder = network(s.inputs, h, last_activation=True)
        self.edge_network = network(2 * state, h, h, 1)
        self.node_network = network(2 * state, h, h)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """The logits (E,) of the edges."""
        start, end = edge_index[0], edge_index[1]
        features = x
        x = torch.cat([self.node_encoder(x), features], 1)
        for _ in range(self.settings.steps):
            weight = torch.sigmoid(self.edge_network(torch.cat([x[start], x[end]], 1)))
            received = torch.zeros_like(x).index_add(0, start, x[end] * weight)
            received = received + torch.zeros_like(x).index_add(0, end, x[start] * weight)
            x = torch.cat([self.node_network(torch.cat([x, received], 1)), features], 1) + x
        return self.edge_network(torch.cat([x[start], x[end]], 1)).squeeze(-1)
