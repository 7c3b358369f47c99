"""What the networks are told of a hit, and which way edges run, computed where the hits are: on any device."""

from __future__ import annotations

import torch
from torch import Tensor

from codesign.gpu.tracking.features import FEATURES, Scales
from codesign.gpu.tracking.graphs import directed


def features(hits: Tensor, scales: Scales) -> Tensor:
    """(n, len(scales)) float32: the features of hits (n, 3) in mm."""
    x, y, z = hits.double().unbind(1)
    return torch.stack([FEATURES[name](torch, x, y, z) / scale for name, scale in scales.items()], 1).float()


def outwards(hits: Tensor, edges: Tensor) -> Tensor:
    """The edges (2, E) from the hit nearer to the origin to the other; of equal ones from the lower row."""
    run: Tensor = directed(edges, FEATURES["distance"](torch, *hits.double().unbind(1)), torch)
    return run
