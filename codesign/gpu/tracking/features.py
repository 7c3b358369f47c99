"""What the networks are told of a hit: columns computed from its coordinates, each divided by its scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Scales = Mapping[str, float]
"""The features in their order, each with what it is divided by."""

_Column = NDArray[np.float64]
FEATURES: Mapping[str, Callable[[_Column, _Column, _Column], _Column]] = {
    "r": lambda x, y, z: np.hypot(x, y),
    "phi": lambda x, y, z: np.arctan2(y, x),
    "z": lambda x, y, z: z,
    "x": lambda x, y, z: x,
    "y": lambda x, y, z: y,
    "cos_phi": lambda x, y, z: x / np.hypot(x, y),
    "sin_phi": lambda x, y, z: y / np.hypot(x, y),
    "eta": lambda x, y, z: np.arcsinh(z / np.hypot(x, y)),
    "theta": lambda x, y, z: np.arctan2(np.hypot(x, y), z),
    "distance": lambda x, y, z: np.sqrt(x * x + y * y + z * z),
    # Circles through the beam are straight lines in (u, v): Hansroul, Jeremie, Savard, NIM A 270 (1988) 498.
    "u": lambda x, y, z: x / (x * x + y * y),
    "v": lambda x, y, z: y / (x * x + y * y),
}
"""Of x, y, z in mm: lengths in mm, angles in rad, u and v in 1/mm. Defined off the beam."""


def features(hits: NDArray[np.float32], scales: Scales) -> NDArray[np.float32]:
    """(n, len(scales)): the features of hits (n, 3) in mm."""
    x, y, z = (hits[:, k].astype(np.float64) for k in range(3))
    columns = [FEATURES[name](x, y, z) / scale for name, scale in scales.items()]
    return np.stack(columns, axis=1).astype(np.float32)
