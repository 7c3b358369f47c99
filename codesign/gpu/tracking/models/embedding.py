"""Hits to a space in which neighbours on a track are near: the first stage."""

from __future__ import annotations

from torch import Tensor, nn

from codesign.gpu.tracking.models.mlp import mlp
from codesign.gpu.tracking.models.settings import EmbeddingSettings


class Embedding(nn.Module):
    """(n, inputs) features to (n, outputs) coordinates, which are not normalized."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        super().__init__()
        s = self.settings = settings
        self.network = mlp(s.inputs, (*s.hidden, s.outputs), activation=s.activation, layer_norm=s.layer_norm)

    def forward(self, x: Tensor) -> Tensor:
        """The coordinates (n, outputs)."""
        return self.network(x)
