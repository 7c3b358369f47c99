"""Weights that become 0 on the way, and stay it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

Pruning = Callable[[float], None]
"""Called after each step of training with the share of it that is done; changes weights in place."""


def growing(weights: Sequence[tuple[nn.Parameter, float]]) -> Pruning:
    """Of each weight tensor this share goes, the smallest first, over the first half of the training.

    The share after the part t of that half is s (1 - (1 - t)^3): M. Zhu and S. Gupta, arXiv 1710.01878, equation 1.
    """

    def prune(done: float) -> None:
        grown = 1 - (1 - min(1.0, 2 * done)) ** 3
        with torch.no_grad():
            for weight, share in weights:
                count = round(share * grown * weight.numel())
                if count:
                    limit = weight.abs().flatten().kthvalue(count).values
                    weight.mul_(weight.abs() > limit)

    return prune


def held(weights: Sequence[tuple[nn.Parameter, float]]) -> Pruning:
    """What is 0 now stays so."""
    masks = [(weight, weight.detach() != 0) for weight, _ in weights]

    def prune(done: float) -> None:
        with torch.no_grad():
            for weight, mask in masks:
                weight.mul_(mask)

    return prune
