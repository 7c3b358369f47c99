"""The kinds of layers that a description is made of: what each is told, and the shape of its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from codesign.errors import ConfigError

Shape = tuple[int, ...]
"""Of one sample as torch has it: channels first."""


@dataclass(frozen=True)
class Layer:
    """Takes the results of `sources`, each the name of an input or of a layer before."""

    name: str
    sources: tuple[str, ...]

    def shape(self, *given: Shape) -> Shape:
        """Of the result for sources of these shapes; ConfigError where they do not fit."""
        raise NotImplementedError

    def refuse(self, what: str) -> ConfigError:
        """The error of this layer."""
        return ConfigError(f"Layers: {self.name}: {what}")

    def _one(self, given: tuple[Shape, ...], axes: tuple[int, ...], expected: str) -> Shape:
        if len(given) != 1:
            raise self.refuse(f"{len(given)} sources, expected one")
        if len(given[0]) not in axes:
            raise self.refuse(f"its source has the shape {_text(given[0])}, expected {expected}")
        return given[0]


@dataclass(frozen=True)
class Product(Layer):
    """A layer with weights; bits that are None are those of the description."""

    activation: str = "relu"
    """relu or none."""
    norm: bool = True
    """Whether a batch norm stands behind the product; without one there is a bias."""
    weight_bits: int | None = None
    activation_bits: int | None = None
    prune: float | None = None
    """The share of the weights that become 0."""


@dataclass(frozen=True)
class Dense(Product):
    """All elements of a vector to `units` results."""

    units: int = 1

    def shape(self, *given: Shape) -> Shape:
        self._one(given, (1,), "a vector; put a flatten before it")
        return (self.units,)


@dataclass(frozen=True)
class TimeDistributed(Product):
    """The same dense layer for each position: (features, positions) to (units, positions)."""

    units: int = 1

    def shape(self, *given: Shape) -> Shape:
        return (self.units, self._one(given, (2,), "features x positions")[1])


@dataclass(frozen=True)
class Conv(Product):
    """A convolution of an image (channels, height, width)."""

    filters: int = 1
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: str = "same"
    """same (for stride 1: the image keeps its size) or valid."""
    depthwise: bool = False
    """Every channel has a kernel of its own; `filters` is then not given."""

    def shape(self, *given: Shape) -> Shape:
        channels, *sides = self._one(given, (3,), "channels x height x width")
        margin = [k // 2 * 2 if self.padding == "same" else 0 for k in self.kernel]
        out = [(side + m - k) // s + 1 for side, m, k, s in zip(sides, margin, self.kernel, self.stride)]
        if min(out) < 1:
            raise self.refuse(f"a kernel of {_text(self.kernel)} is larger than its image of {_text(tuple(sides))}")
        return (channels if self.depthwise else self.filters, *out)


@dataclass(frozen=True)
class MaxPool(Layer):
    """The largest of each window of this size, without overlap; what is left at the end is dropped."""

    size: tuple[int, int] = (2, 2)

    def shape(self, *given: Shape) -> Shape:
        channels, *sides = self._one(given, (3,), "channels x height x width")
        out = [side // size for side, size in zip(sides, self.size)]
        if min(out) < 1:
            raise self.refuse(f"a pool of {_text(self.size)} is larger than its image of {_text(tuple(sides))}")
        return (channels, *out)


@dataclass(frozen=True)
class GlobalAverage(Layer):
    """The mean of each channel over all positions, quantized."""

    activation_bits: int | None = None

    def shape(self, *given: Shape) -> Shape:
        return self._one(given, (2, 3), "channels x positions, or channels x height x width")[:1]


@dataclass(frozen=True)
class Sum(Layer):
    """The sum of each channel over all positions, quantized."""

    activation_bits: int | None = None

    def shape(self, *given: Shape) -> Shape:
        return self._one(given, (2, 3), "channels x positions, or channels x height x width")[:1]


@dataclass(frozen=True)
class Upsample(Layer):
    """Each pixel so many times along height and width."""

    factor: tuple[int, int] = (2, 2)

    def shape(self, *given: Shape) -> Shape:
        channels, height, width = self._one(given, (3,), "channels x height x width")
        return (channels, height * self.factor[0], width * self.factor[1])


@dataclass(frozen=True)
class Flatten(Layer):
    """One vector of everything."""

    def shape(self, *given: Shape) -> Shape:
        return (math.prod(self._one(given, (1, 2, 3), "")),)


@dataclass(frozen=True)
class Transpose(Layer):
    """(positions, features) to (features, positions), as time-distributed layers take it."""

    def shape(self, *given: Shape) -> Shape:
        return self._one(given, (2,), "two axes")[::-1]


@dataclass(frozen=True)
class Concat(Layer):
    """The sources one after the other along the channels, all through one quantizer."""

    activation_bits: int | None = None

    def shape(self, *given: Shape) -> Shape:
        if len(given) < 2 or len({s[1:] for s in given}) != 1:
            raise self.refuse(f"its sources have the shapes {_texts(given)}, expected two or more that fit")
        return (sum(s[0] for s in given), *given[0][1:])


@dataclass(frozen=True)
class Add(Layer):
    """The sum of two or more sources of one shape, each through one and the same quantizer, then quantized."""

    activation: str = "relu"
    """Of the sum: relu or none."""
    activation_bits: int | None = None

    def shape(self, *given: Shape) -> Shape:
        if len(given) < 2 or len(set(given)) != 1:
            raise self.refuse(f"its sources have the shapes {_texts(given)}, expected two or more of one shape")
        return given[0]


@dataclass(frozen=True)
class Film(Layer):
    """gamma * x + beta per channel, where a dense layer makes gamma and beta of the second source.

    E. Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer, AAAI 2018. Training begins with gamma
    near 1 and beta near 0 for whatever comes in.
    """

    weight_bits: int | None = None
    activation_bits: int | None = None

    def shape(self, *given: Shape) -> Shape:
        if len(given) != 2 or len(given[0]) != 3 or len(given[1]) != 1:
            raise self.refuse(f"its sources have the shapes {_texts(given)}, expected an image and a vector")
        return given[0]


JOINS = (Concat, Add)
"""Layers whose sources meet as they are: they bring one quantizer for all of them."""

KINDS: Mapping[str, Callable[..., Layer]] = {
    "add": Add,
    "concat": Concat,
    "conv": Conv,
    "dense": Dense,
    "film": Film,
    "flatten": Flatten,
    "global_average": GlobalAverage,
    "max_pool": MaxPool,
    "sum": Sum,
    "time_distributed": TimeDistributed,
    "transpose": Transpose,
    "upsample": Upsample,
}
"""The layers by the `kind` that a description gives."""


def _text(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _texts(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(_text, shapes))
