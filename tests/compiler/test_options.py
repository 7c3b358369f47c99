"""What the configuration asks of the products of a network."""

from __future__ import annotations

import numpy as np

from codesign.compiler.options import Options
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Conv, Dense, Input, Reshape
from codesign.ir.tensor import Tensor


def network() -> Graph:
    graph = Graph("net", "net.onnx")
    graph.add("x", Input(Tensor.of_fixed((5, 6, 2), Fixed(4))))
    graph.add("a", Conv(np.ones((3, 3, 2, 4), dtype=np.int64), Fixed(3)), "x", origin="Conv_0")
    graph.add("b", Conv(np.ones((3, 3, 1, 4), dtype=np.int64), Fixed(3), groups=4), "a", origin="Conv_1")
    graph.add("f", Reshape((8,)), "b")
    graph.add("d", Dense(np.ones((8, 2), dtype=np.int64), Fixed(3)), "f", origin="Gemm_2")
    graph.outputs = [Output("y", "d", "y")]
    return graph


def test_convolutions_and_dense_layers_have_reuse_factors() -> None:
    def asked(config: dict[str, object], reuse: int | None = None) -> dict[str, int]:
        return Options.of(None, None, None, config, reuse, None).reuse_by_layer(network())

    assert asked({}) == {}
    assert asked({}, 4) == {"a": 4, "d": 4}
    assert asked({"LayerType": {"Conv2D": {"ReuseFactor": 9}}}) == {"a": 9}
    assert asked({"LayerName": {"Conv_0": {"ReuseFactor": 18}}, "Model": {"ReuseFactor": 2}}) == {"a": 18, "d": 2}
