"""What `codesign tracking train` is told: networks, features and schedules, in YAML.

    seed: 1
    embedding:
      network: {hidden: [128, 128, 128], outputs: 8}
      training: {epochs: 20, learning_rate: 0.002}
    filter: {network: {hidden: [64, 64]}}
    gnn: {kind: interaction, network: {hidden: [64, 32], steps: 6}}

All has a default: the published sizes. The numbers of inputs follow from the features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from codesign.checks import Checks
from codesign.errors import ConfigError
from codesign.gpu.tracking.features import FEATURES, Scales
from codesign.gpu.tracking.models.settings import (
    AttentionSettings,
    EmbeddingSettings,
    FilterSettings,
    InteractionSettings,
)
from codesign.gpu.tracking.settings import PUBLISHED, STAGES, Detector, read_detector, read_features

SCHEDULES = ("one_cycle", "cosine", "constant")
TWELVE: Scales = dict(
    zip(
        FEATURES,
        (1000.0, 3.141592653589793, 1000.0, 1000.0, 1000.0, 1.0, 1.0, 3.0, 3.141592653589793, 1000.0, 0.01, 0.01),
    )
)
"""All features: the filter's by default, whose published network takes twelve of each hit."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network is trained; a step is one event."""

    epochs: int = 20
    learning_rate: float = 2e-3
    """The highest."""
    schedule: str = "one_cycle"
    clip: float = 1.0
    """The largest norm of a gradient."""
    weight_decay: float = 0.0
    patience: int | None = None
    """Epochs without a better validation after which training stops; None: never. The best weights are kept."""


@dataclass(frozen=True)
class EmbeddingStage:
    """Metric learning: true neighbours are drawn together, all others pushed `margin` apart."""

    network: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    training: Schedule = field(default_factory=Schedule)
    margin: float = 1.0
    mined: int = 30
    """Neighbours of each hit in the embedding, at most, of which the wrong ones are pushed away."""
    random: int = 2
    """Random pairs per hit, pushed away where they are wrong."""
    efficiency: float = 0.99
    """The share of the true edges that the radius of the graph must hold, which decides the radius."""
    max_neighbours: int = 100


@dataclass(frozen=True)
class FilterStage:
    """Binary classification of the graph's edges, on balanced batches."""

    network: FilterSettings = field(default_factory=FilterSettings)
    training: Schedule = field(default_factory=Schedule)
    negatives: float = 2.0
    """Wrong edges in a batch for each right one."""
    efficiency: float = 0.99
    """The share of the right edges of the graph that must pass, which decides the cut."""


@dataclass(frozen=True)
class GnnStage:
    """Binary classification of the edges that passed the filter, each event as one graph."""

    network: InteractionSettings | AttentionSettings = field(default_factory=InteractionSettings)
    training: Schedule = field(default_factory=Schedule)
    positive_weight: float | None = None
    """Of a right edge in the loss; None: as many times that of a wrong one as there are more wrong ones."""


@dataclass(frozen=True)
class TrainingConfig:
    """All stages."""

    features: Mapping[str, Scales] = field(
        default_factory=lambda: {"embedding": PUBLISHED, "filter": TWELVE, "gnn": PUBLISHED}
    )
    embedding: EmbeddingStage = field(default_factory=EmbeddingStage)
    filter: FilterStage = field(default_factory=FilterStage)
    gnn: GnnStage = field(default_factory=GnnStage)
    validation: float = 0.1
    """The share of the events that is kept for validation: early stopping, the radius and the cuts."""
    min_hits: int = 3
    detector: Detector = field(default_factory=Detector)
    seed: int = 1

    @classmethod
    def read(cls, path: Path) -> TrainingConfig:
        """The configuration in a YAML file; ConfigError with place, what was found and what was expected."""
        checks = Checks(str(path), ConfigError)
        return cls.of(checks.yaml(path), str(path))

    @classmethod
    def of(cls, data: object, where: str = "training") -> TrainingConfig:
        """The same from nested mappings."""
        checks = Checks(where, ConfigError)
        top = checks.mapping({} if data is None else data, "the file", [f.name for f in fields(cls)])
        default = cls()
        columns = default.features
        if "features" in top:
            columns = read_features(checks, {**default.features, **_given(checks, top["features"])})
        inputs = {stage: len(columns[stage]) for stage in STAGES}
        kind = _gnn_kind(checks, top.get("gnn", {}))
        return cls(
            features=columns,
            embedding=_stage(checks, "embedding", EmbeddingStage, EmbeddingSettings, top, inputs["embedding"]),
            filter=_stage(checks, "filter", FilterStage, FilterSettings, top, 2 * inputs["filter"]),
            gnn=_stage(checks, "gnn", GnnStage, kind, top, inputs["gnn"]),
            **{name: _TOP[name](checks, top[name], name) for name in _TOP if name in top},
        )


