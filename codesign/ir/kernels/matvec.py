"""The folded matrix-vector product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.adder_graph import AdderGraph
from codesign.ir.kernels.base import Beats, Kernel, Memory, MemoryStyle
from codesign.ir.kernels.multiplier import Multiplier, shift_of
from codesign.ir.matmul import matmul
from codesign.ir.tensor import Array
from codesign.ir.wrap import wrapped


@dataclass(frozen=True, eq=False)
class MatVec(Kernel):
    """y = x @ W + b for each of `positions` vectors, on pe x simd multipliers.

    A vector of `inputs` elements comes in inputs/simd beats and is kept in a buffer while the output folds
    are computed one after the other; each fold accumulates over the input folds and gives one beat of `pe`
    results. Reuse factor = inputs * outputs / (pe * simd) = cycles per vector. The first fold computes while
    it reads, so nothing is spent on filling the buffer:

        fold 0: read x[0] read x[1] ... -> y[0]   fold 1: x[0] x[1] ... (buffer) -> y[1]  ...

    Word f * (inputs/simd) + s of `weights` holds, in lane p * simd + i, W[s * simd + i, f * pe + p];
    word f of `bias` holds b[f * pe + p] in lane p. Sums are modulo 2^W in an `accumulator` of W bits, so they are exact
    where it holds them.
    `multiplier` says what the products are made of. Where no multiplier takes turns (a reuse factor of one) every
    weight is a constant, and what a shift or an addition makes needs no multiplier of any kind; only there may
    `adders` hold a graph that makes the whole product.
    """

    positions: int
    inputs: int
    outputs: int
    pe: int
    simd: int
    x: Fixed
    accumulator: Fixed
    weights: Memory
    bias: Memory | None = None
    multiplier: Multiplier = Multiplier.LUT
    adders: AdderGraph | None = None

    def __post_init__(self) -> None:
        if self.multiplier is Multiplier.PACKED:
            shift_of(self.x, self.weights.element)
        if (self.multiplier is Multiplier.ADDERS) != (self.adders is not None):
            there = "no" if self.adders is None else "an"
            raise IRError(f"matvec: products are made of {self.multiplier.value}, and there is {there} adder graph")
        if self.adders is not None and self.reuse_factor != 1:
            raise IRError(f"matvec: an adder graph where {self.reuse_factor} weights take turns")
        if self.adders is not None and not np.array_equal(self.adders.matrix(), self.matrix()):
            raise IRError("matvec: the adder graph is of another matrix")

    @classmethod
    def fold(
        cls, name: str, matrix: Array, bias: Array | None, w: Fixed, x: Fixed, accumulator: Fixed,
        positions: int, pe: int, simd: int, style: MemoryStyle, multiplier: Multiplier = Multiplier.LUT,
        adders: AdderGraph | None = None,
    ) -> MatVec:  # fmt: skip
        """The kernel for `matrix` (inputs, outputs) in the folded layout."""
        n, m = matrix.shape
        words = matrix.reshape(n // simd, simd, m // pe, pe).transpose(2, 0, 3, 1)  # f, s, p, i
        memory = Memory(f"{name}_weights", words.reshape(-1, pe * simd), w, style)
        biases = None
        if bias is not None:
            low, high = int(bias.min()), int(bias.max())
            biases = Memory(f"{name}_bias", bias.reshape(m // pe, pe), Fixed.covering(low, high), style)
        return cls(positions, n, m, pe, simd, x, accumulator, memory, biases, multiplier, adders)

    @property
    def reuse_factor(self) -> int:
        """How often each multiplier is used per vector."""
        return self.inputs * self.outputs // (self.pe * self.simd)

    @property
    def reads(self) -> tuple[Beats, ...]:
        return (Beats(self.x, self.simd, self.positions * self.inputs // self.simd),)

    @property
    def writes(self) -> tuple[Beats, ...]:
        return (Beats(self.accumulator, self.pe, self.positions * self.outputs // self.pe),)

    @property
    def interval(self) -> int:
        return self.positions * self.reuse_factor

    @property
    def first_output(self) -> int:
        return self.inputs // self.simd

    def matrix(self) -> Array:
        """The weights unfolded: (inputs, outputs)."""
        n, m = self.inputs, self.outputs
        words = self.weights.words.reshape(m // self.pe, n // self.simd, self.pe, self.simd)
        return words.transpose(1, 3, 0, 2).reshape(n, m)

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        vectors = x.reshape(len(x), self.positions, self.inputs)
        if self.adders is not None:
            y = self.adders.evaluate(vectors.reshape(-1, self.inputs)).reshape(len(x), self.positions, self.outputs)
        else:
            y = matmul(vectors, self.matrix())
        if self.bias is not None:
            y = y + self.bias.words.reshape(-1)
        return (wrapped(y, self.accumulator).reshape(len(x), -1, self.pe),)

    def memories(self) -> tuple[Memory, ...]:
        return (self.weights,) if self.bias is None else (self.weights, self.bias)
