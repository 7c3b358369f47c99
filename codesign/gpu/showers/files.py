"""Events of showers in one .npz file: cells, energies and whose they are; positions follow from the cells."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

from codesign.errors import ModelError, OutputError
from codesign.gpu.showers.detectors import DETECTORS
from codesign.gpu.showers.evaluation import Clustering
from codesign.gpu.showers.event import NOBODY, PARTICLE, Kind, ShowerEvent

HITS = {"cell": np.int64, "energy": np.float32, "particle": np.int64}
"""The columns of hits, of all events one after the other."""
COUNTS = ("hits_of_event", "particles_of_event")


def write_events(path: Path, events: Iterable[ShowerEvent]) -> int:
    """Writes the events, all of one detector, whole or not at all; says how many there are."""
    given = list(events)
    names = {e.detector for e in given}
    if len(names) != 1:
        raise ModelError(f"{path}: there are events of {len(names)} detectors, expected one")
    columns: dict[str, np.ndarray] = {"detector": np.array(names.pop())}
    columns |= {name: np.concatenate([getattr(e, name) for e in given]).astype(kind) for name, kind in HITS.items()}
    table = np.concatenate([e.particles for e in given])
    columns |= {f"particle_{name}": np.ascontiguousarray(table[name]) for name in PARTICLE.names or ()}
    columns |= {
        COUNTS[0]: np.array([len(e) for e in given], np.int64),
        COUNTS[1]: np.array([len(e.particles) for e in given], np.int64),
    }
    content = io.BytesIO()
    np.savez_compressed(content, **columns)  # type: ignore[arg-type]
    replace_bytes(path, content.getvalue())
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
    hits, rows = (_ends(path, key, found[key], len(found[of])) for key, of in zip(COUNTS, ("cell", "particle_kind")))
    if len(hits) != len(rows):
        raise ModelError(f"{path}: {COUNTS[0]} has {len(hits)} events, {COUNTS[1]} {len(rows)}")
    table = np.zeros(len(found["particle_kind"]), PARTICLE)
    for column in PARTICLE.names or ():
        table[column] = found[f"particle_{column}"]
    if len(table) and not set(np.unique(table["kind"]).tolist()) <= {int(k) for k in Kind if k != Kind.NOISE}:
        raise ModelError(f"{path}: particle_kind has {np.unique(table['kind']).tolist()}, expected 1, 2 and 3")
    events = []
    for index, ((a, b), (c, d)) in enumerate(zip(_spans(hits), _spans(rows))):
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
    replace_bytes(path, content.getvalue())


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
    names = ["detector", *HITS, *COUNTS, *(f"particle_{name}" for name in PARTICLE.names or ())]
    try:
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, NpzFile):
            raise ModelError(f"{path}: this is one array, expected the .npz of `codesign clustering generate`")
        with loaded:
            missing = [name for name in names if name not in loaded.files]
            if missing:
                raise ModelError(f"{path}: there is no array {missing[0]}; expected the .npz of `codesign clustering "
                                 "generate`")  # fmt: skip
            found = {name: loaded[name] for name in names}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ModelError(f"{path}: the events cannot be read: {error}") from error
    _check_kinds(path, found)
    return found


def _check_kinds(path: Path, found: dict[str, np.ndarray]) -> None:
    for name, array in found.items():
        if name == "detector":
            good = array.ndim == 0 and array.dtype.kind == "U"
        else:
            wanted = "f" if name in ("energy",) or (name.startswith("particle_") and _is_real(name)) else "i"
            good = array.ndim == 1 and array.dtype.kind == wanted
        if not good:
            raise ModelError(f"{path}: {name} is {array.dtype} of shape {array.shape}, not as `codesign clustering "
                             "generate` writes it")  # fmt: skip
    for group in (tuple(HITS), tuple(f"particle_{name}" for name in PARTICLE.names or ())):
        lengths = {name: len(found[name]) for name in group}
        if len(set(lengths.values())) > 1:
            raise ModelError(f"{path}: {', '.join(f'{n} has {k} rows' for n, k in lengths.items())}; expected as many")


def _is_real(name: str) -> bool:
    return PARTICLE[name.removeprefix("particle_")].kind == "f"


def _ends(path: Path, key: str, counts: np.ndarray, of: int) -> np.ndarray:
    if (len(counts) and counts.min() < 0) or int(counts.sum()) != of:
        raise ModelError(f"{path}: {key} adds up to {int(counts.sum())}, there are {of} rows")
    return np.cumsum(counts)


def _spans(ends: np.ndarray) -> Sequence[tuple[int, int]]:
    return list(zip([0, *ends[:-1].tolist()], ends.tolist()))


def replace_bytes(path: Path, content: bytes) -> None:
    """Writes the file whole, or leaves the one that there is."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
