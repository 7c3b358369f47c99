"""The user's arrays: .npy and .npz files of real numbers, samples first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from codesign.errors import UNREADABLE, ModelError

Names = tuple[str, str]
"""What an input is called: by this compiler, and in the user's file. Either may name its array."""


def read_arrays(path: Path, inputs: Sequence[Names]) -> list[np.ndarray]:
    """One array of real numbers per input, samples first: of an .npy file, an .npz with an array for each, or a folder
    with an .npy file for each. ModelError where there is none for an input, or what is there is no such thing."""
    if path.is_dir():
        return [_only(file, _load(file)) for file in (_file(path, names) for names in inputs)]
    found = _load(path)
    if isinstance(found, np.ndarray):
        if len(inputs) != 1:
            wanted = ", ".join(name for name, _ in inputs)
            raise ModelError(
                f"{path}: the network has the inputs {wanted}; give an .npz with an array of each name, or a folder "
                "with an .npy file for each"
            )
        return [_numbers(path, found)]
    arrays = []
    for names in inputs:
        key = next((k for k in names if k in found.files), None)
        if key is None:
            raise ModelError(f"{path}: there is no array for input {names[1]}, only {', '.join(found.files)}")
        with readable(path):
            array = np.asarray(found[key])  # numpy gives what is no array as its bytes
        arrays.append(_numbers(path, array))
    return arrays


def read_array(path: Path, what: str = "the data") -> np.ndarray:
    """The array of real numbers, samples first, in an .npy file; ModelError, which calls it `what`, if it is none."""
    return _only(path, _load(path, what))


def _file(folder: Path, names: Names) -> Path:
    """The file of an input in a folder."""
    files = [folder / f"{name}.npy" for name in names if Path(name).name == name]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        there = ", ".join(sorted(p.name for p in folder.glob("*.npy"))) or "no .npy file"
        raise ModelError(f"{folder}: there is no {names[0]}.npy for input {names[1]}, only {there}")
    return found


@contextmanager
def readable(path: Path, what: str = "the data") -> Iterator[None]:
    """ModelError, which calls it `what`, for all that numpy raises of a file that is damaged, or asks for more memory
    than there is. The arrays of an .npz are only read when they are taken out of it."""
    try:
        yield
    except UNREADABLE as error:
        raise ModelError(f"{path}: {what} cannot be read as .npy or .npz: {error}") from error


def _load(path: Path, what: str = "the data") -> np.ndarray | NpzFile:
    with readable(path, what):
        found: np.ndarray | NpzFile = np.load(path, allow_pickle=False)
    return found


def _only(path: Path, found: np.ndarray | NpzFile) -> np.ndarray:
    """What a file with one array holds."""
    if not isinstance(found, np.ndarray):
        raise ModelError(f"{path}: this is an .npz; expected an .npy file, which holds one array")
    return _numbers(path, found)


def _numbers(path: Path, x: np.ndarray) -> np.ndarray:
    if x.dtype.kind not in "fiub" or x.ndim == 0:
        raise ModelError(
            f"{path}: expected an array of real numbers, samples first; found {x.dtype} of shape {x.shape}"
        )
    return x
