"""The quantizers and activations of QKeras 0.9 and Keras as numpy formulas, in the arithmetic of their input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np

Config = Mapping[str, object]
Floats = np.ndarray

EPSILON = 1e-7
"""Keras' epsilon."""


def number(c: Config, key: str, default: float) -> float:
    """The entry, or the default where there is none."""
    found = c.get(key)
    return float(default if found is None else cast(float, found))


def quantize(name: str, c: Config, x: Floats) -> Floats:
    """What the quantizer gives, in the arithmetic of `x`."""
    return np.asarray(QUANTIZERS[name](c, x))


def _bits(c: Config, x: Floats) -> Floats:
    bits, keep = int(number(c, "bits", 8)), bool(number(c, "keep_negative", True))
    alpha, real = c.get("alpha"), x.dtype.type
    m, m_i = real(2.0 ** (bits - keep)), real(2.0 ** int(number(c, "integer", 0)))
    if isinstance(alpha, str):
        levels = (2 ** (bits - 1) - 1) * 2
        axes = tuple(range(x.ndim - 1)) if x.ndim > 1 else (0,)
        x = x / m_i
        scale = (np.abs(x).max(axis=axes, keepdims=True) * 2 / real(levels)).astype(x.dtype)

        def codes(s: Floats) -> Floats:
            v = np.floor(np.abs(x) / s + real(0.5))
            return np.asarray(np.sign(x) * np.where(v < levels / 2, v, real(levels / 2)))

        if "po2" in alpha:
            scale = _po2(scale)
            for _ in range(5):
                z = codes(scale)
                scale = _least_squares(alpha, x, z)
        else:
            z = codes(scale)
        return np.asarray(scale.astype(np.float64) * z * m_i)  # the product itself is not rounded
    if bits - keep == 0:
        xq = np.where(x >= 0, 1.0, -1.0)
    else:
        low = (-m + bool(c.get("symmetric", False))) if keep else 0.0
        xq = m_i * np.clip(np.round(x * m / m_i), low, m - 1) / m
    return _scaled(c, xq)


def _scaled(c: Config, q: Floats) -> Floats:
    alpha = c.get("alpha")
    return q if alpha is None else q.astype(np.float64) * np.asarray(alpha, np.float32).astype(np.float64).reshape(-1)


def _po2(scale: Floats) -> Floats:
    return np.exp2(np.round(np.log2(scale.astype(np.float64) + EPSILON))).astype(scale.dtype)


def _least_squares(alpha: str, x: Floats, q: Floats) -> Floats:
    def average(v: Floats) -> Floats:
        return v if v.ndim == 1 else v.mean(axis=tuple(range(v.ndim - 1)), keepdims=True, dtype=np.float64)

    scale = average(x * q).astype(x.dtype) / (average(q * q).astype(x.dtype) + x.dtype.type(EPSILON))
    return _po2(scale) if alpha == "auto_po2" else scale


def _relu(c: Config, x: Floats) -> Floats:
    slope = number(c, "negative_slope", 0.0)
    m, m_i = 2.0 ** (int(number(c, "bits", 8)) - (slope != 0)), 2.0 ** int(number(c, "integer", 0))
    if c.get("use_sigmoid"):
        p = hard_sigmoid(x / m_i) * m
        return m_i * np.clip(2.0 * (np.round(p) / m) - 1.0, 0.0, 1.0 - 1.0 / m)
    p = x * m / m_i
    xq = m_i * np.clip(np.round(p) / m, 0.0, 1.0 - 1.0 / m)
    if slope > 0:
        xq = xq + m_i * slope * np.clip(np.round(p * slope) / (slope * m), -1.0, 0.0)
    bound = c.get("relu_upper_bound")
    return np.minimum(xq, float(str(bound))) if bound and not number(c, "is_quantized_clip", True) else xq


def _tanh(c: Config, x: Floats) -> Floats:
    m = 2.0 ** (int(number(c, "bits", 8)) - 1)
    p = np.tanh(x) if c.get("use_real_tanh") else 2.0 * hard_sigmoid(x) - 1.0
    return np.clip(np.round(p * m) / m, -1.0 + bool(c.get("symmetric")) / m, 1.0 - 1.0 / m)


def _sigmoid(c: Config, x: Floats) -> Floats:
    m = 2.0 ** int(number(c, "bits", 8))
    p = _logistic(x) if c.get("use_real_sigmoid") else hard_sigmoid(x)
    return np.clip(np.round(p * m) / m, bool(c.get("symmetric")) / m, 1.0 - 1.0 / m)


