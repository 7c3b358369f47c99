"""Inputs, with samples on the thresholds of their quantizers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.halfline import HalfLine
from codesign.ir.layers import Affine, Elementwise, Input, Quantize
from codesign.ir.steps import regions
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from tests.strategies.draft import BITS, CHANNELS, PIXELS, POSITIONS, SAMPLES, Draft
from tests.strategies.scales import numbers, steps


def draw_shape(d: Draft) -> tuple[int, ...]:
    """(channels), (positions, channels) or (rows, columns, channels)."""
    positions = d.choose(0, 0, 1, 2, 2)
    return (*(d.draw(POSITIONS if positions < 2 else PIXELS) for _ in range(positions)), d.draw(CHANNELS))


def source(d: Draft, shape: tuple[int, ...], step: Fraction | None = None) -> str:
    """The name of a tensor with codes: an input and its quantizer, sometimes behind a normalization."""
    t = Tensor(shape)
    chain: list[Elementwise] = []
    if step is None and d.choose(False, False, True):
        nonzero = numbers().filter(lambda v: v != 0)
        chain.append(Affine(d.vector(nonzero, t.channels), d.vector(numbers(), t.channels)))
    chain.append(input_quantizer(d, t.channels, step))
    result = t
    for layer in chain:
        result = layer.result(result)
    samples = floats_around(d, chain, result)
    name = d.graph.fresh("x")
    if d.draw(st.booleans()):
        return d.put_input(name, Input(result, tuple(chain)), samples)
    last = d.put_input(name, Input(t), samples)
    for layer in chain:
        last = d.put(layer, last)
    return last


def input_quantizer(d: Draft, channels: int, step: Fraction | None) -> Quantize:
    """One of the given step, or any."""
    kind = d.choose("uniform", "uniform", "uniform", "channels", "bipolar")
    if step is None and kind == "bipolar":
        return Quantize.bipolar(d.draw(steps()))
    bits = Fixed(d.draw(BITS), 0, d.draw(st.booleans()))
    scales = Vector.of(step) if step is not None else Vector.of(d.draw(steps())) / 4
    if step is None and kind == "channels":
        scales = d.vector(st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(3, 2)]), channels) * scales
    zero = Vector.of(d.choose(0, 0, 1, bits.high))
    return Quantize(bits.low, bits.high, scales, -zero * scales, d.draw(st.sampled_from(Rounding)))


def floats_around(d: Draft, chain: Sequence[Elementwise], result: Tensor) -> np.ndarray:
    """Float64 samples: on the chain's thresholds, one ulp beside them, between them, and far outside."""
    pool: list[float] = []
    for channel in {0, result.channels - 1}:
        lines = [r for r in regions(chain, result, channel) if isinstance(r, HalfLine)]
        for at in sorted(float(line.at) for line in lines):
            pool += [at, float(np.nextafter(at, np.inf)), float(np.nextafter(at, -np.inf)), at * 1.25 + 0.01]
    rng = d.rng()
    x = rng.choice(np.array(pool or [0.5]), size=(SAMPLES, *result.shape))
    x[0], x[1], x[2] = 0.0, 3e38, -3e38
    x[3] = np.where(rng.random(result.shape) < 0.5, 1e6, -1e6)
    return x
