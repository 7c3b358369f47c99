"""What the networks are told of a hit: columns computed from its coordinates, each divided by its scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scales = Mapping[str, float]
"""The features in their order, each with what it is divided by."""

FEATURES: Mapping[str, Callable[[Any, Any, Any, Any], Any]] = {
    "r": lambda m, x, y, z: m.hypot(x, y),
    "phi": lambda m, x, y, z: m.arctan2(y, x),
    "z": lambda m, x, y, z: z,
    "x": lambda m, x, y, z: x,
    "y": lambda m, x, y, z: y,
    "cos_phi": lambda m, x, y, z: x / m.hypot(x, y),
    "sin_phi": lambda m, x, y, z: y / m.hypot(x, y),
    "eta": lambda m, x, y, z: m.arcsinh(z / m.hypot(x, y)),
    "theta": lambda m, x, y, z: m.arctan2(m.hypot(x, y), z),
    "distance": lambda m, x, y, z: m.sqrt(x * x + y * y + z * z),
    # Circles through the beam are straight lines in (u, v): Hansroul, Jeremie, Savard, NIM A 270 (1988) 498.
    "u": lambda m, x, y, z: x / (x * x + y * y),
    "v": lambda m, x, y, z: y / (x * x + y * y),
}
"""Of a module of arrays (numpy or torch) and its x, y, z in mm: lengths in mm, angles in rad, u and v in 1/mm. Defined
off the beam."""


def features(hits: NDArray[np.float32], scales: Scales) -> NDArray[np.float32]:
    """(n, len(scales)): the features of hits (n, 3) in mm."""
    x, y, z = (hits[:, k].astype(np.float64) for k in range(3))
    columns = [FEATURES[name](np, x, y, z) / scale for name, scale in scales.items()]
    return np.stack(columns, axis=1).astype(np.float32)
