"""The graph network: every edge that passed the filter, each event as one graph, wrong and right weighing the same."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from codesign.errors import ModelError
from codesign.gpu.tracking.training.config import GnnStage
from codesign.gpu.tracking.training.loop import Fitted, fit
from codesign.progress import Progress, silent

GraphTensors = tuple[Tensor, Tensor, Tensor]
"""Features (n, F), edges (2, E) and whether each edge is right (E,) float."""


def train_gnn(
    network: nn.Module,
    stage: GnnStage,
    train: list[GraphTensors],
    kept: list[GraphTensors],
    progress: Progress = silent,
) -> Fitted:
    """Trains in place on weighted binary cross entropy, a graph a step; on the graphs kept for validation the same loss
    decides which epoch is the best."""
    weight = _positive_weight(stage, train)

    def loss_of(graph: GraphTensors) -> Tensor | None:
        x, edges, target = graph
        if not edges.shape[1]:
            return None
        return binary_cross_entropy_with_logits(network(x, edges), target, pos_weight=weight)

    def figure() -> float:
        losses = [(found, g) for g in kept if (found := loss_of(g)) is not None]
        edges = sum(g[1].shape[1] for _, g in losses)
        if not edges:
            raise ModelError("the graphs kept for validation have no edge; give more events")
        return float(sum(found.item() * g[1].shape[1] for found, g in losses) / edges)

    what = f"training the {network.settings.kind} network"
    return fit(network, len(train), lambda k: loss_of(train[k]), figure, stage.training, progress=progress, what=what)


def _positive_weight(stage: GnnStage, graphs: list[GraphTensors]) -> Tensor:
    right = sum(float(target.sum()) for _, _, target in graphs)
    wrong = sum(len(target) for _, _, target in graphs) - right
    if stage.positive_weight is not None:
        return torch.tensor(stage.positive_weight)
    return torch.tensor(max(wrong, 1.0) / max(right, 1.0))
