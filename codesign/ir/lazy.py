"""Layers whose results are computed in float64 with a proved bound, and exactly only where that does not decide.

A layer joins by a function that it registers with `lazily`. It needs none: without, it is evaluated by its `run` on
exact values throughout, with the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, singledispatch
from typing import Any, cast

import numpy as np

from codesign.ir.layers import (
    Add,
    Affine,
    BatchNorm,
    Clip,
    Elementwise,
    Identity,
    Layer,
    LeakyRelu,
    MultiThreshold,
    Quantize,
    Relu,
    Reshape,
    Sign,
    Slice,
    Transpose,
    Upsample,
)
from codesign.ir.near import EXACT, UNIT, Floats, Near, floats, grains, rounded
from codesign.ir.reals import Places, Reals
from codesign.ir.tensor import Array, Found, Tensor, fractions
from codesign.ir.vector import ONE, ZERO, Vector


@singledispatch
def lazily(layer: Layer, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    """What `layer.run` gives, with real values that wait; None where the layer has no such function."""
    return None


def reals(tensor: Tensor, x: Found) -> Reals:
    """The values of what a layer gave for this tensor."""
    if isinstance(x, Reals):
        return x
    return Listed(x) if x.dtype == object else Decoded(tensor, cast(Array, x))


# ---------------------------------------------------------------------------------------------- values that wait


@dataclass(frozen=True, eq=False)
class Given(Reals):
    """Float64 numbers, which are taken exactly."""

    floats: Floats

    @cached_property
    def near(self) -> Near:  # type: ignore[override]
        return Near(self.floats, np.zeros(1), np.zeros(1))

    def at(self, places: Places) -> np.ndarray:
        return fractions(self.floats.reshape(-1)[places])

    def keys(self, places: Places) -> Array:
        found: Array = (self.floats.reshape(-1)[places] + 0.0).view(np.int64)[:, None]  # -0 is 0
        return found


@dataclass(frozen=True, eq=False)
class Listed(Reals):
    """Exact values that are known already."""

    found: np.ndarray

    @cached_property
    def near(self) -> Near:  # type: ignore[override]
        value = self.found.astype(np.float64)
        return Near(value, 2 * UNIT * np.abs(value).max(keepdims=True).reshape(-1)[:1], np.zeros(1))

    def at(self, places: Places) -> np.ndarray:
        found: np.ndarray = self.found.reshape(-1)[places]
        return found

    def keys(self, places: Places) -> Array:
        return places[:, None]


@dataclass(frozen=True, eq=False)
class Decoded(Reals):
    """The values of codes."""

    tensor: Tensor
    codes: Array

    @cached_property
    def near(self) -> Near:  # type: ignore[override]
        largest = max(abs(self.tensor.low), abs(self.tensor.high))
        exact = np.array([largest * 2 * UNIT if largest >= 1 << 53 else 0.0])
        whole = Near(self.codes.astype(np.float64), exact, np.array([float(largest < 1 << 53)]))
        return whole.line(self.tensor.step, self.tensor.offset)

    def at(self, places: Places) -> np.ndarray:
        step, offset = self.tensor.step, self.tensor.offset
        codes, channels = self.codes.reshape(-1)[places].tolist(), self.channel(places).tolist()
        found = np.empty(len(places), dtype=object)
        for i, (code, c) in enumerate(zip(codes, channels, strict=True)):
            found[i] = code * step[c] + offset[c]
        return found

    def keys(self, places: Places) -> Array:
        columns = [self.codes.reshape(-1)[places]]
        if not (self.tensor.step.uniform and self.tensor.offset.uniform):
            columns.append(self.channel(places))
        return np.stack(columns, axis=1)


@dataclass(frozen=True, eq=False)
class Mapped(Reals):
    """A function of each element."""

    layer: Elementwise
    x: Reals
    near: Near

    def at(self, places: Places) -> np.ndarray:
        return by_channel(self.layer, self.x, places)

    def keys(self, places: Places) -> Array:
        keys = self.x.keys(places)
        return np.column_stack([keys, self.channel(places)]) if self.layer.per_channel else keys


@dataclass(frozen=True, eq=False)
class Summed(Reals):
    """The sum or the difference of two."""

    layer: Add
    x: Reals
    y: Reals
    near: Near

    def at(self, places: Places) -> np.ndarray:
        return self.layer.real(self.x.at(places), self.y.at(places))

    def keys(self, places: Places) -> Array:
        return np.column_stack([self.x.keys(places), self.y.keys(places)])


@dataclass(frozen=True, eq=False)
class Moved(Reals):
    """Elements of x in other places: `source` holds for each the number of the one that it is."""

    x: Reals
    source: Places

    @cached_property
    def near(self) -> Near:  # type: ignore[override]
        one = self.x.near.one()
        return Near(np.ascontiguousarray(one.value.reshape(-1)[self.source]), one.error, one.grain)

    def at(self, places: Places) -> np.ndarray:
        return self.x.at(self.source.reshape(-1)[places])

    def keys(self, places: Places) -> Array:
        return self.x.keys(self.source.reshape(-1)[places])


def by_channel(layer: Elementwise, x: Reals, places: Places) -> np.ndarray:
    """The exact results of a function of each element at these places."""
    values, found = x.at(places), np.empty(len(places), dtype=object)
    channels = x.channel(places) if layer.per_channel else np.zeros_like(places)
    for c in np.unique(channels).tolist():
        chosen = channels == c
        found[chosen] = layer.channel(c).real(values[chosen][:, None])[:, 0]
    return found


def different(x: Reals, y: Reals) -> np.ndarray:
    """Which elements of two are not equal, exactly; each pair that occurs is compared once."""
    if isinstance(x, Decoded) and isinstance(y, Decoded) and x.tensor.step == y.tensor.step:
        if x.tensor.offset == y.tensor.offset:
            return np.asarray(x.codes != y.codes)
    pair = Summed(Add(negate=True), x, y, x.near)
    places, number = pair.distinct(np.arange(x.near.value.size))
    unequal: np.ndarray = np.asarray(pair.at(places) != 0)
    return unequal[number].reshape(x.shape)


# ---------------------------------------------------------------------------------------------- real results


@lazily.register
def _(layer: Affine | BatchNorm, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    if not result.real:
        return None
    x = reals(types[0], inputs[0])
    line = layer.affine() if isinstance(layer, BatchNorm) else layer
    return Mapped(line, x, x.near.line(line.scale, line.offset))


@lazily.register
def _(layer: Relu, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    if not result.real:
        return None
    x = reals(types[0], inputs[0])
    return Mapped(layer, x, Near(np.maximum(x.near.value, 0), x.near.error, x.near.grain))


@lazily.register
def _(layer: Clip, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    x = reals(types[0], inputs[0])
    bounds = Vector(tuple(b for b in (layer.low, layer.high) if b is not None) or (ONE[0],))
    low, high = (None if b is None else floats(Vector.of(b)) for b in (layer.low, layer.high))
    value = x.near.value if low is None else np.maximum(x.near.value, low)
    value = value if high is None else np.minimum(value, high)
    terms, shared = np.abs(floats(bounds)).max(keepdims=True), grains(Vector(tuple(b for b in bounds.values if b)))
    grain = np.minimum(x.near.grain, shared.min(initial=np.inf, keepdims=True))
    exact = (x.near.error == 0) & (grain > 0)
    error = x.near.error + 2 * UNIT * terms  # a bound may be off by a rounding as well
    return Mapped(layer, x, Near.of(value, error, np.where(exact, grain, 0.0), terms))


@lazily.register
def _(layer: LeakyRelu, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    if not result.real:
        return None
    x = reals(types[0], inputs[0])
    low = x.near.line(Vector.of(layer.alpha), ZERO)
    value = np.where(x.near.value >= 0, x.near.value, low.value)
    # No steeper than 1 or alpha; where the sign itself is in doubt, both sides are as near as the input to 0.
    error, grain = np.maximum(x.near.error, low.error), np.minimum(x.near.grain, low.grain)
    return Mapped(layer, x, Near(value, 2 * error, np.where(error == 0, grain, 0.0)))


@lazily.register
def _(layer: Add, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    if not result.real:
        return None
    x, y = (reals(t, i) for t, i in zip(types, inputs, strict=True))
    a, b = x.near, y.near
    value = a.value - b.value if layer.negate else a.value + b.value
    terms, passed = a.size + b.size, a.error + b.error
    grain = np.where(passed == 0, np.minimum(a.grain, b.grain), 0.0)
    return Summed(layer, x, y, Near.of(value, 2 * passed + 4 * UNIT * terms, grain, terms))


@lazily.register
def _(
    layer: Reshape | Transpose | Upsample | Slice | Identity,
    types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found],
) -> Found | None:  # fmt: skip
    if not result.real:
        return None
    x = reals(types[0], inputs[0])
    places: Any = np.arange(x.near.value.size).reshape(x.shape)
    return Moved(x, np.asarray(layer.real(places), dtype=np.int64))


# ---------------------------------------------------------------------------------------------- codes


@lazily.register
def _(layer: Quantize, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    if max(-layer.low, layer.high) >= EXACT:
        return None
    x = reals(types[0], inputs[0])
    z = x.near.divided(layer.step, layer.offset)
    low, high = (np.clip(rounded(layer.rounding, end), layer.low, layer.high) for end in z.ends())
    return _decided(layer, x, result, low, high)


@lazily.register
def _(layer: MultiThreshold, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    x = reals(types[0], inputs[0])
    counts = []
    for end in x.near.ends():
        known = ~np.isnan(end)
        count = np.full(end.shape, np.nan)
        for c in range(end.shape[-1]):
            row = layer.thresholds[c if len(layer.thresholds) > 1 else 0]
            count[..., c] = np.where(known[..., c], np.searchsorted(row, end[..., c], side="right"), np.nan)
        counts.append(count)
    return _decided(layer, x, result, *counts)


@lazily.register
def _(layer: Sign, types: Sequence[Tensor], result: Tensor, inputs: Sequence[Found]) -> Found | None:
    x = reals(types[0], inputs[0])
    low, high = (np.sign(end) for end in x.near.ends())
    return _decided(layer, x, result, low, high)


def _decided(layer: Elementwise, x: Reals, result: Tensor, low: Floats, high: Floats) -> Array:
    """The codes where both ends give the same one, else exactly."""
    same = (low == high).reshape(-1)
    codes = np.where(same, low.reshape(-1), 0.0).astype(np.int64)
    places = np.flatnonzero(~same)
    if len(places):
        exact = Mapped(layer, x, x.near)
        some, number = exact.distinct(places)
        values, channels = exact.at(some), exact.channel(some).tolist()
        step, offset = result.step, result.offset
        found = [int((v - offset[c]) / step[c]) for v, c in zip(values, channels, strict=True)]
        codes[places] = np.array(found, dtype=np.int64)[number]
    return codes.reshape(low.shape)
