"""A MatVec that is an adder graph: its additions, and what is added at the end."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.backends.instances.base import Beat, Instance, Value
from codesign.ir.kernels.adder_graph import AdderGraph
from codesign.ir.kernels.matvec import MatVec


@dataclass(frozen=True, eq=False)
class AdderGraphInstance(Instance):
    """The product as additions; `biases` has one number per result, zero where there is no bias."""

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
    biases = [0] * len(graph.results) if kernel.bias is None else kernel.bias.words.reshape(-1).tolist()
    return AdderGraphInstance(
        roms=(),
        positions=kernel.positions,
        x=Beat(kernel.x, kernel.simd),
        y=Beat(kernel.accumulator, kernel.pe),
        graph=graph,
        biases=tuple(biases),
    )
