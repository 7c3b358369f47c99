"""Voxels: the occupied cells of a grid, and which points lie in them.

Cells are ordered by (event, x, y, z), so the same cloud gives the same voxels in whatever order its points come, and
points keep their order. A coarser level halves the coordinates (x // 2): its cell holds up to eight of the finer one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError, ModelError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_CELLS = 1 << 62
"""A cell's number, of a cell within a grid with a border of one, times the events, stays an int64."""


@dataclass(frozen=True)
class Grid:
    """Cells of `resolution` along x, y and z (in the units of the points), `size` of them from the corner `low`."""

    low: tuple[float, float, float]
    resolution: tuple[float, float, float]
    size: tuple[int, int, int]

    def __post_init__(self) -> None:
        for name, values in (("low", self.low), ("resolution", self.resolution), ("size", self.size)):
            if len(values) != 3 or not np.isfinite(values).all():
                raise ConfigError(f"grid: {name} is {values}, expected three finite numbers, for x, y and z")
        if min(self.resolution) <= 0:
            raise ConfigError(f"grid: resolution is {self.resolution}, expected positive numbers")
        if min(self.size) < 1 or any(s != int(s) for s in self.size):
            raise ConfigError(f"grid: size is {self.size}, expected whole numbers of cells, each at least 1")

    def cells_at(self, level: int) -> tuple[int, int, int]:
        """How many cells there are along each axis where coordinates are halved `level` times."""
        x, y, z = (-(-int(s) // (1 << level)) for s in self.size)
        return x, y, z

    def positions(self, points: NDArray[np.floating]) -> Floats:
        """The points (n, 3) in units of cells from the low corner; ModelError names the first that is not inside."""
        if points.ndim != 2 or points.shape[1] != 3:
            raise ModelError(f"points: found an array of shape {points.shape}, expected (points, 3): x, y and z")
        bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
        if bad.size:
            raise ModelError(f"points: point {bad[0]} is {_shown(points[bad[0]])}; {_count(bad.size)} not finite")
        found: Floats = (points.astype(np.float64) - np.array(self.low)) / np.array(self.resolution)
        outside = (found < 0) | (np.floor(found) >= np.array(self.size))
        bad = np.flatnonzero(outside.any(axis=1))
        if bad.size:
            axis = int(np.flatnonzero(outside[bad[0]])[0])
            low = self.low[axis]
            raise ModelError(
                f"points: point {bad[0]} has {'xyz'[axis]} = {points[bad[0], axis]:g}, the grid reaches from {low:g} "
                f"to {low + self.resolution[axis] * self.size[axis]:g}; {_count(bad.size)} outside: drop them, or give "
                "the grid another low, resolution or size"
            )
        return found


@dataclass(frozen=True)
class Cells:
    """The voxels of one level: `coordinates` (n, 4) are event, x, y, z; each event's grid has `size` cells."""

    coordinates: Integers
    size: tuple[int, int, int]

    def __len__(self) -> int:
        return len(self.coordinates)

    @property
    def keys(self) -> Integers:
        """A number for each voxel, rising: of the cell in a grid with a border of one cell, event after event."""
        return self.key(self.coordinates)

    def key(self, coordinates: Integers) -> Integers:
        """The same of any cells (..., 4) that are at most one cell outside the grid."""
        steps = self.steps
        found: Integers = (coordinates + np.array([0, 1, 1, 1])) @ np.array(steps)
        return found

    @property
    def steps(self) -> tuple[int, int, int, int]:
        """What a step by one event, in x, y and z adds to a key."""
        x, y, z = (s + 2 for s in self.size)
        return x * y * z, y * z, z, 1

    def find(self, keys: Integers) -> Integers:
        """The voxels with these keys, by binary search; -1 where there is none."""
        return find(self.keys, keys)


@dataclass(frozen=True)
class Voxels:
    """Points in voxels: `voxel` (points,) of each point among `cells`, `positions` (points, 3) in units of cells."""

    cells: Cells
    voxel: Integers
    positions: Floats
    events: Integers

    @property
    def counts(self) -> Integers:
        """How many points each voxel holds: at least one."""
        return np.bincount(self.voxel, minlength=len(self.cells))

    def mean(self, features: NDArray[np.floating]) -> Floats:
        """The mean over each voxel's points of `features` (points, channels)."""
        return segment_sum(features.astype(np.float64), self.voxel, len(self.cells)) / self.counts[:, None]


def voxelize(grid: Grid, points: NDArray[np.floating], events: Integers | None = None) -> Voxels:
    """The voxels that hold the points (n, 3), each of the event with its number in `events` (all of event 0 if not
    given): points of two events share none. ModelError for points that are not finite or outside the grid."""
    positions = grid.positions(points)
    number = np.zeros(len(points), dtype=np.int64) if events is None else event_numbers(len(points), events)
    all_events = int(number.max()) + 1 if number.size else 1
    if np.prod([float(s + 2) for s in grid.size]) * all_events > MOST_CELLS:
        raise ConfigError(f"grid: {grid.size} cells for {all_events} events cannot be numbered; make the grid smaller")
    inside = np.floor(positions).astype(np.int64)
    cells, voxel = _distinct(np.concatenate([number[:, None], inside], axis=1), grid.size)
    return Voxels(cells, voxel, positions, number)


def event_numbers(points: int, events: NDArray[np.integer]) -> Integers:
    """The number of the event of each of so many points; ModelError for what are none."""
    if events.shape != (points,) or events.dtype.kind not in "iu" or (events.size and events.min() < 0):
        raise ModelError(f"events: expected {points} whole numbers from 0, one for each point")
    return events.astype(np.int64)


def coarser(cells: Cells) -> tuple[Cells, Integers]:
    """The voxels of half the coordinates, and which of them holds each of these."""
    halved = cells.coordinates.copy()
    halved[:, 1:] //= 2
    x, y, z = (-(-s // 2) for s in cells.size)
    return _distinct(halved, (x, y, z))


def find(rising: Integers, keys: Integers) -> Integers:
    """Where each of `keys` stands in `rising`, -1 where it does not."""
    if not rising.size:
        return np.full(keys.shape, -1, dtype=np.int64)
    place = np.searchsorted(rising, keys)
    place[place == rising.size] = 0
    return np.where(rising[place] == keys, place, -1).astype(np.int64)


def segment_sum(values: Floats, segment: Integers, segments: int) -> Floats:
    """The sum of the rows of each segment, in the order of the rows."""
    out = np.zeros((segments, values.shape[1]))
    np.add.at(out, segment, values)
    return out


def _distinct(coordinates: Integers, size: tuple[int, int, int]) -> tuple[Cells, Integers]:
    keys = Cells(coordinates, size).keys
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return Cells(coordinates[first], size), inverse.astype(np.int64).reshape(-1)


def _shown(point: NDArray[np.floating]) -> str:
    return "(" + ", ".join(f"{v:g}" for v in point) + ")"


def _count(n: int) -> str:
    return "1 point is" if n == 1 else f"{n} points are"
