"""Where the user's real numbers come in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from codesign.errors import LayerError
from codesign.ir.fixed import Rounding
from codesign.ir.halfline import HalfLine, Region
from codesign.ir.layers.activation import Clip, LeakyRelu, Relu
from codesign.ir.layers.affine import Affine
from codesign.ir.layers.base import Elementwise, Layer
from codesign.ir.layers.quantize import Quantize
from codesign.ir.steps import pull_back, regions
from codesign.ir.tensor import Array, Tensor, Values, fractions
from codesign.ir.vector import ZERO

MANY_LEVELS = 1 << 12
"""Thresholds of quantizers with more codes than this are not listed: each number is computed exactly where that takes
a few rational operations, or found by a search that computes the thresholds it asks for."""

_RATIONAL = (Affine, Clip, LeakyRelu, Quantize, Relu)
"""Functions of a few rational operations."""


@dataclass(frozen=True)
class Input(Layer):
    """An input of the network: `tensor` is what the hardware receives.

    `encoder` is the chain of functions that the host applies to the user's real numbers to get the codes,
    last of them a quantizer; a real input has none. Where the user's layout is another one, the host first puts
    the axes of each sample into the order `axes`. With `rows_last` the user's array has the rows of its set on the
    last axis, as edge lists (2, E) do.
    """

    tensor: Tensor
    encoder: tuple[Elementwise, ...] = ()
    axes: tuple[int, ...] | None = None
    rows_last: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample as the user gives it."""
        if self.axes is None:
            return self.tensor.shape
        return tuple(self.tensor.shape[self.axes.index(a)] for a in range(len(self.axes)))

    def received(self, x: np.ndarray) -> np.ndarray:
        """Samples (n, *shape) of the user in the order of the hardware: (n, *tensor.shape)."""
        return x if self.axes is None else np.ascontiguousarray(x.transpose(0, *(a + 1 for a in self.axes)))

    def given(self, x: np.ndarray) -> np.ndarray:
        """Samples in the order of the hardware as the user would give them."""
        if self.axes is None:
            return x
        return np.ascontiguousarray(x.transpose(0, *(self.axes.index(a) + 1 for a in range(len(self.axes)))))

    def result(self, *inputs: Tensor) -> Tensor:
        return self.tensor

    def rows(self, *inputs: Tensor) -> str:
        return self.tensor.rows

    def numbers(self, x: np.ndarray) -> np.ndarray:
        """Float `x` (n, *shape) as float64 in the order of the hardware; LayerError for another shape, and for NaN."""
        x = np.asarray(x, dtype=np.float64)
        if x.shape[1:] != self.shape:
            raise LayerError(f"the input has shape {x.shape[1:]}, the network expects {self.shape}")
        x = self.received(x)
        if np.isnan(x).any() or (self.tensor.real and np.isinf(x).any()):
            raise LayerError("the input has values that are not numbers (NaN or infinite)")
        return x

    def encode(self, x: np.ndarray) -> Array | Values:
        """The codes of float `x` (n, *shape), or its exact values if the input is real.

        LayerError for another shape, and for NaN.
        """
        x = self.numbers(x)
        if self.tensor.real:
            return fractions(x)
        if len(self.encoder) == 1 and isinstance(quantizer := self.encoder[0], Quantize) and is_binary(quantizer):
            with np.errstate(over="ignore"):  # infinity is clipped like any large number
                codes = np.rint(np.ldexp(x, self.tensor.type.frac))  # exact: a power of two, then half to even
            clipped: Array = np.clip(codes, quantizer.low, quantizer.high).astype(np.int64)
            return clipped
        if self.tensor.high - self.tensor.low > MANY_LEVELS and all(isinstance(f, _RATIONAL) for f in self.encoder):
            return self._computed(x)
        channels = range(self.tensor.channels) if self._per_channel else range(1)
        out = np.empty(x.shape, dtype=np.int64)
        for c in channels:
            part = (..., c) if self._per_channel else ...
            out[part] = self._encode_channel(x[part], c)
        return out

    @property
    def _per_channel(self) -> bool:
        return any(function.per_channel for function in self.encoder)

    def _computed(self, x: np.ndarray) -> Array:
        """The same by exact arithmetic on each number."""
        values = fractions(_finite(x))
        for function in self.encoder:
            values = function.real(values)
        return self.tensor.encode(values)

    def _search_channel(self, x: np.ndarray, channel: int) -> Array:
        """The same by bisection: the codes that x has reached are the first ones."""
        codes = _Codes(self.encoder, self.tensor, channel)
        flat = _finite(x).ravel().tolist()
        out = np.empty(len(flat), dtype=np.int64)
        for i, value in enumerate(flat):
            codes.x = Fraction(value)
            out[i] = self.tensor.low + bisect_left(codes, True)
        return out.reshape(x.shape)

    def _encode_channel(self, x: np.ndarray, channel: int) -> Array:
        """Counts the thresholds that x has passed; each is the exact one, rounded up to the next float64."""
        if self.tensor.high - self.tensor.low > MANY_LEVELS:
            return self._search_channel(x, channel)
        found = regions(self.encoder, self.tensor, channel)
        always = sum(r is True for r in found)
        lines = [r for r in found if isinstance(r, HalfLine)]
        up = np.array(sorted(first_float(r) for r in lines if r.up))
        down = np.array(sorted(first_float(r) for r in lines if not r.up))
        passed = np.searchsorted(up, x, side="right") + len(down) - np.searchsorted(down, x, side="right")
        return self.tensor.low + always + passed.astype(np.int64)


class _Codes(Sequence[bool]):
    """For each code above the lowest, whether `x` has not reached it; thresholds are computed once, when asked for."""

    def __init__(self, encoder: Sequence[Elementwise], tensor: Tensor, channel: int) -> None:
        self.encoder, self.tensor, self.channel = encoder, tensor, channel
        self.x = Fraction(0)
        self.known: dict[int, Region] = {}

    def __len__(self) -> int:
        return self.tensor.high - self.tensor.low

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if index not in self.known:
            code = self.tensor.low + 1 + index
            value = code * self.tensor.step[self.channel] + self.tensor.offset[self.channel]
            line = HalfLine(value, True, self.tensor.step[self.channel] > 0)
            self.known[index] = pull_back(self.encoder, line, self.channel)
        region = self.known[index]
        return not (region if isinstance(region, bool) else self.x in region)


def is_binary(quantizer: Quantize) -> bool:
    """Whether the quantizer is plain fixed point of at most 53 bits, so that float64 arithmetic is exact."""
    step = quantizer.step[0]
    binary = quantizer.step.uniform and 1 in (step.numerator, step.denominator)
    binary = binary and (step.numerator * step.denominator).bit_count() == 1
    small = max(-quantizer.low, quantizer.high) < 1 << 53
    return binary and small and quantizer.offset == ZERO and quantizer.rounding is Rounding.ROUND


def first_float(line: HalfLine) -> float:
    """The smallest float64 inside an upward half-line, or above all inside a downward one."""
    f = float(line.at)
    exact = Fraction(f)
    above = exact > line.at if line.closed != line.up else exact >= line.at
    while not above:
        f = float(np.nextafter(f, np.inf))
        exact = Fraction(f)
        above = exact > line.at if line.closed != line.up else exact >= line.at
    return f


def _finite(x: np.ndarray) -> np.ndarray:
    """Infinities become the largest numbers, which are beyond any threshold as well."""
    largest = np.finfo(np.float64).max
    clipped: np.ndarray = np.clip(x, -largest, largest)
    return clipped
