"""Step functions of codes, of each kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed
from codesign.ir.layers import MultiplyShift, Shift, StepFunction, Table, Thresholds
from tests.strategies.draft import BITS, Draft


def shift(d: Draft, x: str) -> tuple[StepFunction, int, int]:
    bits = Fixed(d.draw(BITS), 0, d.draw(st.booleans()))
    low, high = d.code_range(x)
    amount = max(-2, (high - low).bit_length() - bits.width + d.choose(-1, 0, 1))
    bias = d.choose(0, d.draw(st.integers(-20, 20)), (bits.low << max(amount, 0)) - low)
    return Shift(bias, amount, amount > 0 and d.draw(st.booleans()), bits.low, bits.high), bits.low, bits.high


def multiply_shift(d: Draft, x: str) -> tuple[StepFunction, int, int]:
    bits = Fixed(d.draw(BITS), 0, d.draw(st.booleans()))
    n = d.choose(1, d.type(x).channels)
    low, high = d.code_range(x)
    multiplier = d.codes((n,), -40, 40)
    amount = max(0, ((high - low) * 20).bit_length() - bits.width)
    addend = d.codes((n,), -bits.high - 1, bits.high + 1) * (1 << amount) - multiplier * ((low + high) // 2)
    return MultiplyShift(multiplier, addend, amount, bits.low, bits.high), bits.low, bits.high


def thresholds(d: Draft, x: str) -> tuple[StepFunction, int, int]:
    n, count = d.choose(1, d.type(x).channels), d.draw(st.integers(1, 9))
    low, high = d.code_range(x)
    levels = np.sort(d.codes((n, count), low - 1, high + 2), axis=1)
    base, direction = d.codes((n,), -4, 4), 2 * d.codes((n,), 0, 1) - 1
    ends = np.concatenate([base, base + direction * count])
    return Thresholds(base, direction, levels), int(ends.min()), int(ends.max())


def table(d: Draft, x: str) -> tuple[StepFunction, int, int]:
    t = d.type(x)
    size = t.high - t.low + 1
    if size > 128:
        return thresholds(d, x)
    entries = d.codes((d.choose(1, t.channels), size), -8, 7)
    return Table(t.low, entries), int(entries.min()), int(entries.max())


StepKind = Callable[[Draft, str], tuple[StepFunction, int, int]]
STEP_FUNCTIONS: tuple[StepKind, ...] = (shift, multiply_shift, thresholds, table)
"""Each gives (function, lowest code, highest code) for the codes of a tensor."""
