"""Tracks of an event as a file: hit_id and track_id, as in a TrackML submission."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesign.errors import DataError
from codesign.gpu.tracking.tables import read_table, write_table
from codesign.gpu.tracking.trackml import HITS


def read_hit_ids(folder: Path, name: str) -> NDArray[np.int64]:
    """The ids of an event's hits, in the order of their file."""
    paths = [folder / f"{name}-hits.csv", folder / f"{name}-hits.csv.gz"]
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        raise DataError(f"{folder}: there is no {paths[0].name} or {paths[1].name}")
    ids: NDArray[np.int64] = read_table(found, {"hit_id": HITS["hit_id"]})["hit_id"]
    return ids


def write_labels(folder: Path, name: str, ids: NDArray[np.int64], labels: NDArray[np.int64]) -> Path:
    """<name>-labels.csv: hit_id and track_id, -1 for a hit that is on no track."""
    path = folder / f"{name}-labels.csv"
    write_table(path, {"hit_id": ids, "track_id": labels})
    return path
