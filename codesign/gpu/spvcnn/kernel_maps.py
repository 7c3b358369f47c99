"""Kernel maps: which voxel each tap of a sparse convolution reads for each voxel that it computes.

A map is a table (outputs, taps): the input voxel, or -1 where the tap sees an empty cell. Taps are ordered like the
weights, by (x, y, z) of their offsets:

- `submanifold`: 27 taps at -1, 0 and 1 along each axis; results only where there are voxels already;
- `down`: 8 taps at 0 and 1; the result at c sees the cells 2 c + offset of the finer level;
- `up`: the same pairs the other way; the cell c sees c // 2 through the tap c mod 2 alone.

All are found by binary search among the sorted keys of the voxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from codesign.errors import IRError
from codesign.gpu.spvcnn.voxels import Cells, Floats, Integers

NEIGHBOURS = np.array(list(product((-1, 0, 1), repeat=3)))
"""The offsets of the taps of a submanifold convolution; the middle one, 13, is the voxel itself."""
CORNERS = np.array(list(product((0, 1), repeat=3)))
"""The offsets of the taps of `down` and `up`, and the corners of a cell."""


@dataclass(frozen=True)
class Pairs:
    """The taps that see a voxel, ordered by tap and within a tap by output: tap k has `starts[k]`..`starts[k + 1]`."""

    inputs: Integers
    outputs: Integers
    starts: Integers


@dataclass(frozen=True)
class KernelMap:
    """`table` (outputs, taps) of input voxels, of which there are `inputs`; -1 where there is none."""

    table: Integers
    inputs: int

    def __post_init__(self) -> None:
        if self.table.size and not -1 <= int(self.table.min()) <= int(self.table.max()) < self.inputs:
            raise IRError(f"kernel map: rows {self.table.min()}..{self.table.max()} of {self.inputs}")

    @property
    def occupancy(self) -> float:
        """The part of the taps that see a voxel."""
        return float((self.table >= 0).mean()) if self.table.size else 0.0

    @property
    def pairs(self) -> Pairs:
        """The taps that see a voxel."""
        taps, outputs = np.nonzero(self.table.T >= 0)
        counts = np.bincount(taps, minlength=self.table.shape[1])
        starts = np.concatenate([[0], np.cumsum(counts)])
        return Pairs(self.table[outputs, taps], outputs.astype(np.int64), starts.astype(np.int64))


def submanifold(cells: Cells) -> KernelMap:
    """The map of a 3 x 3 x 3 convolution with results at the voxels there are."""
    moves = NEIGHBOURS @ np.array(cells.steps[1:])
    return KernelMap(cells.find(cells.keys[:, None] + moves[None, :]), len(cells))


def down(fine: Cells, coarse: Cells, parent: Integers) -> KernelMap:
    """The map of a 2 x 2 x 2 convolution of stride 2, from the finer voxels to those that hold them."""
    table = np.full((len(coarse), len(CORNERS)), -1, dtype=np.int64)
    table[parent, _corner(fine)] = np.arange(len(fine))
    return KernelMap(table, len(fine))


def up(fine: Cells, coarse: Cells, parent: Integers) -> KernelMap:
    """The map of the transposed convolution: each finer voxel sees the one that holds it, through one tap."""
    table = np.full((len(fine), len(CORNERS)), -1, dtype=np.int64)
    table[np.arange(len(fine)), _corner(fine)] = parent
    return KernelMap(table, len(coarse))


def convolve(x: NDArray[np.floating], map: KernelMap, weights: NDArray[np.floating]) -> Floats:
    """The sparse convolution in float64: sum over taps k of x[table[:, k]] @ weights[k], weights (taps, in, out)."""
    padded = np.concatenate([x.astype(np.float64), np.zeros((1, x.shape[1]))])
    taps, channels, outputs = weights.shape
    if map.table.shape[1] != taps or x.shape != (map.inputs, channels):
        raise IRError(f"convolution: x {x.shape} and weights {weights.shape} for a map of {map.table.shape}")
    windows = padded[map.table].reshape(len(map.table), taps * channels)
    found: Floats = windows @ weights.astype(np.float64).reshape(taps * channels, outputs)
    return found


def _corner(cells: Cells) -> Integers:
    """Which of the eight cells of its coarser one each is."""
    found: Integers = (cells.coordinates[:, 1:] % 2) @ np.array([4, 2, 1])
    return found
