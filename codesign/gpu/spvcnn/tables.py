"""What SPVCNN needs to know of a cloud besides its features: voxels, kernel maps and interpolations of five levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.spvcnn import kernel_maps
from codesign.gpu.spvcnn.devoxelize import Interpolation, interpolation
from codesign.gpu.spvcnn.kernel_maps import KernelMap
from codesign.gpu.spvcnn.voxels import Cells, Grid, Integers, coarser, voxelize

LEVELS = 5
"""Coordinates are halved four times."""
FUSED = (0, 2, 4)
"""The levels at which points and voxels meet."""


@dataclass(frozen=True)
class Tables:
    """`cells`, `around` (submanifold maps) of levels 0..4; `down` and `up` between them (entry k: levels k and k + 1);
    by level of `FUSED` the voxel of each point, (points,), and the interpolation."""

    points: int
    cells: Sequence[Cells]
    around: Sequence[KernelMap]
    down: Sequence[KernelMap]
    up: Sequence[KernelMap]
    voxel: dict[int, Integers]
    reads: dict[int, Interpolation]

    @property
    def rows(self) -> list[int]:
        """How many voxels each level has."""
        return [len(c) for c in self.cells]


def tables(
    grid: Grid, points: NDArray[np.floating], events: Integers | None = None, *, nearest: bool = False
) -> Tables:
    """The tables of a cloud of points (n, 3), of one or several events; `nearest` as for `interpolation`. A cloud
    without points has empty ones."""
    voxels = voxelize(grid, points, events)
    cells, holder = [voxels.cells], [voxels.voxel]
    down, up = [], []
    for _ in range(LEVELS - 1):
        coarse, parent = coarser(cells[-1])
        down.append(kernel_maps.down(cells[-1], coarse, parent))
        up.append(kernel_maps.up(cells[-1], coarse, parent))
        holder.append(parent[holder[-1]])
        cells.append(coarse)
    around = [kernel_maps.submanifold(c) for c in cells]
    reads = {k: interpolation(cells[k], voxels.positions, voxels.events, k, nearest) for k in FUSED}
    return Tables(len(points), cells, around, down, up, {k: holder[k] for k in FUSED}, reads)
