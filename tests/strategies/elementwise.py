"""Functions of elements: offsets, scales, activations."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from codesign.ir.layers import Affine, BatchNorm, Clip, Elementwise, Identity, LeakyRelu, Relu, Sigmoid, Sign, Tanh
from codesign.ir.vector import Vector
from tests.strategies.draft import Draft
from tests.strategies.scales import numbers, one_step, power_below, steps


def bias(d: Draft, x: str) -> str:
    """Offsets per channel: multiples of the step, halves of it, or anything."""
    t = d.type(x)
    if one_step(t) and d.draw(st.booleans()):
        return d.put(Affine(offset=lattice(d, x)), x)
    return d.put(Affine(offset=d.vector(numbers(), t.channels) * power_below(d.spread(x)) / 2), x)


def lattice(d: Draft, x: str) -> Vector:
    """Offsets that are multiples of the step of x, or of a half or a quarter of it."""
    t, part = d.type(x), d.choose(1, 1, 2, 4)
    return d.vector(st.integers(-9, 9).map(lambda n: n * t.step[0] / part), t.channels)


def scale(d: Draft, x: str) -> str:
    """Scales per channel, with zero and negative ones."""
    return d.put(Affine(d.vector(numbers(), d.type(x).channels)), x)


def batchnorm(d: Draft, x: str) -> str:
    """A batch norm whose variances are sometimes squares."""
    c, spread = d.type(x).channels, power_below(d.spread(x))
    squares = st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(9)])
    variance = d.vector(st.one_of(squares, steps()), c) * spread * spread
    epsilon = d.choose(Fraction(0), Fraction(float(np.float32(1e-5))))
    gamma, beta, mean = (d.vector(numbers(), c) for _ in range(3))
    return d.put(BatchNorm(gamma, beta, mean * spread / 2, variance, epsilon), x)


def centre(d: Draft, x: str) -> str:
    """An offset (of a single-precision float) that puts zero amid the values."""
    low, high = d.value_range(x)
    return d.put(Affine(offset=Vector.of(-Fraction(float(np.float32((low + high) / 2))))), x)


def relu(d: Draft, x: str) -> str:
    return d.put(Relu(), x)


def leaky_relu(d: Draft, x: str) -> str:
    return d.put(LeakyRelu(d.choose(Fraction(1, 8), Fraction(0.01), Fraction(0), Fraction(1))), x)


def clip(d: Draft, x: str) -> str:
    """Bounds within the values of x, or only one."""
    low, high = d.value_range(x)
    parts = st.integers(0, 8).map(lambda k: low + (high - low) * k / 8)
    bounds = sorted((d.draw(parts), d.draw(parts)))
    return d.put(Clip(d.choose(bounds[0], None), d.choose(bounds[1], None)), x)


def sign(d: Draft, x: str) -> str:
    return d.put(Sign(), centre(d, x) if d.draw(st.booleans()) else x)


def sigmoid(d: Draft, x: str) -> str:
    return x if _smooth(d, x) else d.put(Sigmoid(), x)


def tanh(d: Draft, x: str) -> str:
    return x if _smooth(d, x) else d.put(Tanh(), x)


def _smooth(d: Draft, x: str) -> bool:
    """Whether x is a smooth function of codes already: of two of them, 160 bits may not tell on which side of a
    threshold a value lies (sigmoid(sigmoid(-500)) > 1/2)."""
    node = d.graph[x]
    while isinstance(node.layer, Elementwise) and not isinstance(node.layer, (Sigmoid, Tanh)):
        node = d.graph[node.inputs[0]]
    return isinstance(node.layer, (Sigmoid, Tanh))


def identity(d: Draft, x: str) -> str:
    return d.put(Identity(), x)
