"""Edges from the features of their two hits alone: the second stage."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from codesign.gpu.tracking.models.mlp import mlp
from codesign.gpu.tracking.models.settings import FilterSettings


class Filter(nn.Module):
    """(n, inputs / 2) features and (2, E) edges to (E,) logits."""

    def __init__(self, settings: FilterSettings) -> None:
        super().__init__()
        s = self.settings = settings
        self.network = mlp(s.inputs, (*s.hidden, 1), activation=s.activation, layer_norm=s.layer_norm)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """The logits (E,) of the edges."""
        return self.network(torch.cat([x[edge_index[0]], x[edge_index[1]]], 1)).squeeze(-1)
