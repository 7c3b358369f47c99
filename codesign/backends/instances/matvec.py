"""MatVec as an instance of matvec.hpp."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.backends.instances.adder_graph import AdderGraphInstance, adder_graph
from codesign.backends.instances.base import Beat, Instance, Product, memories
from codesign.ir.fixed import Fixed
from codesign.ir.kernels.matvec import MatVec


@dataclass(frozen=True, eq=False)
class MatVecInstance(Instance):
    """The folded product; the weights keep the layout that the kernel documents."""

    function = "matvec"
    header = "matvec.hpp"

    positions: int
    in_folds: int
    out_folds: int
    x: Beat
    y: Beat
    weight: Fixed
    bias: Fixed
    multiplier: Product


def matvec(name: str, kernel: MatVec) -> MatVecInstance | AdderGraphInstance:
    """The instance of `kernel`; without a bias only the weights are passed."""
    if kernel.adders is not None:
        return adder_graph(kernel, kernel.adders)
    roms = memories(kernel)
    return MatVecInstance(
        roms=roms,
        positions=kernel.positions,
        in_folds=kernel.inputs // kernel.simd,
        out_folds=kernel.outputs // kernel.pe,
        x=Beat(kernel.x, kernel.simd),
        y=Beat(kernel.accumulator, kernel.pe),
        weight=kernel.weights.element,
        bias=kernel.bias.element if kernel.bias is not None else Fixed(1, 0, False),
        multiplier=Product(kernel.multiplier, kernel.x, kernel.weights.element),
    )
