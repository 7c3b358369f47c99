"""Random inputs that reach every code of a network's inputs, their thresholds and what lies beyond."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from codesign.ir.halfline import HalfLine
from codesign.ir.layers import Input
from codesign.ir.steps import regions

SPREAD = 32
"""Thresholds looked at per channel; a quantizer of more is sampled evenly."""


def random_inputs(layers: list[Input], count: int, seed: int = 0) -> list[np.ndarray]:
    """One float32 array (count, *shape) per input, the same for the same seed.

    Values spread evenly over what the input's quantizer distinguishes, and a tenth beyond at both ends; the first
    sample is all lowest, the second all highest. float32, since that is what a user's network is fed with.
    """
    rng = np.random.default_rng(seed)
    return [_of_input(layer, count, rng) for layer in layers]


def _of_input(layer: Input, count: int, rng: np.random.Generator) -> np.ndarray:
    tensor = layer.tensor
    low, high = _span(layer)
    margin = (high - low) / 10 + (high == low)
    x = rng.uniform(low - margin, high + margin, size=(count, *tensor.shape))
    x[:1], x[1:2] = low - margin, high + margin
    return layer.given(x.astype(np.float32))


def _span(layer: Input) -> tuple[np.ndarray, np.ndarray]:
    """Per channel, the least and the greatest threshold of the encoder."""
    tensor = layer.tensor
    channels = tensor.channels if any(f.per_channel for f in layer.encoder) else 1
    ends = []
    for c in range(channels):
        lines = [r for r in _ends(layer, c) if isinstance(r, HalfLine)]
        at = [float(r.at) for r in lines] or [0.0]
        ends.append((min(at), max(at)))
    found = np.array(ends)
    return found[:, 0], found[:, 1]


def _ends(layer: Input, channel: int) -> list[HalfLine | bool]:
    tensor = layer.tensor
    if tensor.high - tensor.low <= SPREAD:
        return regions(layer.encoder, tensor, channel)
    first = replace(tensor, high=tensor.low + 1)
    last = replace(tensor, low=tensor.high - 1)
    return regions(layer.encoder, first, channel) + regions(layer.encoder, last, channel)
