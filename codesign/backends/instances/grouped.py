"""Grouped as an instance of grouped.hpp."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.backends.instances.base import Beat, Instance, Product, memories
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.grouped import Grouped


@dataclass(frozen=True, eq=False)
class GroupedInstance(Instance):
    """The folded product of each group; the weights keep the layout that the kernel documents."""

    function = "grouped"
    header = "grouped.hpp"

    positions: int
    groups: int
    folds: int
    in_folds: int
    out_folds: int
    x: Beat
    y: Beat
    weight: Fixed
    bias: Fixed
    multiplier: Product


def grouped(name: str, kernel: Grouped) -> GroupedInstance:
    """The instance of `kernel`; without a bias only the weights are passed."""
    folds = kernel.outputs // kernel.pe
    return GroupedInstance(
        roms=memories(kernel),
        positions=kernel.positions,
        groups=kernel.groups,
        folds=folds,
        in_folds=kernel.inputs // kernel.simd,
        out_folds=kernel.groups * folds,
        x=Beat(kernel.x, kernel.simd),
        y=Beat(kernel.accumulator, kernel.pe),
        weight=kernel.weights.element,
        bias=kernel.bias.element if kernel.bias is not None else Fixed(1, 0, False),
        multiplier=Product(kernel.multiplier, kernel.x, kernel.weights.element),
    )
