"""A layer of a Keras file while it is executed: its configuration, weights and inputs."""

from __future__ import annotations

from typing import cast

import numpy as np

from codesign.frontends.keras.container import StoredWeights
from codesign.frontends.keras.execution.quantizers import KERAS, QKERAS, QUANTIZERS, Config, Floats, number, quantize
from codesign.frontends.keras.spelling import named


class Executed:
    """A layer with its inputs, while it is executed."""

    def __init__(self, config: Config, stored: StoredWeights, xs: list[Floats], version: int, place: str = "") -> None:
        self.config, self.stored, self.xs, self.version, self.place = config, stored, xs, version, place

    @property
    def x(self) -> Floats:
        return self.xs[0]

    def get(self, key: str, default: object) -> object:
        found = self.config.get(key)
        return default if found is None else found

    def pair(self, key: str, default: object, axes: int) -> tuple[int, ...]:
        found = self.get(key, default)
        return tuple(found) if isinstance(found, (list, tuple)) else (int(cast(int, found)),) * axes

    def whole(self, key: str, default: int) -> int:
        return self.pair(key, default, 1)[0]

    def real(self, key: str, default: float) -> float:
        return float(np.float32(number(self.config, key, default)))

    def weights(self, *names: str, part: str = "") -> list[np.ndarray]:
        prefix = "/".join(p for p in (self.place, part) if p)
        keys = [f"{prefix}/{k}".strip("/") if self.stored.numbered else name for k, name in enumerate(names)]
        return [self.stored.arrays[key] for key in keys]

    def with_bias(self, *names: str) -> list[np.ndarray | None]:
        """These weights and the bias, None where there is none."""
        if self.get("use_bias", True):
            return list(self.weights(*names, "bias"))
        return [*self.weights(*names), None]

    def quantized(self, key: str, w: np.ndarray, kernel: bool = True) -> Floats:
        """Weights as the quantizer under `key` makes them."""
        stated = self.config.get(key)
        if stated is None:
            return w.astype(np.float64)
        name, entries = named(stated)
        entries = dict(entries)
        if kernel and entries.get("alpha") is None and not name.startswith("quantized_relu") and "po2" not in name:
            entries["alpha"] = "auto_po2"
        return quantize(name, entries, w.astype(np.float32)).astype(np.float64)

    def finished(self, y: Floats, bias: np.ndarray | None) -> Floats:
        """The bias, quantized, and the activation."""
        if bias is not None:
            y = y + self.quantized("bias_quantizer", bias, kernel=False)
        return self.activated(y)

    def activated(self, y: Floats, qkeras: bool = True) -> Floats:
        stated = self.config.get("activation")
        if stated is None or stated == "linear":
            return y
        name, entries = named(stated)
        if name in QUANTIZERS:
            return quantize(name, entries, y)
        if qkeras and name in QKERAS:
            return QKERAS[name](y)
        if name == "hard_sigmoid":
            return np.clip(y * (np.float32(0.2) if self.version < 3 else 1 / 6) + 0.5, 0.0, 1.0)
        return KERAS[name](y)
