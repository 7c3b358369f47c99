"""Segment graphs of the HEP.TrkX project (.npz), and files of scaled points (.csv), as graphs and events.

A graph file holds X (n, 3) float: r, phi and z, scaled; the sparse 0/1 matrices of the edges that end in a hit (Ri) and
that start at it (Ro), as Ri_rows, Ri_cols, Ro_rows and Ro_cols, a row per hit and a column per edge; and y (E,): 1 for
true edges. As prepared for TrackML, r and z are in units of 1000 mm, and phi, counted from the middle of one of 8
sectors, in units of pi / 8.
"""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesign.errors import UNREADABLE, DataError
from codesign.gpu.tracking.events import PARTICLE, Event
from codesign.gpu.tracking.geometry import barrel_layer
from codesign.gpu.tracking.graphs import Edges
from codesign.gpu.tracking.labelling import connected_components
from codesign.gpu.tracking.tables import read_table

SCALE = (1000.0, math.pi / 8, 1000.0)
"""mm, rad and mm per unit of X."""
POINT_SCALE = (1000.0, math.pi, 1000.0)
"""mm, rad and mm per unit of a file of points."""

ARRAYS = ("X", "y", "Ri_rows", "Ri_cols", "Ro_rows", "Ro_cols")
MAX_ENTRIES = 1 << 28


@dataclass(frozen=True, eq=False)
class SegmentGraph:
    """Hits and the segments between layers.

    x      (n, 3) float32: r, phi, z as in the file, scaled
    edges  (2, E): from the hit where each segment starts to the one where it ends
    true   (E,): whether both are of one particle
    """

    x: NDArray[np.float32]
    edges: Edges
    true: NDArray[np.bool_]

    def event(self, scale: tuple[float, float, float] = SCALE) -> Event:
        """The hits in mm, with a particle for every component of true segments; the files do not say more about truth.

        The pt of these particles is not known (NaN), their eta is the mean of their hits, their vertex the origin."""
        labels = connected_components(len(self.x), self.edges[:, self.true], min_hits=2)
        event = _event(self.x, scale, labels + 1)
        table = np.zeros(int(labels.max(initial=-1)) + 1, PARTICLE)
        on = labels >= 0
        table["id"] = np.arange(len(table)) + 1
        table["hits"] = np.bincount(labels[on], minlength=len(table))
        table["pt"] = table["phi"] = np.nan
        table["eta"] = np.bincount(labels[on], event.eta[on], minlength=len(table)) / np.maximum(table["hits"], 1)
        return Event(event.hits, event.layer, event.particle, table, on.astype(np.float64) / max(int(on.sum()), 1))


def read_graph(path: Path) -> SegmentGraph:
    """The graph in an .npz file. DataError for an array that is missing or of another shape, or a row that is none."""
    arrays = _arrays(path)
    x, y = arrays["X"], arrays["y"]
    if x.ndim != 2 or x.shape[1] < 3 or x.dtype.kind != "f":
        raise DataError(f"{path}: X is {x.dtype} of shape {x.shape}, expected floats of shape (hits, 3): r, phi, z")
    bad = ~np.isfinite(x).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{path}: row {row} of X is {x[row].tolist()}; leave such hits out")
    if y.ndim != 1 or not np.isin(y, (0, 1)).all():
        raise DataError(f"{path}: y is {y.dtype} of shape {y.shape}, expected a 0 or 1 for each edge")
    ends = [_ends(path, arrays, matrix, len(x), len(y)) for matrix in ("Ro", "Ri")]
    return SegmentGraph(x[:, :3].astype(np.float32), np.stack(ends), y == 1)


def read_points(path: Path, scale: tuple[float, float, float] = POINT_SCALE) -> Event:
    """The hits of a csv file without header, whose three columns are r, phi and z divided by `scale`; no truth."""
    columns = read_table(path, dict.fromkeys(("r", "phi", "z"), np.float64), header=False)
    x = np.stack([columns[name] for name in ("r", "phi", "z")], axis=1)
    return _event(x, scale, np.zeros(len(x), np.int64))


def _event(x: NDArray[np.floating], scale: tuple[float, float, float], particle: NDArray[np.int64]) -> Event:
    """Scaled points as an event; particles are 0 for noise and numbered from 1."""
    r, phi, z = (x.astype(np.float64) * scale).T
    hits = np.stack([r * np.cos(phi), r * np.sin(phi), z], axis=1).astype(np.float32)
    table = np.zeros(int(particle.max(initial=0)), PARTICLE)
    table["id"] = np.arange(len(table)) + 1
    return Event(hits, barrel_layer(r), particle, table)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of the file by name, whose sizes are looked at before they are unpacked."""
    try:
        with zipfile.ZipFile(path) as file:
            packed = {info.filename: info.file_size for info in file.infolist()}
        for name in ARRAYS:
            if f"{name}.npy" not in packed:
                there = ", ".join(sorted(entry.removesuffix(".npy") for entry in packed)) or "nothing"
                raise DataError(f"{path}: there is no array {name}, only {there}; expected {', '.join(ARRAYS)}")
            if packed[f"{name}.npy"] > MAX_ENTRIES:
                raise DataError(f"{path}: the array {name} is larger than {MAX_ENTRIES:,} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in ARRAYS}  # of what is no array: its bytes
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except UNREADABLE as error:
        raise DataError(f"{path}: cannot be read as .npz: {error}") from error


def _ends(path: Path, arrays: dict[str, NDArray[Any]], matrix: str, hits: int, edges: int) -> NDArray[np.int64]:
    """(E,): the hit in each column of one of the matrices."""
    rows, columns = arrays[f"{matrix}_rows"], arrays[f"{matrix}_cols"]
    for name, found, limit, what in (
        (f"{matrix}_rows", rows, hits, "hits"),
        (f"{matrix}_cols", columns, edges, "edges"),
    ):
        if found.dtype.kind not in "iu" or found.shape != (edges,):
            raise DataError(f"{path}: {name} is {found.dtype} of shape {found.shape}, expected integers ({edges},)")
        outside = (found < 0) | (found >= limit)
        if outside.any():
            at = int(np.argmax(outside))
            raise DataError(f"{path}: {name}[{at}] is {found[at]}, but the {what} are 0..{limit - 1}")
    counts = np.bincount(columns.astype(np.int64), minlength=edges)
    if (counts != 1).any():
        at = int(np.argmax(counts != 1))
        raise DataError(f"{path}: edge {at} is {counts[at]} times in {matrix}_cols, expected once")
    ends = np.empty(edges, np.int64)
    ends[columns.astype(np.int64)] = rows
    return ends
