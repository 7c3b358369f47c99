"""Dense references of the sparse operations, for small grids: what they mean, without maps and without a search.

Features stand in a full grid of zeros, an ordinary dense convolution runs over all of it, and results are taken at the
active cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.spvcnn.voxels import Cells, Floats, Integers


def dense(x: NDArray[np.floating], cells: Cells) -> Floats:
    """The features (voxels, channels) in the full grid (events, x, y, z, channels), 0 in empty cells."""
    events = int(cells.coordinates[:, 0].max()) + 1 if len(cells) else 1
    grid = np.zeros((events, *cells.size, x.shape[1]))
    grid[tuple(cells.coordinates.T)] = x
    return grid


def active(grid: Floats, cells: Cells) -> Floats:
    """What stands in the voxels' cells."""
    found: Floats = grid[tuple(cells.coordinates.T)]
    return found


def submanifold(x: NDArray[np.floating], cells: Cells, weights: NDArray[np.floating]) -> Floats:
    """A 3 x 3 x 3 convolution with padding 1, at the active cells; weights (27, in, out)."""
    padded = np.pad(dense(x, cells), [(0, 0), (1, 1), (1, 1), (1, 1), (0, 0)])
    kernel = weights.reshape(3, 3, 3, *weights.shape[1:])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3, 3), axis=(1, 2, 3))
    return active(np.einsum("exyzcijk,ijkcd->exyzd", windows, kernel), cells)


def down(x: NDArray[np.floating], fine: Cells, coarse: Cells, weights: NDArray[np.floating]) -> Floats:
    """A 2 x 2 x 2 convolution of stride 2, at the active cells of the coarser grid; weights (8, in, out)."""
    grid = dense(x, fine)
    grid = np.pad(grid, [(0, 0), *((0, 2 * c - f) for f, c in zip(fine.size, coarse.size, strict=True)), (0, 0)])
    events, channels, (a, b, c) = len(grid), grid.shape[-1], coarse.size
    windows = grid.reshape(events, a, 2, b, 2, c, 2, channels)
    kernel = weights.reshape(2, 2, 2, *weights.shape[1:])
    return active(np.einsum("eaxbyczi,xyzio->eabco", windows, kernel), coarse)


def up(x: NDArray[np.floating], coarse: Cells, fine: Cells, weights: NDArray[np.floating]) -> Floats:
    """A transposed 2 x 2 x 2 convolution of stride 2, at the active cells of the finer grid; weights (8, in, out)."""
    grid = dense(x, coarse)
    kernel = weights.reshape(2, 2, 2, *weights.shape[1:])
    spread = np.einsum("eabci,xyzio->eaxbyczo", grid, kernel)
    events, (a, b, c) = len(grid), coarse.size
    whole = spread.reshape(events, 2 * a, 2 * b, 2 * c, weights.shape[2])
    return active(whole, fine)


def interpolate(x: NDArray[np.floating], cells: Cells, positions: Floats, events: Integers, level: int) -> Floats:
    """Each point's mean over the eight cells around it, weighted by nearness along each axis; empty ones left out."""
    values = np.pad(dense(x, cells), [(0, 0), (0, 1), (0, 1), (0, 1), (0, 0)])
    there = np.pad(dense(np.ones((len(cells), 1)), cells), [(0, 0), (0, 1), (0, 1), (0, 1), (0, 0)])
    out = np.zeros((len(positions), x.shape[1]))
    for row, (position, event) in enumerate(zip(positions / (1 << level), events, strict=True)):
        total = 0.0
        for cell in np.ndindex(2, 2, 2):
            corner = np.floor(position).astype(int) + np.array(cell)
            weight = float(np.prod(1 - np.abs(position - corner))) * float(there[(event, *corner)][0])
            out[row] += weight * values[(event, *corner)]
            total += weight
        out[row] /= total
    return out
