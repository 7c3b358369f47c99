"""Events of showers in one .npz file: cells, energies and whose they are; positions follow from the cells."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from codesign.backends.swap import replace_file
from codesign.data import readable
from codesign.errors import ModelError
from codesign.gpu.showers.detectors import DETECTORS
from codesign.gpu.showers.evaluation import Clustering
from codesign.gpu.showers.event import NOBODY, PARTICLE, Kind, ShowerEvent

Types = dict[str, np.dtype[Any]]

HITS: Types = {"cell": np.dtype(np.int64), "energy": np.dtype(np.float32), "particle": np.dtype(np.int64)}
"""The columns of hits, of all events one after the other."""
PARTICLES: Types = {f"particle_{name}": PARTICLE[name] for name in PARTICLE.names or ()}
COUNTS = ("hits_of_event", "particles_of_event")
COLUMNS: Types = {**HITS, **PARTICLES, **dict.fromkeys(COUNTS, np.dtype(np.int64))}


def write_events(path: Path, events: Iterable[ShowerEvent]) -> int:
    """Writes the events, all of one detector, whole or not at all; says how many there are."""
    given = list(events)
    names = {e.detector for e in given}
    if len(names) != 1:
        raise ModelError(f"{path}: there are events of {len(names)} detectors, expected one")
    columns: dict[str, np.ndarray] = {"detector": np.array(names.pop())}
    columns |= {name: np.concatenate([getattr(e, name) for e in given]).astype(kind) for name, kind in HITS.items()}
    table = np.concatenate([e.particles for e in given])
    columns |= {name: np.ascontiguousarray(table[name.removeprefix("particle_")]) for name in PARTICLES}
    columns |= {
        COUNTS[0]: np.array([len(e) for e in given], np.int64),
        COUNTS[1]: np.array([len(e.particles) for e in given], np.int64),
    }
    content = io.BytesIO()
    np.savez_compressed(content, **columns)  # type: ignore[arg-type]
    replace_file(path, content.getvalue())
    return len(given)


def read_events(path: Path, detector: str | None = None) -> list[ShowerEvent]:
    """The events of a file. ModelError, which names it, where it is none, or of another detector than asked."""
    found = _columns(path)
    name = str(found["detector"])
    if name not in DETECTORS:
        raise ModelError(f"{path}: detector is {name[:40]!r}, expected one of {', '.join(DETECTORS)}")
    if detector is not None and name != detector:
        raise ModelError(f"{path}: the events are of the detector {name}, the configuration is for {detector}; take "
                         "the data and the configuration of one detector")  # fmt: skip
    hits, rows = (_spans(path, key, found[key], len(found[of])) for key, of in zip(COUNTS, ("cell", "particle_kind")))
    if len(hits) != len(rows):
        raise ModelError(f"{path}: {COUNTS[0]} has {len(hits)} events, {COUNTS[1]} {len(rows)}")
    table = np.zeros(len(found["particle_kind"]), PARTICLE)
    for column in PARTICLES:
        table[column.removeprefix("particle_")] = found[column]
    events = []
    for index, ((a, b), (c, d)) in enumerate(zip(hits, rows)):
        try:
            events.append(_event(name, {key: found[key][a:b] for key in HITS}, table[c:d]))
        except ModelError as error:
            raise ModelError(f"{path}: event {index}: {error}") from error
    return events


def write_labels(path: Path, made: Sequence[Clustering]) -> None:
    """Writes the clusters of events: `labels` and `hits_of_event`, and `kind` where all have kinds."""
    empty = [np.empty(0, np.int64)]
    columns = {
        "hits_of_event": np.array([len(c.labels) for c in made], np.int64),
        "labels": np.concatenate([c.labels for c in made] or empty),
    }
    kinds = [c.kind for c in made if c.kind is not None]
    if made and len(kinds) == len(made):
        columns["kind"] = np.concatenate(kinds)
    content = io.BytesIO()
    np.savez_compressed(content, **columns)  # type: ignore[arg-type]
    replace_file(path, content.getvalue())


def _event(detector: str, hits: dict[str, np.ndarray], particles: np.ndarray) -> ShowerEvent:
    points, layer = DETECTORS[detector].positions(hits["cell"])
    particle = hits["particle"]
    if len(particle) and not (particle.min() >= NOBODY and particle.max() < len(particles)):
        raise ModelError(f"hits name particles {particle.min()}..{particle.max()}, there are {len(particles)}")
    kinds = np.append(particles["kind"], np.int8(Kind.NOISE))
    return ShowerEvent(
        detector, points.astype(np.float32), layer.astype(np.int32), hits["cell"], hits["energy"], particle,
        kinds[particle], particles,
    )  # fmt: skip


def _columns(path: Path) -> dict[str, np.ndarray]:
    """`detector` and all of `COLUMNS`, in their types, those of hits and those of particles each of one length."""
    with readable(path, "the events"):
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, NpzFile):
            raise ModelError(f"{path}: this is one array, expected the .npz of `codesign clustering generate`")
        with loaded:
            missing = [name for name in ("detector", *COLUMNS) if name not in loaded.files]
            if missing:
                raise ModelError(f"{path}: there is no array {missing[0]}; expected the .npz of `codesign clustering "
                                 "generate`")  # fmt: skip
            found = {name: np.asarray(loaded[name]) for name in ("detector", *COLUMNS)}  # bytes, of what is no array
    if found["detector"].ndim or found["detector"].dtype.kind != "U":
        raise ModelError(f"{path}: detector is {found['detector'].dtype} of shape {found['detector'].shape}, expected "
                         "a name")  # fmt: skip
    found |= {name: _typed(path, name, found[name]) for name in COLUMNS}
    for group in (HITS, PARTICLES):
        lengths = {name: len(found[name]) for name in group}
        if len(set(lengths.values())) > 1:
            raise ModelError(f"{path}: {', '.join(f'{n} has {k} rows' for n, k in lengths.items())}; expected as many")
    return found


def _typed(path: Path, name: str, found: np.ndarray) -> np.ndarray:
    """The column in the type in which it is written; ModelError where that does not hold its numbers."""
    wanted = COLUMNS[name]
    if found.ndim != 1 or found.dtype.kind != wanted.kind:
        raise ModelError(f"{path}: {name} is {found.dtype} of shape {found.shape}, expected a column of {wanted}")
    with np.errstate(over="ignore"):  # what is no float32 becomes infinite, which no event may hold
        typed: np.ndarray = found.astype(wanted)
    if wanted.kind == "i" and (typed != found).any():
        raise ModelError(f"{path}: {name} has {found[typed != found][0]}, expected numbers of type {wanted}")
    return typed


def _spans(path: Path, key: str, counts: np.ndarray, of: int) -> list[tuple[int, int]]:
    """Where each event's rows are, of all `of` rows."""
    if ((counts < 0) | (counts > of)).any() or int(counts.sum()) != of:
        raise ModelError(f"{path}: {key} adds up to {int(counts.sum())}, there are {of} rows")
    return list(pairwise([0, *np.cumsum(counts).tolist()]))
