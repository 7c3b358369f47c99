"""Events in the csv format of the TrackML challenge: a folder with, for each event, files of hits, truth, particles,
and perhaps cells, plain or gzipped.

    event000001000-hits.csv        hit_id, x, y, z, volume_id, layer_id, module_id
    event000001000-truth.csv       hit_id, particle_id, tx, ty, tz, tpx, tpy, tpz, weight
    event000001000-particles.csv   particle_id, vx, vy, vz, px, py, pz, q, nhits
    event000001000-cells.csv       hit_id, ch0, ch1, value
    detectors.csv                  volume_id, layer_id, module_id, cx, cy, cz, ...
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesign.errors import DataError, OutputError
from codesign.gpu.tracking.events import LAYERS_PER_VOLUME, PARTICLE, Event, counted, layer_number
from codesign.gpu.tracking.tables import Columns, read_table, write_table

HITS: Columns = {
    "hit_id": np.int64,
    **dict.fromkeys("xyz", np.float64),
    **dict.fromkeys(("volume_id", "layer_id", "module_id"), np.int64),
}
TRUTH: Columns = {
    "hit_id": np.int64,
    "particle_id": np.int64,
    **dict.fromkeys(("tx", "ty", "tz", "tpx", "tpy", "tpz", "weight"), np.float64),
}
PARTICLES: Columns = {
    "particle_id": np.int64,
    **dict.fromkeys(("vx", "vy", "vz", "px", "py", "pz"), np.float64),
    "q": np.int64,
}
CELLS: Columns = {"hit_id": np.int64, "ch0": np.int64, "ch1": np.int64, "value": np.float64}
DETECTORS: Columns = {
    **dict.fromkeys(("volume_id", "layer_id", "module_id"), np.int64),
    **dict.fromkeys(("cx", "cy", "cz"), np.float64),
}

MAX_MM = 1e6
"""No hit is a kilometre away."""

_HITS = re.compile(r"(.+)-hits\.csv(\.gz)?")


def event_names(folder: Path) -> list[str]:
    """The events in a folder, by name, such as event000001000."""
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder; expected one with files like event000001000-hits.csv")
    found = sorted({match[1] for path in folder.iterdir() if (match := _HITS.fullmatch(path.name))})
    if not found:
        raise DataError(f"{folder}: there is no event; expected files like event000001000-hits.csv or .csv.gz")
    return found


def read_event(folder: Path, name: str, truth: bool = True) -> Event:
    """One event, its hits in the order of the file. Without truth all hits are noise, and the files of truth and
    particles are not looked for. DataError for a missing file or column, a value that is none, or an id that is there
    twice."""
    path = _file(folder, name, "hits")
    table = read_table(path, HITS)
    _once(path, "hit_id", table["hit_id"])
    for column, limit in (("volume_id", 1 << 20), ("layer_id", LAYERS_PER_VOLUME), ("module_id", 1 << 31)):
        bad = (table[column] < 0) | (table[column] >= limit)
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(f"{path}: row {row + 1} has {column} {table[column][row]}, expected 0..{limit - 1}")
    places = np.stack([table[axis] for axis in "xyz"], axis=1)
    far = (np.abs(places) > MAX_MM).any(axis=1)
    if far.any():
        row = int(np.argmax(far))
        raise DataError(f"{path}: row {row + 1} is at {places[row].tolist()}, expected x, y, z within {MAX_MM:g} mm")
    hits = places.astype(np.float32)
    layer = layer_number(table["volume_id"], table["layer_id"])
    module = table["module_id"].astype(np.int32)
    if not truth:
        return Event(hits, layer, np.zeros(len(hits), np.int64), module=module)
    particles = _particles(_file(folder, name, "particles", TRUTHLESS))
    path = _file(folder, name, "truth", TRUTHLESS)
    true = read_table(path, TRUTH)
    _once(path, "hit_id", true["hit_id"])
    rows = _rows(path, true["hit_id"], table["hit_id"])
    particle = true["particle_id"][rows]
    unknown = np.setdiff1d(particle[particle != 0], particles["id"])
    if unknown.size:
        raise DataError(f"{path}: particle_id {unknown[0]} has no row in {_file(folder, name, 'particles').name}")
    return Event(
        hits,
        layer,
        particle,
        counted(particles, particle),
        true["weight"][rows],
        module,
        np.stack([true[column][rows] for column in ("tx", "ty", "tz", "tpx", "tpy", "tpz")], axis=1).astype(np.float32),
    )


TRUTHLESS = "; where there is no truth, read the event without it (`codesign tracking run`, or truth=False)"


def read_cells(folder: Path, name: str) -> dict[str, NDArray[Any]]:
    """The cells of an event's hits: `hit` (rows of the event), `ch0`, `ch1` and `value`, the charge."""
    path = _file(folder, name, "cells")
    cells = read_table(path, CELLS)
    ids = read_table(_file(folder, name, "hits"), HITS)["hit_id"]
    return {"hit": _rows(_file(folder, name, "hits"), ids, cells["hit_id"], path), **_without(cells, "hit_id")}


