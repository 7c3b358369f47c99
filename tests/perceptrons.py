"""Pieces of typed networks of a wished size, and random foldings."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Dense, Input, MultiplyShift, Requantize, Shift, StepFunction, Table, Thresholds
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import Vector
from codesign.passes.builder import Fold, is_product
from codesign.passes.products import foldings


def dense(
    rng: np.random.Generator, inputs: int, outputs: int, bits: int = 3, bias: bool = True, zeros: float = 0.0
) -> Dense:
    """Random weights of `bits` bits, a fraction `zeros` of them 0, and a bias."""
    w = Fixed(bits)
    weights = rng.integers(w.low, w.high + 1, (inputs, outputs)) * (rng.random((inputs, outputs)) >= zeros)
    return Dense(weights, w, bias=rng.integers(-20, 21, outputs) if bias else None)


def requantize(rng: np.random.Generator, x: Tensor, kind: str = "shift", bits: int = 4) -> Requantize:
    """A step function of the given kind from the codes of `x` to unsigned codes of `bits` bits."""
    high, c = (1 << bits) - 1, x.channels
    function: StepFunction
    match kind:
        case "shift":
            function = Shift(int(rng.integers(-8, 9)), max(0, x.type.width - bits - 1), bool(rng.integers(2)), 0, high)
        case "multiply":
            addend, multiplier = rng.integers(-99, 100, c), rng.integers(1, 32, c)
            function = MultiplyShift(multiplier, addend, x.type.width, 0, high)
        case "thresholds":
            levels = np.sort(rng.integers(x.low, x.high + 1, (c, high)), axis=1)
            direction = rng.choice([-1, 1], c)
            function = Thresholds(np.where(direction > 0, 0, high), direction, levels)
        case "table":
            function = Table(x.low, rng.integers(0, high + 1, (1, x.high - x.low + 1)))
        case _:
            raise AssertionError(kind)
    return Requantize(function, (x.low, x.high), 0, high, Vector.of(Fraction(1, 4)))


def perceptron(rng: np.random.Generator, widths: list[int], bits: int = 6, x: Fixed | None = None) -> Graph:
    """x -> dense_1 -> relu_1 -> ... -> dense_n, with `bits` bits of weight and activation."""
    graph = Graph("net", "net.onnx")
    last = graph.add("x", Input(Tensor.of_fixed((widths[0],), x or Fixed(8, 4))), origin="global_in")
    for k, (n, m) in enumerate(pairwise(widths), start=1):
        last = graph.add(f"dense_{k}", dense(rng, n, m, bits), last.name, origin=f"MatMul_{k}")
        if k < len(widths) - 1:
            last = graph.add(f"relu_{k}", requantize(rng, last.type, bits=bits), last.name)
    graph.outputs = [Output("y", last.name, "global_out")]
    return graph


@st.composite
def folds(draw: st.DrawFn, graph: Graph) -> dict[str, Fold]:
    """A random folding of every product of `graph`."""
    found = {}
    for node in graph:
        if is_product(node.layer):
            found[node.name] = draw(st.sampled_from(foldings(node)))
    return found


def random_codes(rng: np.random.Generator, graph: Graph, samples: int) -> list[Array]:
    """Random codes of every input, the extreme ones among them."""
    found = []
    for node in graph.inputs:
        t = node.type
        x = rng.integers(t.low, t.high + 1, (samples, *t.shape))
        x[0], x[1] = t.low, t.high
        found.append(x)
    return found
