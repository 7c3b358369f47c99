"""The range of numbers at each site, measured on data, and the binary point that each number of bits gets for it.

The ranges come from the network itself, evaluated in integers so wide that rounding does not matter: 20 bits of
result, 18 of weight. The binary points are found by running it repeatedly, until no range is cut off.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph
from codesign.ir.layers import Affine, Product, Quantize
from codesign.ir.reals import Reals
from codesign.ir.tensor import Found
from codesign.passes.tune_precision import Part
from codesign.progress import Progress, silent
from codesign.scan.space import Site, Space, Types
from codesign.verification.effort import elements, together

Floats = NDArray[np.float64]

WIDE = {Part.WEIGHT: 18, Part.RESULT: 20, Part.BIAS: 40}
"""Bits of the wide types. Sums of their products stay below 2^53 in layers of up to 32,768 inputs, where numpy is exact
at the speed of floating point."""
_UNKNOWN = {Part.WEIGHT: Fixed(40, 20), Part.RESULT: Fixed(8, 4), Part.BIAS: Fixed(40, 20)}
"""Types to read the constants with, before anything is known."""
_FIRST_INTEGER_BITS = 12
_MORE_INTEGER_BITS = 6
_ROUNDS = 12
_KEPT = 20_000
"""Numbers that are kept of each site, evenly spread, for percentiles and errors."""
_TAIL = 4096
"""The numbers farthest from zero are kept all of them, so many: what is rare and large decides where to cut off."""
SAMPLES = 1000
"""Samples of the data that ranges are measured on."""


class Method(Enum):
    """How the binary point follows from the numbers."""

    MIN_MAX = "min-max"
    """No number is cut off."""
    PERCENTILE = "percentile"
    """All but the rarest are not cut off."""
    MSE = "mse"
    """The mean squared error of the numbers is the least."""


@dataclass(frozen=True)
class Range:
    """The numbers at a site."""

    low: float
    high: float
    values: Floats
    """Some of them."""
    weights: Floats
    """How many numbers each of these stands for."""

    @classmethod
    def of(cls, values: Floats) -> Range:
        """Of all numbers at once."""
        return cls(float(values.min()), float(values.max()), values, np.ones(len(values)))

    def fixed(self, bits: int, method: Method, percentile: float = 99.9, signed: bool | None = None) -> Fixed:
        """The type of so many bits for these numbers; without a sign where none is negative, unless `signed` asks."""
        negative = self.low < 0 if signed is None else signed
        low, high = self.low, self.high
        if method is Method.PERCENTILE:
            low, high = self._quantile(1 - percentile / 100), self._quantile(percentile / 100)
        covering = _covering(low, high, bits, negative)
        if method is not Method.MSE:
            return covering
        finer = [Fixed(bits, covering.frac + more, negative) for more in range(bits + 1)]
        return min(finer, key=self.error)

    def _quantile(self, share: float) -> float:
        """The least number that so large a share of all is not above."""
        order = np.argsort(self.values)
        total = np.cumsum(self.weights[order])
        place = min(int(np.searchsorted(total, share * total[-1])), len(order) - 1)
        return float(self.values[order[place]])

    def error(self, fixed: Fixed) -> float:
        """The mean squared distance of the numbers from their codes."""
        codes = np.clip(np.rint(np.ldexp(self.values, fixed.frac)), fixed.low, fixed.high)
        return float(np.average((np.ldexp(codes, -fixed.frac) - self.values) ** 2, weights=self.weights))


def _covering(low: float, high: float, bits: int, signed: bool) -> Fixed:
    """The finest type of which every number in low..high is within half a step of a code."""
    widest = Fixed(bits, 0, signed)
    step = max(high / (widest.high + 0.5), (-low / (0.5 - widest.low)) if signed else 0.0)
    frac = bits if step <= 0 else -math.ceil(math.log2(step))
    return Fixed(bits, max(min(frac, 512), -512), signed)


@dataclass(frozen=True)
class Calibration:
    """The ranges by the key of their site, and the wide types that they were measured with."""

    ranges: Mapping[str, Range]
    wide: Mapping[str, Fixed]


def calibrate(space: Space, data: Sequence[np.ndarray], progress: Progress = silent) -> Calibration:
    """The range at each site for these inputs (n, *shape), one array for each.

    ModelError where the numbers do not settle: those of a layer are beyond any type.
    """
    wide = {site.key: _UNKNOWN[site.part] for site in space.sites}
    graph = space.passed(wide, after="tune_precision").network
    ranges = {s.key: _constant(graph, s) for s in space.sites if s.part is not Part.RESULT}
    for site in space.sites:
        if site.part is Part.RESULT:
            wide[site.key] = Fixed(WIDE[Part.RESULT], WIDE[Part.RESULT] - _FIRST_INTEGER_BITS)
        else:
            wide[site.key] = ranges[site.key].fixed(WIDE[site.part], Method.MIN_MAX, signed=True)
    results = [site for site in space.sites if site.part is Part.RESULT]
    for round_ in range(_ROUNDS):
        progress("calibrating", round_, 0)
        graph = space.passed(wide, after="tune_precision").network
        ranges |= _measured(graph, results, data)
        settled = True
        for site in results:
            found, used = ranges[site.key], wide[site.key]
            best = found.fixed(used.width, Method.MIN_MAX, signed=True)
            if best.frac < used.frac:  # cut off: how far the numbers reach is not known yet
                best = Fixed(used.width, best.frac - _MORE_INTEGER_BITS)
            if best.frac < used.frac or best.frac > used.frac + 1:
                wide[site.key], settled = best, False
        if settled:
            return Calibration(ranges, wide)
    raise ModelError(f"{graph.origin}: the numbers in the network have no range on these data; scale the data")


def _constant(graph: Graph, site: Site) -> Range:
    """The weights of a product, or the bias behind it."""
    layer = graph[site.node].layer
    assert isinstance(layer, Product)
    if site.part is Part.WEIGHT:
        step = np.array([float(v) for v in layer.step.values])
        return Range.of((layer.weights * step).ravel())
    return Range.of(np.array([float(v) for v in _bias(graph, site.node)]))


def _bias(graph: Graph, name: str) -> list[Fraction]:
    """The offset of the affines behind a product, of which at most one is left."""
    users = graph.users()
    while len(users[name]) == 1 and isinstance(layer := users[name][0].layer, Affine):
        if any(layer.offset.values):
            return list(layer.offset.values)
        name = users[name][0].name
    return [Fraction(0)]


def _measured(graph: Graph, sites: Sequence[Site], data: Sequence[np.ndarray]) -> dict[str, Range]:
    """What goes into the quantizer of each site, batch by batch."""
    size, count = together(elements(graph)), len(data[0])
    seen = {site.key: _Seen(max(1, _KEPT * size // count)) for site in sites}
    read = {site.key: _rounded_by(graph, site) for site in sites}
    for start in range(0, count, size):
        found = graph.run([x[start : start + size] for x in data], keep=True)
        for site in sites:
            for name in read[site.key]:
                seen[site.key].take(floats(graph, name, found[name]).ravel())
    return {site.key: seen[site.key].range() for site in sites}


def read_by(graph: Graph, site: Site) -> list[str]:
    """The quantizers of a result after `tune_precision`."""
    pattern = re.compile(rf"{re.escape(site.node)}_quantized(_\d+)?")
    return [n.name for n in graph if isinstance(n.layer, Quantize) and pattern.fullmatch(n.name)]


def _rounded_by(graph: Graph, site: Site) -> list[str]:
    """The nodes whose numbers these round: that of the site, and what it was joined with on the way."""
    return list(dict.fromkeys(graph[name].inputs[0] for name in read_by(graph, site))) or [site.node]


class _Seen:
    """Numbers that come in batches: their ends, those farthest from zero, and of the others some of each batch."""

    def __init__(self, keep: int) -> None:
        self.keep, self.count = keep, 0
        self.low, self.high = math.inf, -math.inf
        self.tail = np.zeros(0)
        self.spread: list[Floats] = []

    def take(self, values: Floats) -> None:
        """A batch."""
        self.count += len(values)
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        self.spread.append(values[:: max(1, len(values) // self.keep)])
        tail = np.concatenate([self.tail, values])
        self.tail = tail[np.argpartition(-np.abs(tail), _TAIL)[:_TAIL]] if len(tail) > _TAIL else tail

    def range(self) -> Range:
        """Of all batches; what is kept evenly stands for all numbers that are not kept as the farthest."""
        spread = np.concatenate(self.spread)
        rest = spread[np.abs(spread) < np.abs(self.tail).min()]
        others = max(self.count - len(self.tail), 0)
        weights = np.concatenate([np.ones(len(self.tail)), np.full(len(rest), others / max(len(rest), 1))])
        return Range(self.low, self.high, np.concatenate([self.tail, rest]), weights)


def wide_outputs(space: Space, wide: Types, data: Sequence[np.ndarray]) -> list[Floats]:
    """The outputs (n, *shape) of the network with these types, each rounded to float64."""
    graph = space.passed(wide, after="tune_precision").network
    size, parts = together(elements(graph)), []
    for start in range(0, len(data[0]), size):
        found = graph.run([x[start : start + size] for x in data])
        parts.append([floats(graph, o.source, found[o.source]) for o in graph.outputs])
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def floats(graph: Graph, name: str, found: Found) -> Floats:
    """The real numbers of a node to float64."""
    if isinstance(found, Reals):
        near = found.near.value
        return near if np.isfinite(near).all() else found.values.astype(np.float64)
    tensor = graph[name].type
    return found.astype(np.float64) if found.dtype == object else tensor.decode_float(found.astype(np.int64))
