"""How a convolution of several groups is built: all of them take turns on one folded product."""

from __future__ import annotations

from math import prod

import numpy as np

from codesign.config import Strategy
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Node
from codesign.ir.kernels import Grouped
from codesign.ir.layers import Conv
from codesign.ir.tensor import Array, Tensor
from codesign.passes.beats import most_lanes
from codesign.passes.linebuffer import slowest, windows_of
from codesign.passes.strategy import default_multiplier, memory_style


def grouped_fold(layer: Conv, node: Node, x: Tensor, pace: int) -> tuple[int, int]:
    """(outputs, inputs of a group at a time) with the fewest multipliers that keep a pace of so many cycles per sample,
    the windows included; the fastest where none does."""
    each, results = layer.weights.shape[2], layer.outputs // layer.groups
    work = prod(node.type.shape[:-1]) * prod(layer.weights.shape)
    folds = [
        (pe, simd)
        for pe in range(1, results + 1)
        for simd in range(1, each + 1)
        if results % pe == 0 and each % simd == 0
        if pe <= most_lanes(node.type.type.width) and simd <= most_lanes(x.type.width)
    ]
    before = {simd: slowest(windows_of(layer, x).serial(simd)) for _, simd in folds}

    def rank(fold: tuple[int, int]) -> tuple[int, int, int]:
        pe, simd = fold
        cycles = max(work // (pe * simd), before[simd])
        return max(0, cycles - pace), pe * simd, -simd

    return min(folds, key=rank)


def grouped(node: Node, x: Fixed, pe: int, simd: int, strategy: Strategy) -> Grouped:
    """The kernel of a convolution of several groups that reads codes of type `x`, its windows by channel."""
    layer = node.layer
    assert isinstance(layer, Conv)
    bias = layer.bias if layer.bias is not None and layer.bias.any() else None
    matrices = by_group(layer, simd)
    depth = matrices.size // (pe * simd)
    return Grouped.fold(
        node.name, matrices, bias, layer.bits, x, node.type.type, prod(node.type.shape[:-1]), pe, simd,
        memory_style(depth, pe * simd * layer.bits.width, strategy), default_multiplier(x, layer.bits),
    )  # fmt: skip


def by_group(layer: Conv, lanes: int) -> Array:
    """The weights (groups, inputs, outputs of a group), the inputs in the order of windows by channel of as many lanes:
    part of the channels after part, in each all taps."""
    rows, columns, each, outputs = layer.weights.shape
    parts = layer.weights.reshape(rows * columns, each // lanes, lanes, layer.groups, outputs // layer.groups)
    return np.ascontiguousarray(parts.transpose(3, 1, 0, 2, 4)).reshape(layer.groups, -1, outputs // layer.groups)
