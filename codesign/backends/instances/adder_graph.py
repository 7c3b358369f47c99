"""A MatVec that is an adder graph: its additions, and what is added at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from codesign.backends.instances.base import Beat, Instance, Value
from codesign.ir.kernels.adder_graph import AdderGraph, Result
from codesign.ir.kernels.matvec import MatVec
from codesign.ir.wrap import wrapped


@dataclass(frozen=True, eq=False)
class AdderGraphInstance(Instance):
    """The product as additions; `biases` has one number per result, zero where there is no bias. Sums are modulo 2^W in
    results of W bits."""

    function = "adder_graph"
    header = "adder_graph.hpp"

    positions: int
    x: Beat
    y: Beat
    graph: AdderGraph
    biases: tuple[int, ...]

    def values(self) -> list[tuple[str, Value]]:
        """What is not printed as statements."""
        return [("positions", self.positions), ("x", self.x), ("y", self.y)]


def adder_graph(kernel: MatVec, graph: AdderGraph) -> AdderGraphInstance:
    """The instance of `kernel`, whose product is `graph`."""
    y = kernel.accumulator
    biases = [0] * len(graph.results) if kernel.bias is None else wrapped(kernel.bias.words, y).reshape(-1).tolist()
    # What is shifted beyond an accumulator's bits is 0 in it.
    results = tuple(Result(None, 0, False) if r.shift >= y.width else r for r in graph.results)
    return AdderGraphInstance(
        roms=(),
        positions=kernel.positions,
        x=Beat(kernel.x, kernel.simd),
        y=Beat(y, kernel.pe),
        graph=replace(graph, results=results),
        biases=tuple(biases),
    )
