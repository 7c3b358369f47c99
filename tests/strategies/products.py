"""Products with matrices, and what joins their results."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import (
    Add,
    Affine,
    Concat,
    Dense,
    Multiply,
    Quantize,
    Relu,
    Reshape,
    SumPool,
    Transpose,
    Upsample,
)
from codesign.ir.layers.multiply import factor
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from tests.strategies.draft import BITS, CHANNELS, Draft
from tests.strategies.elementwise import lattice
from tests.strategies.inputs import source
from tests.strategies.pixels import alignable, image
from tests.strategies.quantizers import quantize_channels, quantizer
from tests.strategies.scales import one_step, steps, weights


def dense(d: Draft, x: str) -> str:
    return d.put(matrix(d, d.type(x).channels, d.draw(CHANNELS)), x)


def matrix(d: Draft, inputs: int, outputs: int) -> Dense:
    w, bits = weights(d, inputs, outputs)
    return Dense(w, bits, d.vector(steps(), outputs))


def dense_relu_dense(d: Draft, x: str) -> str:
    """Two products with an unquantized Relu between, its offset on the lattice of the codes or off it."""
    w, bits = weights(d, d.type(x).channels, d.draw(CHANNELS))
    if (d.type(x).decode(d.found[x]) @ w).max() <= 0:  # the Relu would leave nothing
        w, bits = -w, Fixed(bits.width + 1)
    x = d.put(Dense(w, bits, Vector.of(d.draw(steps()))), x)
    if one_step(d.type(x)) and d.draw(st.booleans()):
        x = d.put(Affine(offset=lattice(d, x)), x)
    return dense(d, d.put(Relu(), x))


def mixed_channels(d: Draft, x: str) -> str:
    """A product behind codes that move between channels of different scales and zero points."""
    y = quantize_channels(d, x)
    t = d.type(y)
    if not alignable(t):
        return dense(d, y)
    if len(t.shape) == 1 or d.draw(st.booleans()):
        return dense(d, d.put(Reshape(d.choose((t.size,), (t.size, 1), (1, t.size), tuple(reversed(t.shape)))), y))
    return dense(d, d.put(Transpose(tuple(d.draw(st.permutations(range(len(t.shape)))))), y))


def residual(d: Draft, x: str) -> str:
    """x + quantize(dense(x)), or the sum of two such branches."""
    t = d.type(x)
    if not one_step(t):
        return dense(d, x)

    def branch() -> str:
        y = d.put(matrix(d, t.channels, t.channels), x)
        bits = Fixed(d.draw(BITS))
        ideal = min(max(1, round(d.spread(y) / abs(t.step[0]) / (1 << bits.width))), 1 << 20)
        step = abs(t.step[0]) * ideal * d.choose(Fraction(1, 2), 1, 2, 3)
        return d.put(Quantize(bits.low, bits.high, Vector.of(step)), y)

    left = branch()
    right = d.choose(x, left, None) or branch()
    return d.put(Add(d.draw(st.booleans())), *d.draw(st.permutations([left, right])))


def gate(d: Draft, x: str) -> str:
    """x times quantize(dense(x)), which may have an offset, or x times itself."""
    t = d.type(x)
    if t.real or factor(t) is None:
        return dense(d, x)
    if d.choose(False, False, True):
        return product(d, x, x)
    y = shifted(d, d.put(quantizer(d, y := d.put(matrix(d, t.channels, t.channels), x)), y))
    return product(d, x, y)


def product(d: Draft, x: str, y: str) -> str:
    """x * y or y * x; only x where offsets that are odd parts of their steps would make it wide."""
    try:
        found = Multiply().result(d.type(x), d.type(y))
    except LayerError:
        return x
    return d.put(Multiply(), *d.draw(st.permutations([x, y]))) if found.type.width <= 32 else x


def shifted(d: Draft, x: str) -> str:
    """x, or x plus some steps or halves of them, or plus 1 where the step is dyadic."""
    step = d.type(x).step[0]
    ones = [Fraction(1)] if step.denominator.bit_count() == 1 else []
    offset = d.choose(Fraction(0), *ones, *(step * k for k in (1, -3, Fraction(1, 2))))
    return d.put(Affine(offset=Vector.of(offset)), x) if offset else x


def film(d: Draft, x: str) -> str:
    """gamma * x + beta, the same at all positions: from an input of its own, or from the sums over the positions."""
    t = d.type(x)
    if t.real or factor(t) is None or len(t.shape) < 2 or (pixels := image(d, x)) is None:
        return gate(d, x)
    if d.draw(st.booleans()):
        v = source(d, (d.draw(CHANNELS),))
    else:
        height, width, _ = d.type(pixels).shape
        v = d.put(SumPool((height, width), (1, 1)), pixels)
    v = d.put(matrix(d, d.type(v).channels, t.channels), v)
    z = product(d, x, broadcast(d, shifted(d, d.put(quantizer(d, v), v)), t))
    if not one_step(d.type(z)):
        return z
    bits = Fixed(d.draw(BITS))
    ideal = min(max(1, round(d.spread(z) / abs(d.type(z).step[0]) / (1 << bits.width))), 1 << 10)
    step = abs(d.type(z).step[0]) * ideal * d.choose(Fraction(1, 2), 1, 3)
    beta = d.put(Quantize(bits.low, bits.high, Vector.of(step)), v)
    return d.put(Add(d.draw(st.booleans())), *d.draw(st.permutations([z, broadcast(d, beta, t)])))


def broadcast(d: Draft, x: str, like: Tensor) -> str:
    """The vector x at each position of a tensor."""
    shape = like.shape if len(like.shape) == 3 else (1, *like.shape)
    x = d.put(Upsample(shape[:2]), d.put(Reshape((1, 1, shape[2])), x))
    return d.put(Reshape(like.shape), x)


def branch_join(d: Draft, x: str) -> str:
    """x and quantize(dense(x)) side by side, of different steps."""
    t = d.type(x)
    if not one_step(t):
        return dense(d, x)
    y = d.put(matrix(d, t.channels, d.draw(CHANNELS)), x)
    bits = Fixed(d.draw(BITS))
    ideal = min(max(1, round(d.spread(y) / abs(t.step[0]) / (1 << bits.width))), 1 << 10)
    y = d.put(Quantize(bits.low, bits.high, Vector.of(abs(t.step[0]) * ideal * d.choose(Fraction(1, 2), 1, 3))), y)
    return d.put(Concat(), *d.draw(st.permutations([x, y])))
