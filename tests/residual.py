"""A network with a short way beside a long one."""

from __future__ import annotations

import numpy as np

from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, Input, Shift
from codesign.ir.layers.requantize import Requantize
from codesign.ir.tensor import Tensor
from codesign.passes.lower import Fold
from tests.perceptrons import dense


def residual_graph() -> Graph:
    """x + requantize(dense(requantize(dense(x)))): a short way beside a long one."""
    rng = np.random.default_rng(0)
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((12,), Fixed(4))))

    def layer(k: int, before: str) -> str:
        d = graph.add(f"d{k}", dense(rng, 12, 12), before)
        return graph.add(f"q{k}", Requantize(Shift(0, 4, False, -8, 7), (d.type.low, d.type.high), -8, 7), d.name).name

    graph.add("sum", Add(), "x", layer(2, layer(1, "x")))
    graph.outputs = [Output("y", "sum", "y")]
    return graph


FOLDS = [
    {"d1": Fold(1, 1), "d2": Fold(1, 1)},
    {"d1": Fold(3, 4), "d2": Fold(4, 3)},
    {"d1": Fold(12, 1), "d2": Fold(1, 12)},
    {"d1": Fold(12, 12), "d2": Fold(12, 12)},
]
