"""Devoxelization: a point's features from the eight voxels around it, by trilinear interpolation.

As in torchsparse, a voxel's value stands at its low corner: a point at p (in units of cells) reads the cells
floor(p) + {0, 1}^3 with weights that are products of 1 - f and f, f = p - floor(p). Empty cells are left out and the
weights of the others add up to 1. The point's own cell is always there, and f < 1, so there is always one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.spvcnn.kernel_maps import CORNERS
from codesign.gpu.spvcnn.voxels import Cells, Floats, Integers


@dataclass(frozen=True)
class Interpolation:
    """`indices` (points, 8) of voxels and their `weights`; a corner without a voxel has the weight 0 and the index of
    the point's own voxel."""

    indices: Integers
    weights: Floats

    def __call__(self, x: NDArray[np.floating]) -> Floats:
        """The features (points, channels) from those of the voxels."""
        found: Floats = np.einsum("pkc,pk->pc", x[self.indices], self.weights)
        return found


def interpolation(
    cells: Cells, positions: Floats, events: Integers, level: int, nearest: bool = False
) -> Interpolation:
    """How points at `positions`, in units of cells of level 0, read the voxels of `level`; `nearest` reads only the
    voxel that holds the point."""
    scaled = positions / (1 << level)
    low = np.floor(scaled)
    part = (scaled - low)[:, None, :]
    corners = low.astype(np.int64)[:, None, :] + CORNERS
    event = np.broadcast_to(events[:, None, None], (len(events), len(CORNERS), 1))
    found = cells.find(cells.key(np.concatenate([event, corners], axis=2)))
    weights = np.where(CORNERS == 1, part, 1 - part).prod(axis=2)
    weights[found < 0] = 0
    if nearest:
        weights[:, 0], weights[:, 1:] = 1, 0
    indices = np.where(found < 0, found[:, :1], found)
    return Interpolation(indices, weights / weights.sum(axis=1, keepdims=True))
