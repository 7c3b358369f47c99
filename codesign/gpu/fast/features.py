"""What the networks are told of a hit, computed where the hits are: `codesign.gpu.tracking.features` for tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from codesign.gpu.tracking.features import Scales

FEATURES: Mapping[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "r": lambda x, y, z: torch.hypot(x, y),
    "phi": lambda x, y, z: torch.atan2(y, x),
    "z": lambda x, y, z: z,
    "x": lambda x, y, z: x,
    "y": lambda x, y, z: y,
    "cos_phi": lambda x, y, z: x / torch.hypot(x, y),
    "sin_phi": lambda x, y, z: y / torch.hypot(x, y),
    "eta": lambda x, y, z: torch.asinh(z / torch.hypot(x, y)),
    "theta": lambda x, y, z: torch.atan2(torch.hypot(x, y), z),
    "distance": lambda x, y, z: torch.sqrt(x * x + y * y + z * z),
    "u": lambda x, y, z: x / (x * x + y * y),
    "v": lambda x, y, z: y / (x * x + y * y),
}
"""Of x, y, z in mm; the same as those of the tracking package, in float64."""


def features(hits: Tensor, scales: Scales) -> Tensor:
    """(n, len(scales)) float32: the features of hits (n, 3) in mm."""
    x, y, z = hits.double().unbind(1)
    return torch.stack([FEATURES[name](x, y, z) / scale for name, scale in scales.items()], 1).float()


def outwards(hits: Tensor, edges: Tensor) -> Tensor:
    """The edges (2, E) from the hit nearer to the origin to the other; of equal ones from the lower row."""
    x, y, z = hits.double().unbind(1)
    distance = torch.sqrt(x * x + y * y + z * z)
    first, second = distance[edges[0]], distance[edges[1]]
    swap = (first > second) | ((first == second) & (edges[0] > edges[1]))
    return torch.where(swap, edges.flip(0), edges)