def read_detector(path: Path) -> dict[str, NDArray[Any]]:
    """The modules of detectors.csv: volume, layer and module ids and the centres cx, cy, cz in mm."""
    return read_table(path, DETECTORS)


def write_event(folder: Path, name: str, event: Event, gzipped: bool = False) -> None:
    """Writes the three files of an event, hits last, so that an event that is there is whole; hits are numbered from 1.

    The true positions of an event without `truth` are those of its hits, with no momentum."""
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise OutputError(f"event {name!r}: a name has letters, digits and _, such as event000001000")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}") from error
    ids = np.arange(1, len(event) + 1)
    truth = event.truth
    if truth is None:
        truth = np.concatenate([event.hits, np.zeros_like(event.hits)], axis=1)
    table = event.particles
    momentum = _momentum(table)
    ending = ".csv.gz" if gzipped else ".csv"
    write_table(
        folder / f"{name}-particles{ending}",
        {
            "particle_id": table["id"],
            **{column: table["vertex"][:, i] for i, column in enumerate(("vx", "vy", "vz"))},
            **{column: momentum[:, i] for i, column in enumerate(("px", "py", "pz"))},
            "q": table["charge"],
            "nhits": table["hits"],
        },
    )
    write_table(
        folder / f"{name}-truth{ending}",
        {
            "hit_id": ids,
            "particle_id": event.particle,
            **{column: truth[:, i] for i, column in enumerate(("tx", "ty", "tz", "tpx", "tpy", "tpz"))},
            "weight": event.weight,
        },
    )
    write_table(
        folder / f"{name}-hits{ending}",
        {
            "hit_id": ids,
            **{axis: event.hits[:, i] for i, axis in enumerate("xyz")},
            "volume_id": event.layer // LAYERS_PER_VOLUME,
            "layer_id": event.layer % LAYERS_PER_VOLUME,
            "module_id": event.module,
        },
    )


def _file(folder: Path, name: str, part: str, cure: str = "") -> Path:
    """The plain or the gzipped file of a part of an event."""
    paths = [folder / f"{name}-{part}.csv", folder / f"{name}-{part}.csv.gz"]
    found = [path for path in paths if path.is_file()]
    if len(found) == 2:
        raise DataError(f"{folder}: there are both {found[0].name} and {found[1].name}; remove one of them")
    if not found:
        raise DataError(f"{folder}: there is no {paths[0].name} or {paths[1].name}{cure}")
    return found[0]


def _once(path: Path, column: str, ids: NDArray[Any]) -> None:
    order = np.argsort(ids, kind="stable")
    again = np.nonzero(ids[order][1:] == ids[order][:-1])[0]
    if again.size:
        first, second = sorted(int(row) for row in order[again[0] : again[0] + 2])
        raise DataError(
            f"{path}: {column} {ids[first]} is in row {first + 1} and in row {second + 1}; expected it once"
        )


def _rows(path: Path, ids: NDArray[Any], wanted: NDArray[Any], of: Path | None = None) -> NDArray[np.int64]:
    """The row of `ids`, those of the file, that has each wanted id."""
    order = np.argsort(ids)
    at = np.minimum(np.searchsorted(ids, wanted, sorter=order), max(len(ids) - 1, 0))
    missing = np.ones(len(wanted), bool) if not len(ids) else ids[order[at]] != wanted
    if missing.any():
        user = f" of {of.name}" if of else ""
        raise DataError(f"{path}: there is no row for hit_id {wanted[np.argmax(missing)]}{user}")
    return order[at]


def _particles(path: Path) -> NDArray[np.void]:
    found = read_table(path, PARTICLES)
    _once(path, "particle_id", found["particle_id"])
    table = np.zeros(len(found["particle_id"]), PARTICLE)
    pt = np.hypot(found["px"], found["py"])
    table["id"], table["pt"] = found["particle_id"], pt
    with np.errstate(divide="ignore", invalid="ignore"):
        table["eta"] = np.nan_to_num(np.arcsinh(found["pz"] / pt), nan=0.0, posinf=np.inf, neginf=-np.inf)
    table["phi"] = np.arctan2(found["py"], found["px"])
    bad = np.abs(found["q"]) > 127
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{path}: row {row + 1} has the charge {found['q'][row]}, expected -127..127")
    table["charge"] = found["q"]
    table["vertex"] = np.stack([found[column] for column in ("vx", "vy", "vz")], axis=1)
    return table[np.argsort(table["id"])]


def _momentum(table: NDArray[np.void]) -> NDArray[np.float64]:
    pt, phi = table["pt"], table["phi"]
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(table["eta"])], axis=1)


def _without(columns: dict[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    return {key: column for key, column in columns.items() if key != name}
