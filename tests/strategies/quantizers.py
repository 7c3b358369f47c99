"""What gives codes: quantizers, truncations, thresholds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.layers import MultiThreshold, Quantize, Truncate
from codesign.ir.vector import ZERO, Vector
from tests.strategies.draft import BITS, Draft
from tests.strategies.elementwise import centre
from tests.strategies.scales import one_step, steps, suitable_step


def quantize(d: Draft, x: str) -> str:
    """One step for all channels; every rounding, narrow or not, with and without a zero point."""
    return d.put(quantizer(d, x), x)


def quantize_channels(d: Draft, x: str) -> str:
    """A step and a zero point of its own for each channel."""
    q, c = quantizer(d, x), d.type(x).channels
    factors = st.sampled_from([Fraction(1, 4), Fraction(1), Fraction(3, 2), Fraction(2)])
    factor = Vector.of(d.draw(st.lists(factors, min_size=c, max_size=c)))
    return d.put(replace(q, step=q.step * factor, offset=q.offset * factor), x)


def quantizer(d: Draft, x: str) -> Quantize:
    bits = Fixed(d.draw(BITS), 0, d.draw(st.booleans()))
    low = bits.low + int(bits.signed and bits.width > 1 and d.draw(st.booleans()))
    least, most = d.value_range(x)
    step = suitable_step(d, x, bits.high - low)
    suits = low * step <= least < most <= 2 * bits.high * step or d.choose(False, False, True)
    zero = d.choose(0, 0, 1) if suits else low - round(least / step)  # else the range starts at the least value
    return Quantize(low, bits.high, Vector.of(step), Vector.of(-zero * step), d.draw(st.sampled_from(Rounding)))


def bipolar(d: Draft, x: str) -> str:
    """BipolarQuant: plus or minus one scale, often behind a bias that centres its values."""
    if d.draw(st.booleans()):
        x = centre(d, x)
    return d.put(Quantize.bipolar(d.draw(steps())), x)


def truncate(d: Draft, x: str) -> str:
    """The low bits of codes are dropped."""
    t = d.type(x)
    if not one_step(t) or t.offset != ZERO or t.step[0] < 0:
        return quantize(d, x)
    low, high = d.code_range(x)
    k = d.draw(st.integers(0, max(1, (high - low).bit_length() - 2)))
    rounding = d.choose(Rounding.FLOOR, Rounding.CEIL, Rounding.ROUND)
    return d.put(Truncate(t.low >> k, (t.high >> k) + 1, t.step * (1 << k), rounding=rounding), x)


def multithreshold(d: Draft, x: str) -> str:
    """FINN's MultiThreshold: levels for all channels or for each, some of them equal."""
    rows = d.choose(1, d.type(x).channels)
    ticks = np.sort(d.codes((rows, d.draw(st.integers(1, 7))), 0, 16), axis=1)
    levels = float(d.value_range(x)[0]) + ticks * float(d.spread(x)) / 16
    offset = d.choose(Fraction(0), Fraction(-1), Fraction(-3, 2))
    return d.put(MultiThreshold(levels, Vector.of(d.draw(steps())), Vector.of(offset)), x)