def _binary(c: Config, x: Floats) -> Floats:
    q = np.where(x >= 0, 1.0, -1.0).astype(x.dtype)
    q = (q + 1) / 2 if c.get("use_01") else q
    alpha = c.get("alpha")
    return _least_squares(alpha, x, q).astype(np.float64) * q if isinstance(alpha, str) else _scaled(c, q)


def _ternary(c: Config, x: Floats) -> Floats:
    alpha = c.get("alpha")
    if not isinstance(alpha, str):
        least = x.dtype.type(np.float32(number(c, "threshold", 0.33)))
        return _scaled(c, np.where(np.abs(x) >= least, np.sign(x), 0))
    axes = tuple(range(x.ndim - 1)) if x.ndim > 1 else (0,)
    scale = (2 * np.abs(x).max(axis=axes, keepdims=True) / x.dtype.type(3)).astype(x.dtype)
    scale = _po2(scale) if alpha == "auto_po2" else scale
    for _ in range(int(number(c, "number_of_unrolls", 5))):
        q = ((np.abs(np.round(x / scale)) >= 0.5) * np.sign(x)).astype(x.dtype)
        scale = _least_squares(alpha, x, q)
    return np.asarray(scale.astype(np.float64) * q)


def _power_of_two(c: Config, x: Floats) -> Floats:
    return np.asarray(np.where(x >= 0, 1.0, -1.0) * _power(c, np.abs(x), int(number(c, "bits", 8)) - 1))


def _relu_power_of_two(c: Config, x: Floats) -> Floats:
    return _power(c, np.maximum(x, 0), int(number(c, "bits", 8)))


def _power(c: Config, x: Floats, bits: int) -> Floats:
    most, quadratic = c.get("max_value"), bool(c.get("quadratic_approximation"))
    span = 2.0 ** (bits - (most is None or float(str(most)) > 1))
    highest = 2 * ((span - 1) // 2) if quadratic else span - 1
    size = np.maximum(x, np.float32(EPSILON))
    size = size if most is None else np.minimum(size, np.float32(float(str(most))))
    logarithm = (np.log(np.sqrt(size) if quadratic else size) / np.float32(np.log(2))).astype(np.float32)
    whole = np.floor(logarithm) if c.get("log2_rounding") == "floor" else np.round(logarithm)
    exponent = np.clip(whole, -span, highest) * (2 if quadratic else 1)
    return np.exp2(np.where(x < np.float32(EPSILON), -span, exponent).astype(np.float64))


QUANTIZERS: Mapping[str, Callable[[Config, Floats], Floats]] = {
    "binary": _binary,
    "quantized_bits": _bits,
    "quantized_po2": _power_of_two,
    "quantized_relu": _relu,
    "quantized_relu_po2": _relu_power_of_two,
    "quantized_sigmoid": _sigmoid,
    "quantized_tanh": _tanh,
    "stochastic_binary": _binary,
    "stochastic_ternary": _ternary,
    "ternary": _ternary,
}


def hard_sigmoid(x: Floats) -> Floats:
    return np.clip(0.5 * x + 0.5, 0.0, 1.0)


def _logistic(x: Floats) -> Floats:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def softmax(x: Floats) -> Floats:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


KERAS: Mapping[str, Callable[[Floats], Floats]] = {
    "leaky_relu": lambda x: np.where(x >= 0, x, np.float32(0.2) * x),
    "relu": lambda x: np.maximum(x, 0.0),
    "relu6": lambda x: np.clip(x, 0.0, 6.0),
    "sigmoid": _logistic,
    "softmax": softmax,
    "tanh": np.tanh,
}
QKERAS: Mapping[str, Callable[[Floats], Floats]] = {
    "binary_sigmoid": lambda x: np.round(hard_sigmoid(x)),
    "binary_tanh": lambda x: 2.0 * np.round(hard_sigmoid(x)) - 1.0,
    "hard_sigmoid": hard_sigmoid,
    "hard_tanh": lambda x: 2.0 * hard_sigmoid(x) - 1.0,
    "smooth_sigmoid": lambda x: np.clip(0.1875 * x + 0.5, 0.0, 1.0),
    "smooth_tanh": lambda x: 2.0 * np.clip(0.1875 * x + 0.5, 0.0, 1.0) - 1.0,
}
