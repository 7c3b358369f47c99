"""Checkpoints as networks on sets of rows: one file per kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.networks.attention import attention
from codesign.gpu.networks.embedding import embedding
from codesign.gpu.networks.filter import edge_filter
from codesign.gpu.networks.interaction import interaction
from codesign.gpu.networks.spvcnn import spvcnn
from codesign.ir.graph import Graph

KINDS: Mapping[str, Callable[[Checkpoint], Graph]] = {
    "embedding": embedding,
    "filter": edge_filter,
    "interaction": interaction,
    "attention": attention,
    "spvcnn": spvcnn,
}
"""What builds the network of each kind."""

__all__ = ["KINDS", "attention", "edge_filter", "embedding", "interaction", "network", "spvcnn"]


def network(checkpoint: Checkpoint) -> Graph:
    """The network of a checkpoint; ModelError where its settings and its weights do not agree."""
    if checkpoint.kind not in KINDS:
        raise ModelError(f"a checkpoint of kind {checkpoint.kind} cannot be exported; one of {', '.join(KINDS)} can")
    return KINDS[checkpoint.kind](checkpoint)
