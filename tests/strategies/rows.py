"""Random networks on sets of rows with random graphs, for the lowerings and rewrites of the GPU side.

All numbers are small whole or quarter numbers, so that float32 computes the EXACT steps without any rounding, in every
order of summing: what differs is wrong. The steps of ENDS round; nothing follows them. A layer joins by one small
function in one of the two lists: it appends its nodes and gives the name of the last, or the name that it was given
where it does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from codesign.ir.graph import Graph, Output
from codesign.ir.layers import (
    Add,
    Affine,
    Concat,
    Identity,
    Input,
    Layer,
    LeakyRelu,
    Multiply,
    Relu,
    Reshape,
    Sigmoid,
    Slice,
    Tanh,
)
from codesign.ir.layers.rows import Column, Devoxelize, Gather, KernelMapConv, LayerNorm, Linear, SegmentSum, Weigh
from codesign.ir.tensor import Floats, Tensor
from codesign.ir.vector import Vector

LARGEST = 1 << 16
"""Quarters of larger numbers, summed over some hundred edges, would leave the 24 bits of a float32."""
T = TypeVar("T")
QUARTERS = np.array([-1, -0.5, -0.25, 0, 0, 0.25, 0.5, 1, 2])


@dataclass
class RowDraft:
    """A network while it is drawn, with the numbers at every node."""

    rng: np.random.Generator
    graph: Graph = field(default_factory=lambda: Graph("rows"))
    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    found: dict[str, Floats] = field(default_factory=dict)

    def put_input(self, name: str, tensor: Tensor, values: np.ndarray, rows_last: bool = False) -> str:
        self.graph.add(name, Input(tensor, rows_last=rows_last), origin=name)
        self.found[name] = values
        self.inputs[name] = np.moveaxis(values, 0, -1) if rows_last else values
        return name

    def put(self, layer: Layer, *inputs: str, name: str = "") -> str:
        name = name or self.graph.fresh(type(layer).__name__.lower())
        self.graph.add(name, layer, *inputs, origin=f"/model/{name}")
        self.found[name] = layer.floats(*(self.found[i] for i in inputs))
        return name

    def type(self, x: str) -> Tensor:
        return self.graph[x].type

    def largest(self, *names: str) -> float:
        return max(float(np.abs(self.found[x]).max(initial=0)) for x in names)

    def on(self, rows: str) -> list[str]:
        """The tensors of numbers on a set, channels for each row."""
        nodes = [n for n in self.graph if n.type.rows == rows and not n.type.index and len(n.type.shape) == 1]
        return [n.name for n in nodes]

    def pick(self, options: Sequence[T]) -> T:
        """One of them, any as likely: drawn by Hypothesis, nearly all networks would be the simplest ones."""
        return options[self.rng.integers(len(options))]

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def flag(self) -> bool:
        return bool(self.rng.integers(2))

    def numbers(self, *shape: int) -> np.ndarray:
        return self.rng.choice(QUARTERS, shape)

    def other(self, x: str, *, alike: bool = False) -> str:
        """A tensor on the rows of `x`, of its shape where it must be alike."""
        known = self.on(self.type(x).rows)
        return self.pick([n for n in known if not alike or self.type(n).shape == self.type(x).shape])


RowStep = Callable[[RowDraft, str], str]


def _linear(d: RowDraft, x: str) -> str:
    n, m = d.type(x).channels, d.whole(1, 3)
    return d.put(Linear(d.numbers(n, m), d.pick([None, d.numbers(m)])), x)


def _edge_linear(d: RowDraft, x: str) -> str:
    """What message passing does: a product of the two ends of an edge, and more."""
    if d.type(x).rows != "nodes":
        return x
    parts = [d.put(Gather(), x, end) for end in d.pick([("source", "target"), ("target", "source")])]
    if d.flag():
        parts.insert(d.whole(0, 2), d.pick(d.on("edges")))
    return _linear(d, d.put(Concat(), *parts))


def _gather(d: RowDraft, x: str) -> str:
    return d.put(Gather(), x, d.pick(["source", "target"])) if d.type(x).rows == "nodes" else x


def _segment_sum(d: RowDraft, x: str) -> str:
    if d.type(x).rows != "edges":
        return x
    end, like = d.pick(["source", "target"]), d.pick(d.on("nodes"))
    return d.put(SegmentSum(), x, end, like)


def _kernel_map(d: RowDraft, x: str) -> str:
    if d.type(x).rows != "nodes":
        return x
    m = d.whole(1, 3)
    bias = d.pick([None, d.numbers(m)])
    return d.put(KernelMapConv(d.numbers(4, d.type(x).channels, m), bias), x, d.pick(["map", "coarse"]))


def _devoxelize(d: RowDraft, x: str) -> str:
    return d.put(Devoxelize(3), x, "corners", "weights") if d.type(x).rows == "nodes" else x


def _add(d: RowDraft, x: str) -> str:
    return d.put(Add(d.flag()), x, d.other(x, alike=True))


def _multiply(d: RowDraft, x: str) -> str:
    y = d.other(x, alike=True)
    return d.put(Multiply(), x, y) if d.largest(x, y) <= 64 else x


def _concat(d: RowDraft, x: str) -> str:
    return d.put(Concat(), x, d.other(x)) if d.type(x).channels <= 4 else x


def _part(d: RowDraft, x: str) -> str:
    start = d.whole(0, d.type(x).channels - 1)
    return d.put(Slice(start, d.whole(start + 1, d.type(x).channels)), x)


def _weigh(d: RowDraft, x: str) -> str:
    weight = d.put(Slice(0, 1), d.other(x))
    return d.put(Weigh(), x, weight) if d.largest(x, weight) <= 64 else x


def _affine(d: RowDraft, x: str) -> str:
    scale, offset = (Vector.of([Fraction(v) for v in d.numbers(d.type(x).channels)]) for _ in range(2))
    return d.put(Affine(scale, offset), x)


def _plain(d: RowDraft, x: str) -> str:
    return d.put(d.pick([Relu(), Identity(), LeakyRelu(Fraction(1, 2))]), x)


EXACT: list[RowStep] = [
    _linear, _edge_linear, _edge_linear, _gather, _segment_sum, _segment_sum, _kernel_map, _devoxelize, _add, _multiply,
    _concat, _part, _weigh, _affine, _plain,
]  # fmt: skip


def _layer_norm(d: RowDraft, x: str) -> str:
    """Of small numbers, with a large epsilon: a small variance would amplify the rounding of the mean."""
    n = d.type(x).channels
    return d.put(LayerNorm(d.numbers(n), d.numbers(n), Fraction(1)), x) if d.largest(x) <= 8 else x


def _smooth(d: RowDraft, x: str) -> str:
    return d.put(d.pick([Tanh(), Sigmoid()]), x)


def _one_number(d: RowDraft, x: str) -> str:
    return d.put(Reshape(()), x) if d.type(x).shape == (1,) else x


ENDS: list[RowStep] = [_layer_norm, _smooth, _one_number]


@st.composite
def row_networks(draw: st.DrawFn) -> tuple[Graph, dict[str, np.ndarray], bool]:
    """(network, its inputs, whether float32 computes all of it exactly): nodes, edges between them and points.

    There may be no nodes, no edges, nodes without edges, self loops, edges that are there twice, and nodes with more
    edges than a chunk, or a chunk of chunks, has.
    """
    steps = draw(st.integers(8, 24))
    d = RowDraft(np.random.default_rng(draw(st.integers(0, 2**32 - 1))))
    nodes = d.pick([0, 1, 2, 3, 6])
    edges = d.pick([0, 1, 5, 17, 40, 300, 300, 600]) if nodes else 0
    sizes = {"nodes": nodes, "edges": edges, "points": d.whole(0, 4), "voxels": d.whole(0, 3)}
    ends = d.rng.integers(0, max(nodes, 1), (edges, 2))
    if nodes and d.flag():
        ends[:, 1] = d.rng.integers(0, nodes)  # all of them end at one node
    d.put_input("x", Tensor((2,), rows="nodes"), d.numbers(nodes, 2))
    d.put_input("edge_attr", Tensor((1,), rows="edges"), d.numbers(edges, 1))
    d.put_input("edge_index", Tensor.of_index((2,), rows="edges", index="nodes"), ends, rows_last=True)
    for name, rows, columns in (("map", "nodes", 4), ("coarse", "voxels", 4), ("corners", "points", 3)):
        index = Tensor.of_index((columns,), rows=rows, index="nodes", missing=True)
        d.put_input(name, index, d.rng.integers(0, nodes + 1, (sizes[rows], columns)))
    d.put_input("weights", Tensor((3,), rows="points"), np.abs(d.numbers(sizes["points"], 3)))
    for column, name in enumerate(("source", "target")):
        d.put(Column(column), "edge_index", name=name)
    tips = ["x", "edge_attr"]
    for _ in range(steps):
        found = d.pick(EXACT)(d, d.pick([tips[-1], *tips]))
        if d.largest(found) <= LARGEST and found not in tips:
            tips.append(found)
    exact = True
    for k, tip in enumerate([tips[-1], d.pick(tips)]):
        end = d.pick([*ENDS, None])
        result = tip if end is None else end(d, tip)
        exact &= result == tip or end is _one_number
        d.graph.outputs.append(Output(f"y{k}", result, f"y{k}"))
    d.graph.prune()
    return d.graph, d.inputs, exact
