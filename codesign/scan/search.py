"""Which points are looked at: grids of widths, and one layer at a time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from codesign.errors import ConfigError, ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Product
from codesign.passes.tune_precision import Part
from codesign.scan.calibrate import Calibration, Method, Range
from codesign.scan.space import Site, Space

MOST_BITS = 24
"""The widest type of a scan: two of them and the sum of 32,768 products fit 63 bits."""
_BIAS_BITS = 32
Point = dict[str, Fixed]


@dataclass(frozen=True)
class Binary:
    """How binary points are chosen: by calibration, or the same integer bits everywhere."""

    calibration: Calibration
    method: Method = Method.MIN_MAX
    percentile: float = 99.9

    def fixed(self, site: Site, bits: int) -> Fixed:
        """The type of so many bits for a weight or a result."""
        signed = True if site.part is Part.WEIGHT else None
        return self.calibration.ranges[site.key].fixed(bits, self.method, self.percentile, signed)


def widths(text: str, option: str, low: int = 2, high: int = MOST_BITS) -> list[int]:
    """The numbers that '2..16', '4,6,8' or '8' names, ascending; ConfigError, with the option's name, for others."""
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(-?\d{1,4})\s*(?:\.\.\s*(-?\d{1,4})\s*)?", part)
        if match is None:
            raise ConfigError(f"{option} {text!r}: write e.g. 2..16 or 4,6,8")
        first, last = int(match[1]), int(match[2] or match[1])
        if not low <= first <= last <= high:
            raise ConfigError(
                f"{option} {text!r}: from {low} to {high}, the smaller first; an empty range is no search"
            )
        found.update(range(first, last + 1))
    return sorted(found)


def budgets(text: str) -> list[int]:
    """The numbers of bit operations in '200000,1e6'; ConfigError for others."""
    found = []
    for part in text.split(","):
        try:
            number = float(part)
        except ValueError:
            number = 0
        if not 1 <= number < 1e15 or number != int(number):
            raise ConfigError(f"--bit-operations {text!r}: write whole numbers, e.g. 200000,1e6")
        found.append(int(number))
    return found


def point(space: Space, binary: Binary, width: Callable[[Site], int]) -> Point:
    """Types of these widths for weights and results, their binary points by calibration.

    A bias gets the step of its accumulator, which then needs no more bits for it, and as many bits as it takes.
    """
    ranges = binary.calibration.ranges
    types: Point = {}
    for site in space.sites:
        if site.part is not Part.BIAS:
            types[site.key] = binary.fixed(site, width(site))
    for site in space.sites:
        if site.part is Part.BIAS:
            types[site.key] = _bias(space, site, ranges[site.key], types)
    return types


def _bias(space: Space, site: Site, found: Range, types: Point) -> Fixed:
    weight, x = f"{site.node}.{Part.WEIGHT.value}", space.feeds.get(site.node, ())
    if weight not in types or not x:
        return found.fixed(_BIAS_BITS // 2, Method.MIN_MAX, signed=True)
    largest = max(-found.low, found.high)
    frac = types[weight].frac + max(types[key].frac for key in x)
    if largest > 0:
        frac = min(frac, _BIAS_BITS - 2 - math.ceil(math.log2(largest)))
    low, high = round(math.ldexp(found.low, frac)), round(math.ldexp(found.high, frac))
    return Fixed.covering(min(low, -1), max(high, 0), frac)


def grid(
    space: Space, binary: Binary, weights: Sequence[int], results: Sequence[int] | None, integers: Sequence[int] | None
) -> list[Point]:
    """Every width of weights with every width of results, or with the same where `results` is None.

    With `integers` every type has so many integer bits and a sign, as in fixed<width, integer>, instead of a binary
    point of its own.
    """
    pairs = [(w, w) for w in weights] if results is None else [(w, r) for w in weights for r in results]
    found: list[Point] = []
    for w, r in pairs:

        def width(site: Site, w: int = w, r: int = r) -> int:
            return w if site.part is Part.WEIGHT else r

        if integers is None:
            found.append(point(space, binary, width))
            continue
        for i in integers:
            same = {site.key: max(w, r) if site.part is Part.BIAS else width(site) for site in space.sites}
            found.append({key: Fixed(bits, bits - i) for key, bits in same.items()})
    return found


def one_by_one(space: Space, binary: Binary, bits: Sequence[int]) -> list[tuple[Site | None, int, Point]]:
    """(site, bits, point): each weight and result at each width while all others keep the largest; first all at it."""
    most = max(bits)
    found: list[tuple[Site | None, int, Point]] = [(None, most, point(space, binary, lambda _: most))]
    for site in varied(space):
        for b in bits:
            if b != most:
                found.append((site, b, point(space, binary, _only(site, b, most))))
    return found


def with_accumulators(space: Space, points: Sequence[Point], bits: Sequence[int]) -> list[Point]:
    """Each point, and behind it the same with accumulators of so many bits wherever more would be safe."""
    found: list[Point] = []
    for point in points:
        safe = safe_widths(space, point)
        found += [point, *(narrowed(point, safe, b) for b in bits)]
    return found


def accumulators_one_by_one(space: Space, point: Point, bits: Sequence[int]) -> list[tuple[Site, int, Point]]:
    """(site, bits, point): the accumulator of each product at each of these widths that is below what is safe."""
    found = []
    for name, width in safe_widths(space, point).items():
        origin = space.graph[name].origin if name in space.graph else name
        site = Site(name, origin, Part.ACCUMULATOR)
        found += [(site, b, narrowed(point, {name: width}, b)) for b in bits if b < width]
    return found


def narrowed(point: Point, safe: Mapping[str, int], bits: int) -> Point:
    """The point with accumulators of so many bits where `safe` says more: the same where it does nowhere."""
    return point | {f"{name}.{Part.ACCUMULATOR.value}": Fixed(bits) for name, width in safe.items() if bits < width}


def safe_widths(space: Space, point: Point) -> dict[str, int]:
    """The bits that the sums of each product need, whatever the input, by its node; none of a point without a network,
    and none of products whose sums wrap already, as the user states it."""
    try:
        network = space.passed(point).network
    except (ModelError, OverflowError):
        return {}
    layers = {node.name: node.layer for node in network if isinstance(node.layer, Product)}
    return {
        name: Fixed.covering(*layer.bounds).width
        for name, layer in layers.items()
        if layer.bounds is not None and layer.wrap is None
    }


def _only(one: Site, bits: int, others: int) -> Callable[[Site], int]:
    return lambda site: bits if site == one else others


def varied(space: Space) -> list[Site]:
    """The sites whose widths a search chooses; those of biases follow."""
    return [site for site in space.sites if site.part is not Part.BIAS]
