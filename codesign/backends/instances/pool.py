"""PoolUnit and Depthwise as instances of pool.hpp and depthwise.hpp."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.backends.instances.base import Beat, Instance, Product, memories
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.depthwise import Depthwise
from codesign.ir.kernels.pool import PoolUnit


@dataclass(frozen=True, eq=False)
class PoolInstance(Instance):
    """The largest or the sum of some pixels."""

    function = "pool"
    header = "pool.hpp"

    positions: int
    taps: int
    folds: int
    beside: int
    largest: bool
    x: Beat
    y: Beat


@dataclass(frozen=True, eq=False)
class DepthwiseInstance(Instance):
    """The product of each channel; the weights keep the layout that the kernel documents."""

    function = "depthwise"
    header = "depthwise.hpp"

    positions: int
    folds: int
    taps: int
    beside: int
    products: int
    each: int
    x: Beat
    y: Beat
    weight: Fixed
    bias: Fixed
    multiplier: Product


def pool(name: str, kernel: PoolUnit) -> PoolInstance:
    """The instance of a pool."""
    return PoolInstance(
        roms=(),
        positions=kernel.positions,
        taps=kernel.taps // kernel.beside,
        folds=kernel.folds,
        beside=kernel.beside,
        largest=kernel.largest,
        x=Beat(kernel.x, kernel.beside * kernel.lanes),
        y=Beat(kernel.y, kernel.lanes),
    )


def depthwise(name: str, kernel: Depthwise) -> DepthwiseInstance:
    """The instance of `kernel`; without a bias only the weights are passed."""
    return DepthwiseInstance(
        roms=memories(kernel),
        positions=kernel.positions,
        folds=kernel.folds,
        taps=kernel.taps // kernel.beside,
        beside=kernel.beside,
        products=kernel.beside * kernel.lanes * kernel.multiplier,
        each=kernel.multiplier,
        x=Beat(kernel.x, kernel.beside * kernel.lanes),
        y=Beat(kernel.accumulator, kernel.lanes * kernel.multiplier),
        weight=kernel.weights.element,
        bias=kernel.bias.element if kernel.bias is not None else Fixed(1, 0, False),
        multiplier=Product(kernel.products, kernel.x, kernel.weights.element),
    )
