"""Ways to compute a step function in hardware, each proved equal before it is offered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.analysis.thresholds import Steps
from codesign.ir.fixed import Fixed
from codesign.ir.layers.requantize import MultiplyShift, Shift, StepFunction, Table, Thresholds
from codesign.ir.tensor import Array

LARGEST_TABLE = 1 << 14
"""Entries per channel of a lookup table."""
LARGEST_SHIFT = 40
"""Bits of precision tried for a multiplier."""
MOST_POINTS = 512
"""Thresholds per channel that bound the slope of a multiplier."""


@dataclass(frozen=True)
class Candidate:
    """A proved realisation and its estimated LUTs per lane."""

    function: StepFunction
    luts: float


def realise(steps: Steps) -> StepFunction:
    """The cheapest realisation of `steps` that is proved to hit every threshold over the whole range."""
    makers = (shift, multiply_shift, thresholds, table)
    candidates = [c for make in makers if (c := make(steps)) is not None]
    return min(candidates, key=lambda c: c.luts).function


def proved(function: StepFunction, steps: Steps) -> bool:
    """Whether a function that never turns around equals `steps` on first..last.

    Both sides are monotone in each channel, so equality at both ends of every piece on which `steps` is constant
    (each threshold and the code before it, and the ends of the range) is equality everywhere.
    """
    channels = len(steps.levels)
    ends = np.full((channels, 1), steps.first), np.full((channels, 1), steps.last)
    points = np.concatenate([steps.levels, steps.levels - 1, *ends], axis=1)
    points = np.clip(points, steps.first, steps.last)
    found = function(np.ascontiguousarray(points.T)).T
    return all(np.array_equal(found[c], steps(points[c], c)) for c in range(channels))


def shift(steps: Steps) -> Candidate | None:
    """clip(round((x + bias) / 2^k)) where one bias and one power of two serve all channels."""
    if len(steps.levels) > 1 or steps.direction[0] < 0:
        return None
    low, high = _reached(steps)
    inside = _inside(steps, 0)
    if not len(inside):
        return None
    first = int(inside[0])
    for exponent in _exponents(steps, inside):
        for even in (True, False) if exponent > 0 else (False,):
            for bias in _biases(steps, first, exponent, even):
                # codes outside the reachable part are clipped in the same way by both
                function = Shift(bias, exponent, even, low, high)
                if proved(function, steps):
                    return Candidate(function, _bits(steps) * (1.5 if even or bias else 1.0))
    return None


def _exponents(steps: Steps, inside: Array) -> list[int]:
    """The powers of two that the distances of the thresholds allow."""
    if len(inside) == 1:
        return list(range(0, _bits(steps) + 1))
    spread = (int(inside[-1]) - int(inside[0])) / (len(inside) - 1)
    if spread >= 1:
        k = round(np.log2(spread))
        return [e for e in (k - 1, k, k + 1) if e >= 0]
    k = round(np.log2(spread)) if spread > 0 else -len(inside).bit_length()
    return [k - 1, k, k + 1, 0]


def _biases(steps: Steps, first: int, exponent: int, even: bool) -> list[int]:
    """Biases that put the first threshold inside the range where it belongs."""
    code = int(steps.base[0]) + int(np.searchsorted(steps.levels[0], first, side="right"))
    if exponent <= 0:
        scale = 1 << -exponent
        return [-(-code // scale) - first]
    at = code << exponent
    if not even:
        return [at - first]
    # half to even: code is reached at code - 1/2, from there on if code is even, else just after
    half = 1 << (exponent - 1)
    return [at - half - first + (0 if code % 2 == 0 else 1)]


def multiply_shift(steps: Steps) -> Candidate | None:
    """clip((x * M + N) >> S) with the smallest S, and for it the smallest multipliers, that hit every threshold.

    For given S and M, level j at threshold t needs M t + N >= j 2^S and M (t - 1) + N < j 2^S (for falling
    channels at the negated code): an interval for N, empty or not.
    """
    bottom = int(np.where(steps.direction > 0, steps.base, steps.base - steps.levels.shape[1]).min())
    low, high = _reached(steps)
    constraints = [_constraints(steps, c, bottom, low) for c in range(len(steps.levels))]
    slopes = [_slopes(c) for c in constraints]
    for s in range(0, LARGEST_SHIFT + 1):
        pairs = []
        for constraint, slope in zip(constraints, slopes, strict=True):
            pair = _fit(constraint, slope, s)
            if pair is None:
                break
            pairs.append(pair)
        else:
            multiplier = np.array([p[0] for p in pairs], dtype=np.int64)
            addend = np.array([p[1] for p in pairs], dtype=np.int64)
            if _product_bits(steps, multiplier, addend) > 62:
                return None
            function = MultiplyShift(multiplier, addend, s, low, high)
            if not proved(function, steps):
                return None
            m_bits = int(np.abs(multiplier).max()).bit_length()
            return Candidate(function, _bits(steps) * (m_bits + 1.0))
    return None


@dataclass(frozen=True, eq=False)
class _Constraint:
    """Codes that must give at least `reach` (`above`), and those that must stay below it (`below`)."""

    above: Array
    reach_above: Array
    below: Array
    reach_below: Array


def _constraints(steps: Steps, c: int, bottom: int, low: int) -> _Constraint:
    """Level j counts from the bottom; a falling channel reaches it at the last code before its threshold. Levels up
    to `low` are reached by clipping."""
    levels, n = steps.levels[c], steps.levels.shape[1]
    if steps.direction[c] > 0:
        reach = bottom + 1 + np.arange(n)
        above, below = levels, levels - 1
    else:
        reach = bottom + n - np.arange(n)
        above, below = levels - 1, levels
    a = (above >= steps.first) & (above <= steps.last) & (reach > low)
    b = (below >= steps.first) & (below <= steps.last)
    # a level that every code has reached, or none, binds at the end of the range
    return _Constraint(above[a], reach[a], below[b], reach[b])


def _slopes(k: _Constraint) -> tuple[float, float]:
    """(least, greatest) slope of a line that lies on or above all points `above` and below all points `below`.

    A point (t, j) above and one (u, i) below ask for (j - i) < slope * (t - u) or (j - i) <= 0 at t = u: each pair with
    t > u bounds the slope from below, each with t < u from above. Of very many points a sample bounds it well enough,
    since what is found is proved against all of them.
    """
    a, b = _sample(len(k.above)), _sample(len(k.below))
    run = (k.above[a][:, None] - k.below[b][None, :]).astype(np.float64)
    rise = (k.reach_above[a][:, None] - k.reach_below[b][None, :]).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = rise / run
    least = slope[run > 0].max(initial=-np.inf)
    greatest = slope[run < 0].min(initial=np.inf)
    return float(least), float(greatest)


def _sample(count: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))


def _fit(k: _Constraint, slopes: tuple[float, float], s: int) -> tuple[int, int] | None:
    """(M, N) of smallest |M| for the shift s, or None."""
    least_slope, greatest_slope = (v * 2.0**s for v in slopes)
    first = 0 if least_slope < 0 < greatest_slope else None
    if first is None:
        first = int(np.floor(least_slope)) if least_slope >= 0 else int(np.ceil(greatest_slope))
    direction = 1 if least_slope >= 0 else -1
    largest = max(_largest(k.above), _largest(k.below))
    for m in range(first, first + direction * 4, direction):
        if (abs(m) * largest).bit_length() > 61 or (_largest(k.reach_above) + 1).bit_length() + s > 61:
            return None
        least = int(((k.reach_above << s) - m * k.above).max()) if len(k.above) else None
        most = int(((k.reach_below << s) - 1 - m * k.below).min()) if len(k.below) else None
        if least is None or most is None:
            return m, least if least is not None else most or 0
        if least <= most:
            return m, _roundest(least, most)
    return None


def _roundest(least: int, most: int) -> int:
    """The number in least..most with the most trailing zero bits: cheap to add."""
    for bits in range(62, 0, -1):
        candidate = -(-least >> bits) << bits  # the first multiple of 2^bits from `least` on
        if candidate <= most:
            return candidate
    return least


def _largest(x: Array) -> int:
    return int(np.abs(x).max()) if len(x) else 0


def thresholds(steps: Steps) -> Candidate:
    """One comparison per level: the definition itself, without the levels that no channel can cross."""
    levels, base = steps.levels, steps.base.copy()
    always = (levels <= steps.first).sum(axis=1)
    never = (levels > steps.last).sum(axis=1)
    skip, drop = int(always.min()), int(never.min())
    base = base + steps.direction * skip
    kept = levels[:, skip : levels.shape[1] - drop]
    function = Thresholds(base, steps.direction, np.ascontiguousarray(kept))
    return Candidate(function, kept.shape[1] * (_bits(steps) / 2 + 1.0) + 1)


def table(steps: Steps) -> Candidate | None:
    """Every answer in a ROM addressed by the code."""
    size = steps.last - steps.first + 1
    if size > LARGEST_TABLE:
        return None
    codes = np.arange(steps.first, steps.last + 1)
    entries = np.stack([steps(codes, c) for c in range(len(steps.levels))])
    out = Fixed.covering(int(entries.min()), int(entries.max())).width
    return Candidate(Table(steps.first, entries), max(size / 64, 1.0) * out)


def _reached(steps: Steps) -> tuple[int, int]:
    """The least and the greatest code that any channel gives."""
    ends = np.array([steps(np.array([steps.first, steps.last]), c) for c in range(len(steps.levels))])
    return int(ends.min()), int(ends.max())


def _inside(steps: Steps, c: int) -> Array:
    row = steps.levels[c]
    inside: Array = row[(row > steps.first) & (row <= steps.last)]
    return inside


def _bits(steps: Steps) -> int:
    return Fixed.covering(steps.first, steps.last).width


def _product_bits(steps: Steps, multiplier: Array, addend: Array) -> int:
    x = max(abs(steps.first), abs(steps.last))
    return (int(np.abs(multiplier).max()) * x + int(np.abs(addend).max())).bit_length() + 1
