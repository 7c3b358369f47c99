"""Networks in PyTorch to checkpoints and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from codesign.checks import Checks
from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.tracking.models.attention import Attention
from codesign.gpu.tracking.models.embedding import Embedding
from codesign.gpu.tracking.models.filter import Filter
from codesign.gpu.tracking.models.interaction import Interaction
from codesign.gpu.tracking.models.settings import (
    AttentionSettings,
    EmbeddingSettings,
    FilterSettings,
    InteractionSettings,
    Settings,
)

KINDS: Mapping[str, tuple[type[Settings], Any]] = {
    settings.kind: (settings, module)
    for settings, module in (
        (EmbeddingSettings, Embedding),
        (FilterSettings, Filter),
        (InteractionSettings, Interaction),
        (AttentionSettings, Attention),
    )
}
"""The settings and the module of each kind of network."""


def to_checkpoint(module: nn.Module) -> Checkpoint:
    """The weights and settings of one of our networks."""
    weights = {key: value.detach().cpu().numpy().copy() for key, value in module.state_dict().items()}
    return Checkpoint(module.settings.kind, module.settings.plain(), weights)


def from_checkpoint(checkpoint: Checkpoint) -> nn.Module:
    """The network in PyTorch, in evaluation mode; ModelError where settings or weights are not those of its kind."""
    if checkpoint.kind not in KINDS:
        raise ModelError(f"the checkpoint's kind is {checkpoint.kind!r}, expected one of {', '.join(KINDS)}")
    settings, module = KINDS[checkpoint.kind]
    built = module(settings.read(dict(checkpoint.settings), Checks(f"{checkpoint.kind} checkpoint", ModelError)))
    wanted = {key: tuple(value.shape) for key, value in built.state_dict().items()}
    given = {key: tuple(value.shape) for key, value in checkpoint.weights.items()}
    for key in [*wanted, *given]:
        if wanted.get(key) != given.get(key):
            raise ModelError(
                f"{checkpoint.kind} checkpoint: weights {key} are {given.get(key, 'missing')}, "
                f"expected {wanted.get(key, 'none of this name')} by its settings"
            )
    built.load_state_dict({key: torch.from_numpy(value) for key, value in checkpoint.weights.items()})
    built.eval()
    return built
