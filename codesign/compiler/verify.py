"""`verify`: every rung of the ladder for a project folder, on the user's inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from codesign.compiler.reporting import verification_of
from codesign.compiler.saved import restore
from codesign.data import read_arrays
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
        return [x[:inputs] for x in read_arrays(Path(data), [(n.name, n.origin) for n in nodes])]
    return random_inputs([n.layer for n in nodes if isinstance(n.layer, Input)], inputs or MANY_INPUTS, seed)
