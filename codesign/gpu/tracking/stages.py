"""The networks of a pipeline folder: each of the kind of its stage, and for the features of pipeline.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from codesign.checks import Checks
from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.tracking.models.settings import (
    AttentionSettings,
    EmbeddingSettings,
    FilterSettings,
    InteractionSettings,
)
from codesign.gpu.tracking.settings import FILE, STAGES, PipelineSettings

KINDS: Mapping[str, tuple[type[EmbeddingSettings | FilterSettings | InteractionSettings | AttentionSettings], ...]] = {
    "embedding": (EmbeddingSettings,),
    "filter": (FilterSettings,),
    "gnn": (InteractionSettings, AttentionSettings),
}
"""What each stage can be."""


def read_pipeline(folder: Path) -> tuple[PipelineSettings, dict[str, Checkpoint]]:
    """pipeline.yaml, and the checkpoint of each stage in their order. ModelError naming the file for one that is
    missing or no checkpoint, is of another kind, or does not take the features of pipeline.yaml."""
    if not (folder / FILE).is_file():
        raise ModelError(f"{folder}: there is no {FILE}; a pipeline is a folder with it and {', '.join(STAGES)}")
    settings = PipelineSettings.read(folder / FILE)
    return settings, {stage: _checkpoint(folder, stage, len(settings.features[stage])) for stage in STAGES}


def _checkpoint(folder: Path, stage: str, features: int) -> Checkpoint:
    place = folder / stage
    checkpoint = Checkpoint.load(place)
    kinds = {settings.kind: settings for settings in KINDS[stage]}
    if checkpoint.kind not in kinds:
        raise ModelError(f"{place}: a checkpoint of kind {checkpoint.kind}, expected {' or '.join(kinds)}")
    found = kinds[checkpoint.kind].read(dict(checkpoint.settings), Checks(str(place), ModelError))
    if isinstance(found, InteractionSettings) and found.edge_inputs:
        raise ModelError(f"{place}: its edges have features of their own, which a pipeline does not make")
    ends = 2 if stage == "filter" else 1
    if found.inputs != ends * features:
        takes = f"takes {found.inputs} of " + ("the two hits of an edge" if ends == 2 else "each hit")
        raise ModelError(f"{folder / FILE}: features: {stage} has {features}, but the network in {place} {takes}")
    return checkpoint
