"""What a network sees of an event: places in voxels, and five numbers for each hit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.showers.detectors import Detector, Endcap, Towers
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.spvcnn.voxels import Grid

FEATURES = ("energy", "across", "along", "layer", "depth")
"""The logarithm of the energy in MIPs; the two places across from the middle of the event's energy, in `SCALE` cells;
the layer as a part of all; its depth in interaction lengths as a part of all."""
SCALE = {"hgcal": 40.0, "hcal": 20.0}
"""Cells: about the spread of an event."""


@dataclass(frozen=True, eq=False)
class Sample:
    """An event as a network has it."""

    points: NDArray[np.float64]
    """(n, 3): where `grid_of` has its cells"""
    features: NDArray[np.float32]
    """(n, 5), see `FEATURES`"""


def sample(detector: Detector, event: ShowerEvent) -> Sample:
    """Of an event; ModelError where it is another detector's or outside of it.

    Towers are cut open along phi where that cuts least energy, as voxels do not close around the beam.
    """
    place = detector.grid(event)
    weight = event.energy.astype(np.float64)
    if isinstance(detector, Towers):
        around = detector.towers[1]
        place[:, 1] = (place[:, 1] - _seam(place[:, 1].astype(np.int64), weight, around)) % around
    middle = weight @ place[:, :2] / weight.sum() if len(event) else np.zeros(2)
    mips = weight / detector.mip_gev[event.layer]
    depth = np.cumsum(detector.interaction) / detector.interaction.sum()
    columns = [
        np.log10(mips),
        *((place[:, :2] - middle) / SCALE[detector.name]).T,
        event.layer / detector.layers,
        depth[event.layer],
    ]
    return Sample(place, np.stack(columns, axis=1).astype(np.float32))


def grid_of(detector: Detector, resolution: float) -> Grid:
    """Voxels of that many cells across and one layer, for all of the detector."""
    if isinstance(detector, Endcap):
        # From the origin all layers look as large as the first.
        reach = float(detector.z_cm[0] / np.sinh(detector.eta[0])) / detector.cell_cm + 2
        low, width = (-reach, -reach), (2 * reach, 2 * reach)
    else:
        assert isinstance(detector, Towers)
        low, width = (-detector.towers[0] / 2, 0.0), (float(detector.towers[0]), float(detector.towers[1]))
    across, along = (int(np.ceil(w / resolution)) for w in width)
    return Grid((*low, 0.0), (resolution, resolution, 1.0), (across, along, detector.layers))


def _seam(column: NDArray[np.int64], weight: NDArray[np.float64], around: int) -> int:
    """The column before which least energy is, in itself and the two on either side; the first of equal ones."""
    sums = np.bincount(column, weights=weight, minlength=around).astype(np.float64)
    near = sum(np.roll(sums, shift) for shift in (-1, 0, 1, 2))
    return int(np.argmin(near))
