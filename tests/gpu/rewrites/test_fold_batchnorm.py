"""Batch norms in the weights in front of them: what is folded, what is left alone, and that nothing changes."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.gpu.reference import run
from codesign.gpu.rewrites.fold_batchnorm import fold_batchnorm
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, BatchNorm, Input, Relu
from codesign.ir.layers.rows import KernelMapConv, Linear
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.ir.verify import verify

SEEDS = st.integers(0, 10_000)


def norm(channels: int, seed: int) -> BatchNorm:
    rng = np.random.default_rng(seed)
    gamma, beta, mean = (Vector.of(rng.normal(size=channels)) for _ in range(3))
    return BatchNorm(gamma, beta, mean, Vector.of(rng.uniform(0, 2, channels)), Fraction(1, 100_000))


def started() -> Graph:
    graph = Graph("folding")
    graph.add("x", Input(Tensor((3,), rows="voxels")))
    graph.add("around", Input(Tensor.of_index((8,), rows="voxels", index="voxels", missing=True)))
    return graph


def layer(kind: str, bias: bool, rng: np.random.Generator) -> Linear | KernelMapConv:
    shape = (8, 3, 2) if kind == "conv" else (3, 2)
    made = KernelMapConv if kind == "conv" else Linear
    return made(rng.normal(size=shape), rng.normal(size=2) if bias else None)


def kinds(graph: Graph) -> list[str]:
    return [type(n.layer).__name__ for n in graph if not isinstance(n.layer, Input)]


def inputs(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=(12, 3)), "around": rng.integers(0, 13, (12, 8))}


@pytest.mark.parametrize("kind", ["conv", "linear"])
@pytest.mark.parametrize("bias", [False, True])
@given(seed=SEEDS)
def test_a_norm_behind_a_product_becomes_part_of_it(kind: str, bias: bool, seed: int) -> None:
    graph = started()
    reads = ("x", "around") if kind == "conv" else ("x",)
    graph.add("product", layer(kind, bias, np.random.default_rng(seed)), *reads)
    graph.add("norm", norm(2, seed), "product")
    graph.add("relu", Relu(), "norm")
    graph.outputs.append(Output("y", "relu", "y"))
    expected = run(graph, inputs(seed))["y"]
    fold_batchnorm(graph)
    graph.prune()
    verify(graph, "folding")
    assert kinds(graph) == ["KernelMapConv" if kind == "conv" else "Linear", "Relu"]
    # Scales of up to 1 / sqrt(1e-5) = 316 and some 30 products, each rounded once in float64.
    np.testing.assert_allclose(run(graph, inputs(seed))["y"], expected, rtol=1e-12, atol=1e-10)


def test_a_product_that_others_read_keeps_its_norm() -> None:
    for result, reader in (("norm", True), ("product", False)):
        graph = started()
        graph.add("product", Linear(np.ones((3, 2))), "x")
        graph.add("norm", norm(2, 0), "product")
        if reader:
            graph.add("sum", Add(), "product", "norm")
            result = "sum"
        graph.outputs += [Output("y", result, "y"), Output("z", "norm", "z")]
        before = kinds(graph)
        fold_batchnorm(graph)
        assert kinds(graph) == before


def test_weights_that_two_products_share_keep_their_norms() -> None:
    graph, shared = started(), np.ones((3, 2))
    for k in range(2):
        graph.add(f"product_{k}", Linear(shared), "x")
        graph.add(f"norm_{k}", norm(2, k), f"product_{k}")
        graph.outputs.append(Output(f"y{k}", f"norm_{k}", f"y{k}"))
    before = kinds(graph)
    fold_batchnorm(graph)
    assert kinds(graph) == before


def test_a_norm_of_an_input_stays() -> None:
    graph = started()
    graph.add("norm", norm(3, 0), "x")
    graph.outputs.append(Output("y", "norm", "y"))
    fold_batchnorm(graph)
    assert kinds(graph) == ["BatchNorm"]
