"""What `codesign clustering train` is told, in YAML.

    detector: hgcal
    network: {channels: reduced, resolution: 2, dropout: 0.1}
    training: {epochs: 10, batch: 4, learning_rate: 0.004, patience: 4}
    seed: 1

All but the detector has a default. `channels` are nine numbers, or `published` (20.8 million parameters) or `reduced`
(0.6 million, for a CPU); `resolution` is the width of a voxel in cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from codesign.checks import Checks
from codesign.errors import ConfigError
from codesign.gpu.showers.detectors import DETECTORS, detector
from codesign.gpu.showers.event import Kind
from codesign.gpu.showers.inputs import FEATURES, grid_of
from codesign.gpu.spvcnn.settings import PUBLISHED, Settings

REDUCED = (8, 8, 16, 32, 32, 32, 32, 16, 16)
WIDTHS: Mapping[str, tuple[int, ...]] = {"published": PUBLISHED, "reduced": REDUCED}
WEIGHTS = ("energy", "share", "none")
"""How hits weigh in the loss: with their energy; with their part of their particle's, so that all particles count
alike; or alike."""


@dataclass(frozen=True)
class Network:
    """The network."""

    channels: tuple[int, ...] = REDUCED
    resolution: float = 2.0
    dropout: float = 0.1
    embedding: int = 5
    semantic_layers: int = 4


@dataclass(frozen=True)
class Schedule:
    """How long and how fast; the rate rises and falls once (one cycle)."""

    epochs: int = 10
    batch: int = 4
    learning_rate: float = 4e-3
    """The highest."""
    clip: float = 1.0
    """The largest norm of a gradient."""
    weight_decay: float = 1e-4
    patience: int | None = None
    """Epochs without a better validation after which training stops; None: never. The best weights are kept."""
    turned: bool = True
    """Whether events are mirrored and turned as the cells allow, at random."""


@dataclass(frozen=True)
class Loss:
    """Object condensation, see `codesign.gpu.spvcnn.loss`."""

    q_min: float = 0.1
    alpha: str = "charge"
    weight: str = "share"
    noise: float = 1.0
    semantic: float = 1.0


@dataclass(frozen=True)
class TrainingConfig:
    """All of it."""

    detector: str
    network: Network = field(default_factory=Network)
    training: Schedule = field(default_factory=Schedule)
    loss: Loss = field(default_factory=Loss)
    validation: float = 0.05
    """The share of the events, the last ones, that only decide which weights are best, and the thresholds."""
    seed: int = 1

    @classmethod
    def read(cls, path: Path) -> TrainingConfig:
        """The configuration in a YAML file; ConfigError with place, what was found and what was expected."""
        return cls.of(Checks(str(path), ConfigError).yaml(path), str(path))

    @classmethod
    def of(cls, data: object, where: str = "training") -> TrainingConfig:
        """The same from nested mappings."""
        checks = Checks(where, ConfigError)
        top = checks.mapping(data, "the file", [f.name for f in fields(cls)])
        if "detector" not in top:
            raise ConfigError(f"{where}: there is no detector; expected one of {', '.join(DETECTORS)}")
        return cls(
            detector=checks.choice(top["detector"], "detector", tuple(DETECTORS)),
            network=_network(checks, top.get("network", {})),
            training=_schedule(checks, top.get("training", {})),
            loss=_loss(checks, top.get("loss", {})),
            validation=checks.number(top.get("validation", cls.validation), "validation", 0.001, 0.9),
            seed=checks.whole(top.get("seed", cls.seed), "seed", 0, (1 << 31) - 1),
        )

    def settings(self) -> Settings:
        """Of the network's checkpoint."""
        net = self.network
        return Settings(
            grid_of(detector(self.detector), net.resolution),
            inputs=len(FEATURES),
            classes=len(Kind),
            embedding=net.embedding,
            channels=net.channels,
            semantic_layers=net.semantic_layers,
            dropout=net.dropout,
        )


def _network(checks: Checks, found: object) -> Network:
    given = checks.mapping(found, "network", [f.name for f in fields(Network)])
    default = Network()
    channels = given.get("channels", list(default.channels))
    if isinstance(channels, str):
        channels = list(WIDTHS[checks.known(channels, tuple(WIDTHS), "network: channels")])
    if not isinstance(channels, list) or len(channels) != 9:
        raise checks.refuse("network: channels", channels, "nine numbers, published or reduced")
    return Network(
        tuple(checks.whole(c, "network: channels", 1, 4096) for c in channels),
        checks.number(given.get("resolution", default.resolution), "network: resolution", 0.25, 100),
        checks.number(given.get("dropout", default.dropout), "network: dropout", 0, 0.99),
        checks.whole(given.get("embedding", default.embedding), "network: embedding", 1, 1024),
        checks.whole(given.get("semantic_layers", default.semantic_layers), "network: semantic_layers", 1, 64),
    )


def _schedule(checks: Checks, found: object) -> Schedule:
    given = checks.mapping(found, "training", [f.name for f in fields(Schedule)])
    d = Schedule()
    patience = given.get("patience", d.patience)
    return Schedule(
        checks.whole(given.get("epochs", d.epochs), "training: epochs", 1, 100_000),
        checks.whole(given.get("batch", d.batch), "training: batch", 1, 4096),
        checks.number(given.get("learning_rate", d.learning_rate), "training: learning_rate", 1e-9, 10),
        checks.number(given.get("clip", d.clip), "training: clip", 1e-6, 1e6),
        checks.number(given.get("weight_decay", d.weight_decay), "training: weight_decay", 0, 1),
        None if patience is None else checks.whole(patience, "training: patience", 1, 100_000),
        checks.flag(given.get("turned", d.turned), "training: turned"),
    )


def _loss(checks: Checks, found: object) -> Loss:
    given = checks.mapping(found, "loss", [f.name for f in fields(Loss)])
    d = Loss()
    return Loss(
        checks.number(given.get("q_min", d.q_min), "loss: q_min", 1e-6, 1e3),
        checks.choice(given.get("alpha", d.alpha), "loss: alpha", ("charge", "energy")),
        checks.choice(given.get("weight", d.weight), "loss: weight", WEIGHTS),
        checks.number(given.get("noise", d.noise), "loss: noise", 0, 1e3),
        checks.number(given.get("semantic", d.semantic), "loss: semantic", 0, 1e3),
    )
