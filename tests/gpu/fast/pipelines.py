"""Pipelines of random weights for tests: points in the direction of a hit, networks that let about half pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.models.attention import Attention
from codesign.gpu.tracking.models.embedding import Embedding
from codesign.gpu.tracking.models.filter import Filter
from codesign.gpu.tracking.models.interaction import Interaction
from codesign.gpu.tracking.models.settings import (
    AttentionSettings,
    EmbeddingSettings,
    FilterSettings,
    InteractionSettings,
)
from codesign.gpu.tracking.settings import PUBLISHED, STAGES, PipelineSettings

DIRECTION = {"cos_phi": 1.0, "sin_phi": 1.0, "eta": 1.0}


def modules(kind: str = "interaction") -> dict[str, Any]:
    """An embedding that is the identity, a filter and a graph network whose logits spread around zero."""
    torch.manual_seed(3)
    embedding = Embedding(EmbeddingSettings(hidden=(6,), outputs=3, activation="relu"))
    with torch.no_grad():
        first, last = embedding.network[0], embedding.network[2]
        both = torch.cat([torch.eye(3), -torch.eye(3)])
        first.weight.copy_(both)  # x = relu(x) - relu(-x)
        last.weight.copy_(both.T)
        first.bias.zero_()
        last.bias.zero_()
    gnn: Any = Attention(AttentionSettings(hidden=8, steps=2))
    if kind != "attention":
        gnn = Interaction(InteractionSettings(hidden=(32, 16), steps=2, concat=kind == "concat"))
    found = {"embedding": embedding, "filter": Filter(FilterSettings(inputs=6, hidden=(32,) * 3)), "gnn": gnn}
    with torch.no_grad():
        for stage, scale in (("filter", 4.0), ("gnn", 4.0)):
            for name, weights in found[stage].named_parameters():
                if name.endswith("weight") and weights.ndim == 2:
                    weights.mul_(scale if weights.shape[0] == 1 else 1.5)
    return {stage: found[stage].eval() for stage in STAGES}


def settings(**changed: Any) -> PipelineSettings:
    """For the features of these networks."""
    columns = {"embedding": DIRECTION, "filter": PUBLISHED, "gnn": PUBLISHED}
    return PipelineSettings(**{"features": columns, "radius": 0.3, "max_neighbours": 10, "min_hits": 2, **changed})


def event(hits: int) -> Event:
    """An event of about so many hits."""
    return generate(Settings(particles=max(1, round(hits / 11.7))), 5)


def spread(scores: np.ndarray, cut: float) -> bool:
    """Whether some pass and some do not."""
    return bool(0 < (scores >= cut).sum() < len(scores))