def _given(checks: Checks, found: object) -> Mapping[str, object]:
    return checks.mapping(found, "features", STAGES)


def _gnn_kind(checks: Checks, found: object) -> type[InteractionSettings] | type[AttentionSettings]:
    kinds = {s.kind: s for s in (InteractionSettings, AttentionSettings)}
    given = found.get("kind", "interaction") if isinstance(found, dict) else "interaction"
    return kinds[checks.choice(given, "gnn: kind", tuple(kinds))]


def _stage(checks: Checks, name: str, stage: Any, network: Any, top: Mapping[str, object], inputs: int) -> Any:
    """The stage with its network, training and own numbers."""
    own = [f.name for f in fields(stage)]
    given = checks.mapping(top.get(name, {}), name, [*own, *(["kind"] if name == "gnn" else [])])
    settings = network.read(given.get("network", {}), checks, f"{name}: network")
    if "inputs" in _mapping(given.get("network")) and settings.inputs != inputs:
        raise checks.refuse(f"{name}: network: inputs", settings.inputs, f"{inputs}, as the features of {name} have it")
    values: dict[str, Any] = {"network": replace(settings, inputs=inputs)}
    if "training" in given:
        values["training"] = _schedule(checks, given["training"], f"{name}: training")
    for key in own:
        if key in _NUMBERS and key in given:
            values[key] = _NUMBERS[key](checks, given[key], f"{name}: {key}")
    return stage(**values)


def _mapping(found: object) -> Mapping[str, object]:
    return found if isinstance(found, dict) else {}


def _schedule(checks: Checks, found: object, place: str) -> Schedule:
    given = checks.mapping(found, place, [f.name for f in fields(Schedule)])
    return Schedule(**{k: _SCHEDULE[k](checks, v, f"{place}: {k}") for k, v in given.items()})


def _weight(checks: Checks, found: object, place: str) -> float | None:
    return None if found is None else checks.number(found, place, 1e-6, 1e6)


_SCHEDULE: Mapping[str, Any] = {
    "epochs": lambda c, v, place: c.whole(v, place, 1, 100_000),
    "learning_rate": lambda c, v, place: c.number(v, place, 1e-9, 10),
    "schedule": lambda c, v, place: c.choice(v, place, SCHEDULES),
    "clip": lambda c, v, place: c.number(v, place, 1e-6, 1e6),
    "weight_decay": lambda c, v, place: c.number(v, place, 0, 1),
    "patience": lambda c, v, place: None if v is None else c.whole(v, place, 1, 100_000),
}
_NUMBERS: Mapping[str, Any] = {
    "margin": lambda c, v, place: c.number(v, place, 1e-6, 1e6),
    "mined": lambda c, v, place: c.whole(v, place, 1, 10_000),
    "random": lambda c, v, place: c.whole(v, place, 0, 1000),
    "efficiency": lambda c, v, place: c.number(v, place, 0.01, 1),
    "max_neighbours": lambda c, v, place: c.whole(v, place, 1, 10_000),
    "negatives": lambda c, v, place: c.number(v, place, 0.01, 1000),
    "positive_weight": _weight,
}
_TOP: Mapping[str, Any] = {
    "validation": lambda c, v, place: c.number(v, place, 0.001, 0.9),
    "min_hits": lambda c, v, place: c.whole(v, place, 2, 1000),
    "detector": read_detector,
    "seed": lambda c, v, place: c.whole(v, place, 0, (1 << 31) - 1),
}
