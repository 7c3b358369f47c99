"""A trained network as a folder: its kind, its settings, and its weights by the names that PyTorch gives them."""

from __future__ import annotations

import hashlib
import io
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesign.backends.swap import whole_folder
from codesign.checks import Checks, shown
from codesign.errors import UNREADABLE, ModelError, OutputError

KINDS = ("embedding", "filter", "interaction", "attention", "spvcnn")
"""The networks that can be exported."""

MODEL, WEIGHTS = "model.yaml", "weights.npz"
MAX_WEIGHTS = 1 << 31
"""Bytes of weights.npz; an ONNX file cannot hold more either."""

Setting = int | float | bool | str | list[int] | list[float] | list[str]
Weights = Mapping[str, NDArray[np.float32]]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", re.ASCII)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network's kind, its settings, and its weights by the keys of PyTorch's state_dict."""

    kind: str
    settings: Mapping[str, Setting]
    weights: Weights

    def save(self, folder: Path) -> None:
        """Writes model.yaml and weights.npz; an older checkpoint there is replaced once the new one is complete.

        The same checkpoint gives the same bytes. ModelError for what `load` would not read back.
        """
        import yaml

        where = str(folder)
        _check(where, self.kind, self.settings, self.weights)
        packed = _packed(self.weights)
        text = yaml.safe_dump(
            {"kind": self.kind, "settings": dict(self.settings), "sha256": hashlib.sha256(packed).hexdigest()},
            sort_keys=False,
        )
        with whole_folder(folder, lambda: _check_replaceable(folder)) as building:
            try:
                (building / WEIGHTS).write_bytes(packed)
                (building / MODEL).write_text(text, encoding="utf-8")
            except OSError as error:
                raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error

    @classmethod
    def load(cls, folder: Path) -> Checkpoint:
        """The checkpoint that `save` wrote; ModelError naming the file for anything that is not one."""
        path = folder / MODEL
        checks = Checks(str(path), ModelError)
        found = checks.mapping(checks.yaml(path), "the checkpoint", ("kind", "settings", "sha256"))
        settings = found.get("settings")
        if not isinstance(settings, dict):
            raise checks.refuse("settings", settings, "a mapping")
        content = _read(folder / WEIGHTS)
        digest = hashlib.sha256(content).hexdigest()
        if found.get("sha256") != digest:
            raise ModelError(f"{folder / WEIGHTS}: its sha256 is {digest}, {MODEL} says {shown(found.get('sha256'))}")
        weights = _unpacked(content, folder / WEIGHTS)
        kind = found.get("kind")
        _check(str(path), kind, settings, weights)
        return cls(str(kind), settings, weights)


def is_checkpoint(folder: Path) -> bool:
    """Whether the folder has the two files of a checkpoint."""
    return (folder / MODEL).is_file() and (folder / WEIGHTS).is_file()


def _check(where: str, kind: object, settings: Mapping[str, object], weights: Mapping[str, object]) -> None:
    if kind not in KINDS:
        raise ModelError(f"{where}: kind is {shown(kind)}, expected one of {', '.join(KINDS)}")
    for name, value in settings.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ModelError(f"{where}: settings: {shown(name)} is no name: letters, digits and _, a letter first")
        if not _is_setting(value):
            expected = "a finite number, true, false, a text, or a list of numbers or texts"
            raise ModelError(f"{where}: setting {name} is {shown(value)}, expected {expected}")
    if not weights:
        raise ModelError(f"{where}: there are no weights")
    for key, array in weights.items():
        if not isinstance(key, str) or not _NAME.fullmatch(key):
            raise ModelError(f"{where}: {shown(key)} is no name of weights such as network.0.weight")
        if not isinstance(array, np.ndarray) or array.dtype != np.float32:
            raise ModelError(f"{where}: weights {key}: {getattr(array, 'dtype', type(array))}, expected float32")
        if not np.isfinite(array).all():
            raise ModelError(f"{where}: weights {key}: some are not numbers (NaN or infinite)")


def _is_setting(value: object) -> bool:
    if isinstance(value, list):
        numbers = all(_is_number(v) for v in value)
        return numbers or all(isinstance(v, str) for v in value)
    return isinstance(value, (bool, str)) or _is_number(value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _check_replaceable(folder: Path) -> None:
    """OutputError for anything but no folder, an empty one, or a checkpoint."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(f"{folder}: there is something else than a folder; choose another")
    if folder.exists() and not {p.name for p in folder.iterdir()} <= {MODEL, WEIGHTS}:
        raise OutputError(f"{folder}: it holds other files than a checkpoint; choose another folder")


def _packed(weights: Weights) -> bytes:
    """The bytes of an .npz file, in the order of the keys and without dates."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for key, array in weights.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{key}.npy"), member.getvalue())
    return file.getvalue()


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise ModelError(f"{path}: there is no such file")
        if path.stat().st_size > MAX_WEIGHTS:
            raise ModelError(f"{path}: larger than {MAX_WEIGHTS:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def _unpacked(content: bytes, path: Path) -> dict[str, NDArray[np.float32]]:
    weights: dict[str, NDArray[np.float32]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                if info.compress_type != zipfile.ZIP_STORED or not info.filename.endswith(".npy"):
                    raise ModelError(f"{path}: {shown(info.filename)} is no array that a checkpoint stores")
                key = info.filename.removesuffix(".npy")
                if key in weights:
                    raise ModelError(f"{path}: {shown(key)} is there twice")
                weights[key] = np.lib.format.read_array(io.BytesIO(archive.read(info)), allow_pickle=False)
    except UNREADABLE as error:
        raise ModelError(f"{path}: this is no .npz of weights: {error}") from error
    return weights
