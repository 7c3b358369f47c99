"""`verify`: every rung of the ladder for a project folder, on the user's inputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

from codesign.compiler.reporting import verification_of
from codesign.compiler.saved import restore
from codesign.errors import ModelError
from codesign.ir.graph import Node
from codesign.ir.layers import Input
from codesign.progress import Progress, silent
from codesign.report.model import Verification
from codesign.verification.climb import Ladder
from codesign.verification.csim import Arithmetic
from codesign.verification.inputs import random_inputs

MANY_INPUTS = 1000
"""Random inputs where the user gives no data."""


def verify(
    build: str | Path,
    *,
    data: str | Path | None = None,
    inputs: int | None = None,
    seed: int = 0,
    cosim: bool = True,
    progress: Progress = silent,
) -> Verification:
    """Compares the file, the network, the design, the C++ and the SystemVerilog of the project folder `build`.

    `data` is an .npy file (samples first), an .npz with one array per input, or a folder with an .npy file for each
    input, called like it; of it the first `inputs` samples. Translating and compiling the SystemVerilog of a large
    network takes a minute or more; `cosim` off leaves it out.
    Raises CodesignError where the folder or the data cannot be used; mismatches are a result, not an error.
    """
    progress("reading the project", 0, 0)
    ladder = restore(Path(build))
    arrays = given_inputs(ladder, data, inputs, seed)
    return verification_of(ladder.climb(arrays, tuple(Arithmetic), progress, thorough=True, cosim=cosim))


def given_inputs(ladder: Ladder, data: str | Path | None, inputs: int | None, seed: int) -> list[np.ndarray]:
    """The first `inputs` samples of the user's data, or so many random ones: an array for each input."""
    nodes = ladder.network.inputs
    if data is not None:
        return [x[:inputs] for x in read_inputs(Path(data), nodes)]
    return random_inputs([n.layer for n in nodes if isinstance(n.layer, Input)], inputs or MANY_INPUTS, seed)


def read_inputs(path: Path, nodes: Sequence[Node]) -> list[np.ndarray]:
    """One array per input; ModelError where the file or folder is not that."""
    if path.is_dir():
        return [_only(file, _load(file)) for file in (_file(path, node) for node in nodes)]
    found = _load(path)
    if isinstance(found, np.ndarray):
        if len(nodes) != 1:
            names = ", ".join(n.name for n in nodes)
            raise ModelError(
                f"{path}: the network has the inputs {names}; give an .npz with an array of each name, or a folder "
                "with an .npy file for each"
            )
        return [_numbers(path, found)]
    arrays = []
    for node in nodes:
        key = next((k for k in (node.name, node.origin) if k in found.files), None)
        if key is None:
            raise ModelError(f"{path}: there is no array for input {node.origin}, only {', '.join(found.files)}")
        arrays.append(_numbers(path, found[key]))
    return arrays


def _file(folder: Path, node: Node) -> Path:
    """The file of an input in a folder."""
    files = [folder / f"{name}.npy" for name in (node.name, node.origin) if Path(name).name == name]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        there = ", ".join(sorted(p.name for p in folder.glob("*.npy"))) or "no .npy file"
        raise ModelError(f"{folder}: there is no {node.name}.npy for input {node.origin}, only {there}")
    return found


def _load(path: Path) -> np.ndarray | NpzFile:
    try:
        found: np.ndarray | NpzFile = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ModelError(f"{path}: the data cannot be read as .npy or .npz: {error}") from error
    return found


def _only(path: Path, found: np.ndarray | NpzFile) -> np.ndarray:
    """What a file with one array holds."""
    if not isinstance(found, np.ndarray):
        raise ModelError(f"{path}: this is an .npz; a folder has one .npy for each input")
    return _numbers(path, found)


def _numbers(path: Path, x: np.ndarray) -> np.ndarray:
    if x.dtype.kind not in "fiub" or x.ndim == 0:
        raise ModelError(
            f"{path}: expected an array of real numbers, samples first; found {x.dtype} of shape {x.shape}"
        )
    return x
