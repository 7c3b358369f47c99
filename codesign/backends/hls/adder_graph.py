"""A MatVec that is an adder graph, as an instance of adder_graph.hpp and the straight-line C++ of its additions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codesign.backends.hls.instance import Beat, Constant, Instance, code, declaration
from codesign.ir.kernels.adder_graph import AdderGraph
from codesign.ir.kernels.matvec import MatVec


@dataclass(frozen=True, eq=False)
class AdderGraphInstance(Instance):
    """The product as additions."""

    function = "adder_graph"
    header = "adder_graph.hpp"

    positions: int
    x: Beat
    y: Beat
    lines: tuple[str, ...]

    def members(self) -> list[str]:
        return [declaration(name, getattr(self, name)) for name in ("positions", "x", "y")]

    def statements(self) -> tuple[str, ...]:
        return self.lines


def adder_graph(kernel: MatVec, graph: AdderGraph) -> AdderGraphInstance:
    """The instance of `kernel`, whose product is `graph`."""
    return AdderGraphInstance(
        roms=(),
        positions=kernel.positions,
        x=Beat(kernel.x, kernel.simd),
        y=Beat(kernel.accumulator, kernel.pe),
        lines=tuple(_statements(kernel, graph)),
    )


def _statements(kernel: MatVec, graph: AdderGraph) -> Iterator[str]:
    """One statement for each input that is used, each addition and each result."""
    used = {i for a in graph.additions for i in (a.left, a.right)} | {r.value for r in graph.results}
    for i in range(graph.inputs):
        if i in used:
            yield f"const X::element::held v{i} = X::get(x, {i});"
    for number, a in enumerate(graph.additions, start=graph.inputs):
        kind, result = "subtracted" if a.subtract else "added", code(graph.types[number])
        call = f"codesign::{kind}<{result}>(v{a.left}, {a.left_shift}, v{a.right}, {a.right_shift})"
        yield f"const {result}::held v{number} = {call};"
    biases = [0] * len(graph.results) if kernel.bias is None else kernel.bias.words.reshape(-1).tolist()
    for lane, (r, bias) in enumerate(zip(graph.results, biases, strict=True)):
        start = f"{Constant(bias).value}LL"
        if r.value is None:
            yield f"Y::set(y, {lane}, Y::type({start}));"
        else:
            kind = "subtracted" if r.negative else "added"
            yield f"Y::set(y, {lane}, codesign::{kind}<Y::element>({start}, 0, v{r.value}, {r.shift}));"
