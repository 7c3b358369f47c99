"""A Keras file executed in double precision, formula by formula as QKeras 0.9 and Keras have them.

This is the reference that the network read from the same file is compared with: it shares the reading of the file with
the reader, and nothing of what the reader makes of quantizers and layers. Weights are quantized in float32, as QKeras
does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codesign.errors import LayerError, ModelError
from codesign.frontends.keras.container import StoredWeights, read
from codesign.frontends.keras.execution.layer import Executed
from codesign.frontends.keras.execution.layers import EXECUTED
from codesign.frontends.keras.execution.quantizers import Floats
from codesign.frontends.keras.topology import Call, Tensor, topology
from codesign.frontends.names import spelled

__all__ = ["EXECUTED", "Execution"]


class Execution:
    """The model of a Keras file as a function of batches; ModelError where it cannot be executed."""

    against = "QKeras' formulas in double precision"

    def __init__(self, path: str | Path) -> None:
        self.file = read(Path(path))
        try:
            self.model = topology(self.file.config)
        except LayerError as error:
            raise ModelError(f"{self.file.origin}: {error}") from error
        missing = [c.kind for c in self.model.calls if c.kind != "InputLayer" and c.kind not in EXECUTED]
        if missing:
            raise ModelError(f"{self.file.origin}: layers of class {spelled(missing[0])} are not executed")

    def __call__(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One float array (n, ...) per output, for one array (n, *shape) per input."""
        found = {t: np.asarray(x, np.float64) for t, x in zip(self.model.inputs, inputs, strict=True)}
        for call in self.model.calls:
            if call.kind != "InputLayer":
                found[Tensor(call.name, call.number)] = self._run(call, [found[t] for t in call.inputs])
        return [found[t] for t in self.model.outputs]

    def _run(self, call: Call, xs: list[Floats]) -> Floats:
        stored = self.file.weights.get(call.name, StoredWeights())
        return EXECUTED[call.kind](Executed(call.config, stored, xs, self.file.version))
