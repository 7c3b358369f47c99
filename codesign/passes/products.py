"""The foldings that a matrix product can have, and the multipliers that each can be made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from codesign.config import Strategy
from codesign.ir.graph import Node
from codesign.ir.kernels.multiplier import DSP_A
from codesign.ir.layers import Conv, Product
from codesign.ir.tensor import Tensor
from codesign.passes.beats import most_lanes
from codesign.passes.builder import Fold, matrix_shape
from codesign.passes.strategy import multipliers

MAX_PRODUCTS = 4096
"""The most products that one MatVec makes at a time. HLS tools unroll each into operations of its own; beyond some
thousands, scheduling takes hours (their own limit for a fully partitioned array is 4,096 elements)."""


def achievable_reuse(node: Node) -> list[int]:
    """The reuse factors that the divisors of a product and our limits allow, ascending."""
    return sorted({fold.reuse(*matrix_shape(node.layer)) for fold in foldings(node)})


def foldings(node: Node) -> list[Fold]:
    """Every folding of a product within our limits; that of a convolution cuts no pixel of its windows in parts."""
    inputs, outputs = matrix_shape(node.layer)
    channels = node.layer.weights.shape[2] if isinstance(node.layer, Conv) else inputs
    return [
        Fold(pe, simd)
        for pe in _divisors(outputs)
        for simd in _divisors(inputs)
        if pe * simd <= MAX_PRODUCTS and pe <= most_lanes(node.type.type.width)
        if channels % simd == 0 or simd % channels == 0
    ]


def choices(node: Node, x: Tensor, strategy: Strategy = Strategy.AUTO, port: int = DSP_A) -> Iterator[Fold]:
    """The same for a product that reads `x`, each on every kind of multiplier that it may have; the preferred first.

    `port` is the width of the wider operand of a DSP slice.
    """
    assert isinstance(node.layer, Product)
    for fold in foldings(node):
        if fold.simd <= most_lanes(x.type.width):
            reuse = fold.reuse(*matrix_shape(node.layer))
            for kind in multipliers(x.type, node.layer.bits, strategy, reuse, node.layer.weights, port):
                yield replace(fold, multiplier=kind)


def nearest_reuse(folds: Sequence[Fold], shape: tuple[int, int], wanted: int) -> list[Fold]:
    """Those of the reuse factor nearest to the wanted one, the smaller of two equally near."""
    best = min((fold.reuse(*shape) for fold in folds), key=lambda reuse: (abs(reuse - wanted), reuse))
    return [fold for fold in folds if fold.reuse(*shape) == best]


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]
