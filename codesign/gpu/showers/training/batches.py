"""Events as batches of tensors: features, tables and truth of several clouds as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codesign.gpu.showers.detectors import Detector, Endcap, Towers
from codesign.gpu.showers.event import NOBODY, Kind, ShowerEvent
from codesign.gpu.showers.inputs import Sample, sample
from codesign.gpu.spvcnn.cloud import Cloud
from codesign.gpu.spvcnn.tables import tables
from codesign.gpu.spvcnn.voxels import Grid


@dataclass(frozen=True, eq=False)
class Batch:
    """The clouds of several events: `weight` of each hit in the loss, and the rest as the loss has it."""

    features: Tensor
    cloud: Cloud
    classes: Tensor
    objects: Tensor
    weight: Tensor
    events: Tensor


def batch(
    detector: Detector, grid: Grid, events: Sequence[ShowerEvent], weight: str, rng: np.random.Generator | None = None
) -> Batch:
    """The events as one batch; turned at random where random numbers are given. Particles that are too small to be
    found are noise."""
    samples = [sample(detector, e) for e in events]
    if rng is not None:
        samples = [turned(detector, s, rng) for s in samples]
    number = np.repeat(np.arange(len(events)), [len(e) for e in events])
    points = np.concatenate([s.points for s in samples])
    particle, kind = np.concatenate([_truth(e) for e in events], axis=1)
    return Batch(
        torch.from_numpy(np.concatenate([s.features for s in samples])),
        Cloud.of(tables(grid, points, number)),
        torch.from_numpy(kind),
        torch.from_numpy(particle),
        torch.from_numpy(np.concatenate([_weights(e, p, weight) for e, p in zip(events, _split(events, particle))])),
        torch.from_numpy(number),
    )


def turned(detector: Detector, of: Sample, rng: np.random.Generator) -> Sample:
    """The same event mirrored and turned as the detector's cells allow: the eight ways of a square, or mirrored in eta
    and phi."""
    points, features = of.points.copy(), of.features.copy()
    signs = rng.choice([-1.0, 1.0], 2)
    swap = isinstance(detector, Endcap) and rng.uniform() < 0.5
    if isinstance(detector, Towers):  # their places are numbers: -n..n - 1, and 0..n - 1
        points[:, 0] = np.where(signs[0] < 0, -1 - points[:, 0], points[:, 0])
        points[:, 1] = np.where(signs[1] < 0, detector.towers[1] - 1 - points[:, 1], points[:, 1])
    else:
        points[:, :2] *= signs
    features[:, 1:3] *= signs.astype(np.float32)
    if swap:
        points[:, [0, 1]], features[:, [1, 2]] = points[:, [1, 0]], features[:, [2, 1]]
    return Sample(points, features)


def _truth(event: ShowerEvent) -> NDArray[np.int64]:
    """(2, n): particles and kinds; what is void is noise."""
    return np.stack([np.where(event.void, NOBODY, event.particle), np.where(event.void, int(Kind.NOISE), event.kind)])


def _split(events: Sequence[ShowerEvent], column: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.split(column, np.cumsum([len(e) for e in events])[:-1])


def _weights(event: ShowerEvent, particle: NDArray[np.int64], weight: str) -> NDArray[np.float32]:
    """What is largest where a particle's energy is; where hits weigh alike, the loss is told so."""
    if weight in ("energy", "none"):
        return event.energy
    energy = event.energy.astype(np.float64)
    sums = np.bincount(particle + 1, weights=energy, minlength=1)
    return (energy / sums[particle + 1]).astype(np.float32)
