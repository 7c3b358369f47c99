"""The layers that a checkpoint's weights stand for; each is made once, however often it is used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.checks import nearest, shown
from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.ir.layers.rows import LayerNorm, Linear

MOST_STEPS = 64
"""Message-passing steps; published networks have 8."""


WIDTHS = ("hidden", "outputs")
"""Settings that the shapes of the weights say too."""


class Weights:
    """Layers by the names of their modules, and which weights and settings have been used."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.used: set[str] = set()
        self.asked: set[str] = set()
        self.made: dict[str, Linear | LayerNorm] = {}

    def fail(self, reason: str) -> ModelError:
        """The error for this checkpoint."""
        return ModelError(f"{self.checkpoint.kind} checkpoint: {reason}")

    def array(self, key: str, dimensions: int) -> NDArray[np.float64]:
        """The weights of this name in float64."""
        if key not in self.checkpoint.weights:
            raise self.fail(f"the weights {key} are missing; there are {', '.join(self.checkpoint.weights)}")
        found = self.checkpoint.weights[key]
        if found.ndim != dimensions:
            raise self.fail(f"weights {key} have the shape {found.shape}, expected {dimensions} dimensions")
        self.used.add(key)
        return found.astype(np.float64)

    def linear(self, module: str) -> Linear:
        """An nn.Linear: x @ weight.T + bias."""
        if module not in self.made:
            matrix, bias = self.array(f"{module}.weight", 2), self.array(f"{module}.bias", 1)
            if bias.shape != matrix.shape[:1]:
                raise self.fail(f"weights {module}.bias have the shape {bias.shape}, expected {matrix.shape[:1]}")
            self.made[module] = Linear(np.ascontiguousarray(matrix.T), bias)
        found = self.made[module]
        assert isinstance(found, Linear)
        return found

    def layer_norm(self, module: str) -> LayerNorm:
        """An nn.LayerNorm over the channels."""
        if module not in self.made:
            self.made[module] = LayerNorm(self.array(f"{module}.weight", 1), self.array(f"{module}.bias", 1))
        found = self.made[module]
        assert isinstance(found, LayerNorm)
        return found

    def choice(self, name: str, *options: str) -> str:
        """A setting that is one of these words."""
        found = self._setting(name, options[0])
        if not isinstance(found, str) or found not in options:
            raise self.fail(f"setting {name} is {shown(found)}, expected one of {', '.join(options)}")
        return found

    def flag(self, name: str) -> bool:
        """A setting that is true or false (where it is missing)."""
        found = self._setting(name, False)
        if not isinstance(found, bool):
            raise self.fail(f"setting {name} is {shown(found)}, expected true or false")
        return found

    def whole(self, name: str, low: int, high: int, missing: int | None = None) -> int:
        """A setting that is an integer in a range; `missing` where there is none."""
        found = self._setting(name, missing)
        if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
            raise self.fail(f"setting {name} is {shown(found)}, expected an integer in {low}..{high}")
        return found

    def _setting(self, name: str, missing: object) -> object:
        self.asked.add(name)
        return self.checkpoint.settings.get(name, missing)

    def all_asked(self) -> None:
        """ModelError if there is a setting that the network does not have."""
        known = [*sorted(self.asked), *WIDTHS]
        for name in self.checkpoint.settings:
            if name not in known:
                raise self.fail(f"setting {shown(name)} is not known; {nearest(name, known)}")

    def all_used(self, prefix: str = "") -> None:
        """ModelError if some weights whose names start so belong to no layer of the network."""
        for key in self.checkpoint.weights:
            if key.startswith(prefix) and key not in self.used:
                raise self.fail(f"the weights {key} are none of a network with its settings")
