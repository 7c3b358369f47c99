"""What the networks are told of a hit, computed where the hits are: `codesign.gpu.tracking.features` for tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from codesign.gpu.tracking.features import FEATURES, Scales


def features(hits: Tensor, scales: Scales) -> Tensor:
    """(n, len(scales)) float32: the features of hits (n, 3) in mm."""
    x, y, z = hits.double().unbind(1)
    return torch.stack([FEATURES[name](torch, x, y, z) / scale for name, scale in scales.items()], 1).float()


def outwards(hits: Tensor, edges: Tensor) -> Tensor:
    """The edges (2, E) from the hit nearer to the origin to the other; of equal ones from the lower row."""
    x, y, z = hits.double().unbind(1)
    distance = torch.sqrt(x * x + y * y + z * z)
    first, second = distance[edges[0]], distance[edges[1]]
    swap = (first > second) | ((first == second) & (edges[0] > edges[1]))
    return torch.where(swap, edges.flip(0), edges)
