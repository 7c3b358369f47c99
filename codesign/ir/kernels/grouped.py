"""The folded product with a block-diagonal matrix: groups of channels, each with a matrix of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.kernels.base import Beats, Kernel, Memory, MemoryStyle
from codesign.ir.kernels.multiplier import Multiplier, shift_of
from codesign.ir.matmul import matmul
from codesign.ir.tensor import Array
from codesign.ir.wrap import wrapped


@dataclass(frozen=True, eq=False)
class Grouped(Kernel):
    """y[g] = x[g] @ W[g] + b[g] for each of `groups` vectors of each position, on pe x simd multipliers.

    A position comes group after group, the vector of each in inputs/simd beats, and leaves in the same order. Each
    vector is multiplied as `MatVec` does it: fold after fold of its outputs, the first one while it is read. All groups
    take turns on the same multipliers, so a position takes groups * inputs * outputs / (pe * simd) cycles. The words of
    `weights` and `bias` are those of MatVec, one group behind the other, and sums wrap as there.
    """

    positions: int
    groups: int
    inputs: int
    outputs: int
    pe: int
    simd: int
    x: Fixed
    accumulator: Fixed
    weights: Memory
    bias: Memory | None = None
    multiplier: Multiplier = Multiplier.LUT

    def __post_init__(self) -> None:
        if self.multiplier is Multiplier.PACKED:
            shift_of(self.x, self.weights.element)

    @classmethod
    def fold(
        cls, name: str, matrices: Array, bias: Array | None, w: Fixed, x: Fixed, accumulator: Fixed,
        positions: int, pe: int, simd: int, style: MemoryStyle, multiplier: Multiplier = Multiplier.LUT,
    ) -> Grouped:  # fmt: skip
        """The kernel for `matrices` (groups, inputs, outputs) in the folded layout."""
        groups, n, m = matrices.shape
        words = matrices.reshape(groups, n // simd, simd, m // pe, pe).transpose(0, 3, 1, 4, 2)  # g, f, s, p, i
        memory = Memory(f"{name}_weights", words.reshape(-1, pe * simd), w, style)
        biases = None
        if bias is not None:
            element = Fixed.covering(int(bias.min()), int(bias.max()))
            biases = Memory(f"{name}_bias", bias.reshape(-1, pe), element, style)
        return cls(positions, groups, n, m, pe, simd, x, accumulator, memory, biases, multiplier)

    @property
    def reuse_factor(self) -> int:
        """How often each multiplier is used per position."""
        return self.groups * self.inputs * self.outputs // (self.pe * self.simd)

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.simd, self.positions * self.groups * self.inputs // self.simd),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.accumulator, self.pe, self.positions * self.groups * self.outputs // self.pe),)

    @property
    def interval(self) -> int:
        return self.positions * self.reuse_factor

    @property
    def first_output(self) -> int:
        return self.inputs // self.simd

    def matrices(self) -> Array:
        """The weights unfolded: (groups, inputs, outputs)."""
        n, m = self.inputs, self.outputs
        words = self.weights.words.reshape(self.groups, m // self.pe, n // self.simd, self.pe, self.simd)
        return words.transpose(0, 2, 4, 1, 3).reshape(self.groups, n, m)

    def matrix(self) -> Array:
        """The weights of all outputs side by side: (inputs, groups * outputs)."""
        return self.matrices().transpose(1, 0, 2).reshape(self.inputs, -1)

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        vectors = x.reshape(len(x), self.positions, self.groups, self.inputs)
        y = np.stack([matmul(vectors[:, :, g], w) for g, w in enumerate(self.matrices())], axis=2)
        if self.bias is not None:
            y = y + self.bias.words.reshape(self.groups, self.outputs)
        return (wrapped(y, self.accumulator).reshape(len(x), -1, self.pe),)

    def memories(self) -> tuple[Memory, ...]:
        return (self.weights,) if self.bias is None else (self.weights, self.bias)
