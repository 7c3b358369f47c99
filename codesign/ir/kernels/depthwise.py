"""The convolution of each channel with weights of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel, Memory, MemoryStyle
from codesign.ir.kernels.multiplier import Multiplier
from codesign.ir.tensor import Array
from codesign.ir.wrap import wrapped


@dataclass(frozen=True, eq=False)
class Depthwise(Kernel):
    """y[c * m + j] = sum of x[tap, c] * w[tap, c * m + j] + b[c * m + j], on beside * lanes * m multipliers.

    The beats of a position come channel by channel (fold, tap), as a Window by channel gives them; each fold
    accumulates over the taps and gives one beat of lanes * m results, m being the results per channel. A beat holds
    `beside` taps of all its lanes, one behind the other, so a fold takes taps / beside cycles. Word
    f * (taps / beside) + t of `weights` holds in lane (s * lanes + l) * m + j the weight of tap t * beside + s; word f
    of `bias` holds the lanes of fold f. `products` says what the multipliers are made of. Sums are modulo 2^W in an
    `accumulator` of W bits.
    """

    positions: int
    channels: int
    taps: int
    lanes: int
    multiplier: int
    x: Fixed
    accumulator: Fixed
    weights: Memory
    bias: Memory | None = None
    products: Multiplier = Multiplier.LUT
    beside: int = 1

    def __post_init__(self) -> None:
        if self.taps % self.beside or self.channels % self.lanes:
            raise IRError(f"depthwise: {self.beside} of {self.taps} taps, {self.lanes} of {self.channels} channels")
        if self.products not in (Multiplier.LUT, Multiplier.DSP):
            raise IRError(f"depthwise: no two products share an input, so they cannot be {self.products.value}")

    @classmethod
    def fold(
        cls, name: str, matrix: Array, bias: Array | None, w: Fixed, x: Fixed, accumulator: Fixed,
        positions: int, channels: int, lanes: int, style: MemoryStyle, products: Multiplier = Multiplier.LUT,
        beside: int = 1,
    ) -> Depthwise:  # fmt: skip
        """The kernel for weights (taps, channels * m) in the folded layout."""
        taps, outputs = matrix.shape
        multiplier = outputs // channels
        words = matrix.reshape(taps, channels // lanes, lanes * multiplier).transpose(1, 0, 2)
        folded = np.ascontiguousarray(words).reshape(-1, beside * lanes * multiplier)
        memory = Memory(f"{name}_weights", folded, w, style)
        biases = None
        if bias is not None:
            element = Fixed.covering(int(bias.min()), int(bias.max()))
            biases = Memory(f"{name}_bias", bias.reshape(channels // lanes, -1), element, style)
        return cls(positions, channels, taps, lanes, multiplier, x, accumulator, memory, biases, products, beside)

    @property
    def folds(self) -> int:
        """Beats per pixel."""
        return self.channels // self.lanes

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.beside * self.lanes, self.interval),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.accumulator, self.lanes * self.multiplier, self.positions * self.folds),)

    @property
    def interval(self) -> int:
        return self.positions * self.folds * self.taps // self.beside

    @property
    def first_output(self) -> int:
        return self.taps // self.beside

    def matrix(self) -> Array:
        """The weights unfolded: (taps, channels * m)."""
        return self.weights.words.reshape(self.folds, self.taps, -1).transpose(1, 0, 2).reshape(self.taps, -1)

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        seen = x.reshape(len(x), self.positions, self.folds, self.taps, self.lanes).repeat(self.multiplier, axis=-1)
        y = (seen * self.weights.words.reshape(self.folds, self.taps, -1)).sum(axis=3)
        if self.bias is not None:
            y = y + self.bias.words
        return (wrapped(y, self.accumulator).reshape(len(x), -1, self.lanes * self.multiplier),)

    def memories(self) -> tuple[Memory, ...]:
        return (self.weights,) if self.bias is None else (self.weights, self.bias)
