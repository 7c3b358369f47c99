"""A trained network and its thresholds as a folder, and the clusters it finds.

The folder holds clustering.yaml and the checkpoint `spvcnn/`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from codesign.checks import Checks
from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint, is_checkpoint
from codesign.gpu.showers.condensation import NONE, Labels, condensed
from codesign.gpu.showers.detectors import DETECTORS, detector
from codesign.gpu.showers.evaluation import Clustering
from codesign.gpu.showers.event import Kind, ShowerEvent
from codesign.gpu.showers.inputs import FEATURES, grid_of
from codesign.gpu.showers.selection import Selection
from codesign.gpu.spvcnn.settings import Settings

FILE, NETWORK = "clustering.yaml", "spvcnn"


@dataclass(frozen=True)
class Thresholds(Selection):
    """How clusters come of what the network says."""

    t_beta: float = 0.3
    t_d: float = 0.6
    noise: float = 0.5
    """Hits that are noise with at least this probability are in no cluster"""
    least_hits: int = 3
    """A cluster of fewer is none"""


@dataclass(frozen=True, eq=False)
class Predicted:
    """What the network says of the n hits of an event."""

    probabilities: NDArray[np.float32]
    """(n, kinds)"""
    beta: NDArray[np.float32]
    """(n,) in 0..1"""
    embedding: NDArray[np.float32]
    """(n, d)"""


@dataclass(frozen=True, eq=False)
class TrainedClustering:
    """The network of a checkpoint, for one detector."""

    detector: str
    thresholds: Thresholds
    network: Checkpoint

    def write(self, folder: Path) -> None:
        """Writes clustering.yaml and the checkpoint into a folder that is empty."""
        text = yaml.safe_dump({"detector": self.detector, **_plain(self.thresholds)}, sort_keys=False)
        (folder / FILE).write_text(text, encoding="utf-8")
        self.network.save(folder / NETWORK)

    @classmethod
    def load(cls, folder: Path) -> TrainedClustering:
        """What `write` wrote; ModelError for anything that is not one."""
        path = folder / FILE
        checks = Checks(str(path), ModelError)
        names = [f.name for f in fields(Thresholds)]
        found = checks.mapping(checks.yaml(path), "the file", ["detector", *names])
        for key in ("detector", *names):
            if key not in found:
                raise ModelError(f"{path}: there is no {key}")
        if not is_checkpoint(folder / NETWORK):
            raise ModelError(f"{folder}: there is no checkpoint {NETWORK}/ in it")
        name = checks.choice(found["detector"], "detector", tuple(DETECTORS))
        network = Checkpoint.load(folder / NETWORK)
        check_network(network, name, str(folder / NETWORK))
        return cls(
            name,
            Thresholds(
                checks.number(found["t_beta"], "t_beta", 0, 1),
                checks.number(found["t_d"], "t_d", 0, 1e6),
                checks.number(found["noise"], "noise", 0, 2),
                checks.whole(found["least_hits"], "least_hits", 1, 1 << 20),
                least_gev=checks.number(found["least_gev"], "least_gev", 0, 1e6),
                least_layers=checks.whole(found["least_layers"], "least_layers", 1, 1 << 20),
            ),
            network,
        )


def check_network(network: Checkpoint, name: str, where: str) -> None:
    """ModelError where a network is no SPVCNN from the hits of the named detector to the kinds of particles."""
    if network.kind != "spvcnn":
        raise ModelError(f"{where}: a network of kind {network.kind}, expected spvcnn")
    settings = Settings.read(network.settings, where)
    for what, found, names in (
        ("inputs", settings.inputs, FEATURES),
        ("classes", settings.classes, [k.name for k in Kind]),
    ):
        if found != len(names):
            raise ModelError(f"{where}: the network has {found} {what}, expected {len(names)}: {', '.join(names)}")
    if settings.grid != grid_of(detector(name), settings.grid.resolution[0]):
        raise ModelError(f"{where}: the network's voxels are not those of the detector {name}; it was trained for "
                         "another one")  # fmt: skip


def clusters(found: Predicted, event: ShowerEvent, thresholds: Thresholds) -> Clustering:
    """The clusters of an event, those of more energy first, and the kind of each hit: all hits of a cluster have that
    of most of its energy, others are noise."""
    kept = found.probabilities[:, Kind.NOISE] < thresholds.noise
    labels = np.full(len(event), NONE, np.int64)
    labels[kept] = condensed(found.beta[kept], found.embedding[kept], thresholds.t_beta, thresholds.t_d)
    labels = thresholds.selected(large(labels, thresholds.least_hits), event)
    count = int(labels.max(initial=NONE)) + 1
    inside = labels != NONE
    votes = np.zeros((count + 1, len(Kind)))
    np.add.at(votes, labels[inside], event.energy[inside, None] * found.probabilities[inside].astype(np.float64))
    kind = votes[:, 1:].argmax(axis=1) + 1
    kind[count] = Kind.NOISE
    return Clustering(labels, kind[labels].astype(np.int64))


def large(labels: Labels, least: int) -> Labels:
    """Without clusters of fewer hits."""
    sizes = np.bincount(labels + 1, minlength=1)
    return np.where(sizes[labels + 1] >= least, labels, NONE)


def _plain(of: Thresholds) -> dict[str, float | int]:
    return {f.name: getattr(of, f.name) for f in fields(of)}
