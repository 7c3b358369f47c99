"""A network while it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from codesign.ir.graph import Graph
from codesign.ir.layers import Input, Layer
from codesign.ir.tensor import Array, Tensor, Values
from codesign.ir.vector import Vector


@dataclass
class Draft:
    """A network while it is drawn, with the codes or values that its samples have at every node so far.

    Parameters are drawn to suit those values, as training would: otherwise nearly every network is constant.
    """

    draw: st.DrawFn
    graph: Graph
    inputs: list[np.ndarray] = field(default_factory=list)
    found: dict[str, Array | Values] = field(default_factory=dict)
    typed: bool = False
    """Whether lowering is to take it as it is."""

    def put_input(self, name: str, layer: Input, samples: np.ndarray) -> str:
        """Appends an input, its samples real numbers."""
        self.graph.add(name, layer, origin=f"{name}:0")
        self.inputs.append(samples)
        self.found[name] = layer.encode(samples)
        return name

    def put(self, layer: Layer, *inputs: str) -> str:
        """Appends the layer under a free name and gives the name."""
        name = self.graph.fresh(type(layer).__name__.lower())
        node = self.graph.add(name, layer, *inputs, origin=f"/model/{name}.0")
        types = [self.graph[i].type for i in inputs]
        self.found[name] = layer.run(types, node.type, [self.found[i] for i in inputs])
        return name

    def type(self, x: str) -> Tensor:
        return self.graph[x].type

    def code_range(self, x: str) -> tuple[int, int]:
        """The least and the largest code seen."""
        return int(self.found[x].min()), int(self.found[x].max())

    def value_range(self, x: str) -> tuple[Fraction, Fraction]:
        """The least and the largest value seen."""
        t, found = self.type(x), self.found[x]
        values = found if t.real else t.decode(found)
        return Fraction(values.min()), Fraction(values.max())

    def spread(self, x: str) -> Fraction:
        """How far apart the values lie; 1 where all are the same."""
        low, high = self.value_range(x)
        return high - low or Fraction(1)

    def choose(self, *options: Any) -> Any:
        """One of the options."""
        return self.draw(st.sampled_from(options))

    def vector(self, values: st.SearchStrategy[Fraction], channels: int) -> Vector:
        """One of the values for all channels, or one for each."""
        if self.draw(st.booleans()):
            return Vector.of(self.draw(values))
        return Vector.of(self.draw(st.lists(values, min_size=channels, max_size=channels)))

    def codes(self, shape: tuple[int, ...], low: int, high: int) -> Array:
        """An int64 array of numbers in low..high, from a seed: Hypothesis alone draws mostly zeros."""
        return self.rng().integers(low, high, size=shape, endpoint=True)

    def rng(self) -> np.random.Generator:
        """Numbers that Hypothesis can repeat, but not shrink."""
        return np.random.default_rng(self.draw(st.integers(0, 2**32 - 1)))


Step = Callable[[Draft, str], str]
"""Appends nodes that read the named one; gives the name of the last (the name it got, where it does not fit)."""
CHANNELS = st.integers(1, 6)
POSITIONS = st.integers(1, 3)
PIXELS = st.integers(1, 5)
BITS = st.integers(1, 6)
SAMPLES = 12
