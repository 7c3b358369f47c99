"""What dense layers and convolutions share: integer sums of inputs times constant weights."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from codesign.errors import IRError, LayerError
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.layers.base import Layer
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import Vector
from codesign.ir.wrap import wrapped


class Product(Layer):
    """Sums of inputs times `weights` (int64 codes, the outputs last), plus a bias in codes of the result.

    The weights' values are weights * step, `step` per output; `bounds` are narrower bounds of the accumulator, proved
    by range analysis, without which they follow from the input type alone. `bits` is the weights' type. Each
    weight belongs to one input channel, of which `per_input` says the number.

    With `wrap` the accumulator has that many bits, fewer than its bounds need: the result is the sum modulo 2^wrap, in
    two's complement. In which order terms are added makes no difference to that.
    """

    weights: Array
    bits: Fixed
    step: Vector
    bias: Array | None
    bounds: tuple[int, int] | None
    wrap: int | None

    def changed(self, **fields: Any) -> Self:
        """The same layer with other weights, bits, step, bias, bounds or wrap."""
        return replace(self, **fields)

    @property
    def outputs(self) -> int:
        """How many output channels there are."""
        return int(self.weights.shape[-1])

    def per_input(self, values: np.ndarray) -> np.ndarray:
        """One value per input channel in the places of the weights that multiply it: (rows, outputs), or (rows, 1).

        `weights` has the shape (..., rows, outputs).
        """
        raise IRError(f"{type(self).__name__} does not say which inputs its weights multiply")

    def sees(self, x: Tensor, low: object, high: object) -> tuple[object, object]:
        """(low, high) of what the weights multiply, where the codes of `x` lie in `low`..`high`."""
        return low, high

    def typed(self, shape: tuple[int, ...], x: Tensor) -> Tensor:
        """The result's type for an input of codes with one step."""
        low, high = self.bounds or self.accumulator(*self.sees(x, x.low, x.high))
        if Fixed.covering(low, high).width > MAX_WIDTH:
            raise LayerError(
                f"the accumulator needs {Fixed.covering(low, high).width} bits, at most {MAX_WIDTH} are supported; "
                "use fewer bits in weights or activations"
            )
        if self.wrap is not None:
            low, high = Fixed(self.wrap).low, Fixed(self.wrap).high
        return Tensor.of_codes(shape, low, high, self.step * x.step, self._offset(x))

    def accumulator(self, low: object, high: object) -> tuple[int, int]:
        """Bounds on every partial sum for inputs in `low`..`high` (numbers, or one per input channel)."""
        ones = np.ones(self._channels(), dtype=object)
        lows = np.minimum(np.asarray(low, dtype=object), 0) * ones
        highs = np.maximum(np.asarray(high, dtype=object), 0) * ones
        bias = np.zeros(self.outputs, dtype=object) if self.bias is None else self.bias.astype(object)
        positive, negative = self._signed
        reach = max(-int(lows.min()), int(highs.max()))
        sums = positive.astype(np.float64) - negative.astype(np.float64)
        largest = reach * int(sums.sum(axis=0).max()) + int(np.abs(bias).max())
        kind: type = np.int64 if largest < 1 << 61 else object  # Python's integers where int64 could wrap
        lows, highs = (self.per_input(end.astype(kind)) for end in (lows, highs))
        positive, negative, bias = (v.astype(kind, copy=False) for v in (positive, negative, bias))
        least = (lows * positive + highs * negative).sum(axis=0) + np.minimum(bias, 0)
        most = (highs * positive + lows * negative).sum(axis=0) + np.maximum(bias, 0)
        return int(least.min()), int(most.max())

    def added(self, products: Array) -> Array:
        """The codes of the result for the sums of products (..., outputs): with the bias, in the accumulator's bits."""
        sums = products if self.bias is None else products + self.bias
        return sums if self.wrap is None else wrapped(sums, Fixed(self.wrap))

    @cached_property
    def _signed(self) -> tuple[np.ndarray, np.ndarray]:
        """The positive and the negative weights that meet the same input, added."""
        return self._summed(np.maximum(self.weights, 0)), self._summed(np.minimum(self.weights, 0))

    def _offset(self, x: Tensor) -> Vector:
        """What a constant offset of the input adds to each output: its product with the weights' values."""
        if x.offset.uniform and x.offset[0] == 0:
            return x.offset
        sums = self._summed(self.weights).astype(object)
        if x.offset.uniform:
            return Vector.of([int(s) for s in sums.sum(axis=0)]) * self.step * x.offset
        offsets = self.per_input(np.array(x.offset.expand(self._channels()), dtype=object))
        return Vector.of((sums * offsets).sum(axis=0)) * self.step

    def _channels(self) -> int:
        """The number of input channels."""
        return int(self.weights.shape[-2])

    def _summed(self, weights: Array) -> np.ndarray:
        """Integers (rows, outputs), Python's where int64 could wrap: the weights that meet the same input, added."""
        exact = weights.reshape(-1, *weights.shape[-2:])
        small = int(np.abs(exact).max(initial=0)) * len(exact) < 1 << 62
        summed: np.ndarray = exact.sum(axis=0) if small else exact.astype(object).sum(axis=0)
        return summed
