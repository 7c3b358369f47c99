"""Random clouds of points for the tests of SPVCNN."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from codesign.gpu.spvcnn.voxels import Cells, Grid, voxelize

SMALL = Grid((-1.0, 0.0, 2.0), (0.5, 1.0, 0.25), (7, 5, 6))
"""A grid of odd and even numbers of cells, and other resolutions along each axis."""


def cloud(points: int, seed: int = 0, grid: Grid = SMALL) -> NDArray[np.float32]:
    """Points anywhere in the grid."""
    part = np.random.default_rng(seed).random((points, 3)) * 0.999
    found: NDArray[np.float32] = (np.array(grid.low) + part * np.array(grid.resolution) * np.array(grid.size)).astype(
        np.float32
    )
    return found


@st.composite
def cells(draw: st.DrawFn) -> Cells:
    """The voxels of a random cloud of up to three events."""
    seed, points, events = (draw(st.integers(*span)) for span in ((0, 10_000), (1, 60), (1, 3)))
    number = np.sort(np.random.default_rng(seed).integers(0, events, points))
    return voxelize(SMALL, cloud(points, seed), number).cells


def integers(rows: int, channels: int, seed: int) -> NDArray[np.float64]:
    """Small whole numbers, whose sums of products float64 holds exactly."""
    return np.random.default_rng(seed).integers(-8, 9, (rows, channels)).astype(np.float64)
