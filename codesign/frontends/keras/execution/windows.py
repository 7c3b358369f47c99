"""Windows over images and sequences, padded as TensorFlow does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codesign.frontends.keras.execution.layer import Executed
from codesign.frontends.keras.execution.quantizers import Floats


def images(x: Floats, axes: int) -> Floats:
    return x if axes == 2 else x[:, None]


def padded(
    n: Executed, x: Floats, size: Sequence[int], stride: Sequence[int], gaps: Sequence[int], fill: float
) -> Floats:
    """The images with what the padding of the layer adds."""
    mode, sides = str(n.get("padding", "valid")).lower(), [(0, 0)]
    for axis, (k, s, d) in enumerate(zip(size, stride, gaps, strict=True), start=1):
        reach, length = (k - 1) * d + 1, x.shape[axis]
        total = max((-(-length // s) - 1) * s + reach - length, 0) if mode == "same" else 0
        causal = mode == "causal" and axis == 2
        sides.append((reach - 1, 0) if causal else (total // 2, total - total // 2))
    return np.pad(x, [*sides, (0, 0)], constant_values=fill)


def windows(x: Floats, size: Sequence[int], stride: Sequence[int], gaps: Sequence[int]) -> Floats:
    """(n, rows, columns, channels, *size): what each window sees."""
    reach = [(k - 1) * d + 1 for k, d in zip(size, gaps, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(1, 2))
    return seen[:, :: stride[0], :: stride[1], :, :: gaps[0], :: gaps[1]]


def two(values: tuple[int, ...]) -> tuple[int, int]:
    return (1, values[0]) if len(values) == 1 else (values[0], values[1])
