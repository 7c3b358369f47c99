"""The adder graph of a constant matrix, found by da4ml.

da4ml (Sun et al., "da4ml: distributed arithmetic for real-time neural networks on FPGAs", arXiv 2507.04535) shares the
sums that several outputs have in common. What it finds is rebuilt here as additions of integers, and compared with the
matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from codesign.analysis.primitives import signed_digits
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.adder_graph import AdderGraph, Addition, Result
from codesign.ir.tensor import Array

MAX_DIGITS = 6000
"""Up to how many signed digits a matrix is given to da4ml unasked. The time grows with their square, and
with the inputs: of weights of 8 bits 64 x 32 have 5,600 and take 0.7 s of one core, 144 x 14 as many and take 1.5 s,
144 x 28 have 11,200 and take 5 s."""

MOST_DIGITS = 20_000
"""And how many at the most, if a user asks: half a minute."""

EXACT_FLOAT = 1 << 24
"""da4ml reads matrices of single precision."""


def digits(matrix: Array) -> int:
    """The signed digits of all weights: the terms that additions have to sum."""
    return int(signed_digits(matrix).sum())


def has_adder_graph(matrix: Array, most: int = MAX_DIGITS) -> bool:
    """Whether a graph can be found for the matrix in reasonable time."""
    return int(np.abs(matrix).max(initial=0)) < EXACT_FLOAT and digits(matrix) <= most


def adder_graph(matrix: Array, x: Fixed) -> AdderGraph:
    """The graph for `matrix` (inputs, outputs) and inputs of type `x`; it equals the matrix, which is checked."""
    return _found(np.ascontiguousarray(matrix, dtype=np.int64).tobytes(), matrix.shape[1], x.width, x.signed)


@lru_cache(maxsize=256)
def _found(data: bytes, outputs: int, width: int, signed: bool) -> AdderGraph:
    matrix = np.frombuffer(data, dtype=np.int64).reshape(-1, outputs)
    x = Fixed(width, 0, signed)
    graph = _Rebuilt(matrix, x).graph()
    if not np.array_equal(graph.matrix(), matrix):
        raise IRError("adder graph: da4ml's result is not the product with the matrix")
    return graph


@dataclass(frozen=True)
class _Term:
    """value * 2^exponent, or its negative; zero where there is no value."""

    value: int | None
    exponent: int = 0
    negative: bool = False

    def times(self, exponent: int, negative: bool) -> _Term:
        return _Term(self.value, self.exponent + exponent, self.negative != negative)


class _Rebuilt:
    """da4ml's pipeline as additions of integers."""

    def __init__(self, matrix: Array, x: Fixed) -> None:
        self.matrix = matrix
        self.x = x
        self.additions: list[Addition] = []

    def graph(self) -> AdderGraph:
        terms = self._outputs() if self.matrix.any() else [_Term(None)] * self.matrix.shape[1]
        for term in terms:
            if term.value is not None and term.exponent < 0:
                raise IRError(f"adder graph: da4ml's result has the fraction 2^{term.exponent}")
        return self._pruned(terms)

    def _outputs(self) -> list[_Term]:
        from da4ml.cmvm import solve

        ends = (float(self.x.low), float(self.x.high), 1.0)
        kernel = self.matrix.astype(np.float32)
        pipeline = solve(kernel, qintervals=[ends] * len(kernel), search_all_decompose_dc=False)
        terms = [_Term(number) for number in range(len(kernel))]
        for stage in pipeline.solutions:
            inputs = [t.times(shift, False) for t, shift in zip(terms, stage.inp_shifts, strict=True)]
            buffer: list[_Term] = []
            for op in stage.ops:
                match op.opcode:
                    case -1:
                        buffer.append(inputs[op.id0])
                    case 0 | 1:
                        buffer.append(self._add(buffer[op.id0], buffer[op.id1].times(op.data, op.opcode == 1)))
                    case code:
                        raise IRError(f"adder graph: da4ml's operation {code} is no addition")
            terms = [
                buffer[index].times(shift, bool(negative)) if index >= 0 else _Term(None)
                for index, shift, negative in zip(stage.out_idxs, stage.out_shifts, stage.out_negs, strict=True)
            ]
        return terms

    def _add(self, a: _Term, b: _Term) -> _Term:
        """The term a + b, by an addition of its own unless one of them is zero."""
        if a.value is None or b.value is None:
            return b if a.value is None else a
        negative = a.negative and b.negative
        if a.negative and not b.negative:
            a, b = b, a
        assert a.value is not None and b.value is not None
        least = min(a.exponent, b.exponent)
        subtract = a.negative != b.negative
        self.additions.append(Addition(a.value, b.value, a.exponent - least, b.exponent - least, subtract))
        return _Term(len(self.matrix) + len(self.additions) - 1, least, negative)

    def _pruned(self, terms: list[_Term]) -> AdderGraph:
        """The graph without additions that no result needs."""
        n = len(self.matrix)
        needed = {t.value for t in terms}
        for number, a in reversed(list(enumerate(self.additions, start=n))):
            if number in needed:
                needed |= {a.left, a.right}
        names = {number: number for number in range(n)}
        kept: list[Addition] = []
        for number, a in enumerate(self.additions, start=n):
            if number in needed:
                names[number] = n + len(kept)
                kept.append(Addition(names[a.left], names[a.right], a.left_shift, a.right_shift, a.subtract))
        results = [
            Result(None, 0, False) if t.value is None else Result(names[t.value], t.exponent, t.negative) for t in terms
        ]
        return AdderGraph(n, self.x, tuple(kept), tuple(results))
