"""QKeras' arithmetic on weights, which is float32: every operation rounded correctly, sums rounded once.

TensorFlow's own sums, logarithms and inverse square roots may be off by a last bit that differs between processors.
Where that bit would decide between two powers of two, there is no meaning to keep, and the scale is refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError

Single = NDArray[np.float32]

EPSILON = np.float32(1e-7)
"""Keras' epsilon."""
_LOG2 = np.float32(np.log(2.0))
_UNSURE = 1e-5
"""How near to half-way between two whole numbers a logarithm decides nothing: float32 errs by less."""


def singles(x: NDArray[np.generic]) -> Single:
    """`x` in float32; LayerError where it exceeds its range."""
    with np.errstate(over="ignore"):
        found = x.astype(np.float32)
    if not np.isfinite(found).all():
        raise LayerError("its weights are not finite in float32; train the network again")
    return found


def channels_last(x: Single) -> tuple[int, ...]:
    """All axes but the last, along which scales are shared; the only axis of a list."""
    return tuple(range(x.ndim - 1)) if x.ndim > 1 else (0,)


def mean(x: Single, axes: tuple[int, ...]) -> Single:
    """The mean over these axes, which stay with length 1."""
    return np.asarray(x.astype(np.float64).mean(axis=axes, keepdims=True)).astype(np.float32)


def log2(x: Single) -> Single:
    """log(x) / log(2), as QKeras writes it."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x.astype(np.float64)).astype(np.float32) / _LOG2)


def rsqrt(x: Single) -> Single:
    """1 / sqrt(x)."""
    return np.asarray(1.0 / np.sqrt(x.astype(np.float64))).astype(np.float32)


def nearest_power(scale: Single) -> Single:
    """2^round(log2(scale + epsilon)); LayerError where float32 does not decide which."""
    exponent = log2(scale + EPSILON)
    if (np.abs(np.abs(exponent - np.round(exponent)) - 0.5) < _UNSURE).any():
        raise LayerError(
            "its automatic scale lies half-way between two powers of two, where TensorFlow's rounding error would "
            "decide; give alpha as a number"
        )
    return np.ldexp(np.float32(1), np.round(exponent).astype(np.int64)).astype(np.float32)


def least_squares(alpha: str, x: Single, q: Single) -> Single:
    """The scale with which `q` is nearest to `x`, per channel; of a list, each number by itself. QKeras' _get_scale."""
    if x.ndim > 1:
        axes = channels_last(x)
        qx, qq = mean(x * q, axes), mean(q * q, axes)
    else:
        qx, qq = x * q, q * q
    scale: Single = qx / (qq + EPSILON)
    return nearest_power(scale) if alpha == "auto_po2" else scale


def magnitudes(x: Single, scale: Single, levels: int) -> Single:
    """sign(x) * floor(|x| / scale + 0.5), at most levels / 2: the codes of quantized_bits with an automatic scale."""
    if not (scale > 0).all():
        raise LayerError("its automatic scale is 0 for a channel without weights; give alpha as a number")
    v = np.floor(np.abs(x) / scale + np.float32(0.5))
    most = np.float32(levels / 2)
    return np.asarray(np.sign(x) * np.where(v < most, v, most)).astype(np.float32)
