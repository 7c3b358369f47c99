"""Adder graphs: their modules give the integers of the design in the cycles of the model, with registers between."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.backends.instances.adder_graph import adder_graph as instance_of
from codesign.backends.names import Names
from codesign.backends.rtl import adder_graph as printed
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MatVec, MemoryStyle, Multiplier
from codesign.ir.kernels.adder_graph import AdderGraph, Addition, Result
from codesign.passes.strategy import made_of
from codesign.verification.vectors import random_codes
from tests.backends.designs import Builder
from tests.backends.designs.products import accumulator as any_width
from tests.rtl.cosimulated import assert_cosimulated


def builder(seed: int) -> Builder:
    return Builder(Design("net", "net.onnx"), np.random.default_rng(seed))


def product(
    x: Fixed, matrix: np.ndarray, bias: np.ndarray | None = None, positions: int = 1, b: Builder | None = None
) -> MatVec:
    """x @ matrix + bias as an adder graph, in the narrowest accumulators that hold it, or with `b` in any narrower."""
    ends = np.stack([matrix * x.low, matrix * x.high])
    offset = 0 if bias is None else bias
    low, high = (ends.min(axis=0).sum(axis=0) + offset).min(), (ends.max(axis=0).sum(axis=0) + offset).max()
    w = Fixed.covering(int(matrix.min()), int(matrix.max()))
    n, m = matrix.shape
    y = Fixed.covering(int(low), int(high))
    y = y if b is None else any_width(b, y)
    folded = MatVec.fold("m", matrix, bias, w, x, y, positions, m, n, MemoryStyle.REGISTERS)
    return made_of(folded, Multiplier.ADDERS)


def chain(b: Builder, kernel: MatVec) -> None:
    """An input, the product, an output."""
    x = b.source(kernel.x, kernel.positions, kernel.inputs, kernel.inputs)
    y = b.after(x, kernel.accumulator, kernel.outputs, kernel.outputs)
    b.process("dense", kernel, [x], [y])
    b.sink(y)


def random_graphs(seed: int) -> Design:
    """Dense and sparse matrices, narrow and wide, with and without biases; results that need no addition at all."""
    b = builder(seed)
    for outputs in (1, 2, 3, 5, 8):
        x, w = b.fixed(1, b.choice([3, 8, 30])), b.fixed(1, 9)
        matrix = b.codes(w, (b.integer(1, 7), outputs))
        matrix = np.where(b.rng.random(matrix.shape) < b.choice([0.0, 0.6]), 0, matrix)
        bias = b.codes(b.fixed(1, 10), outputs) if b.choice([True, False]) else None
        chain(b, product(x, matrix, bias, b.choice([1, 3]), b))
    return b.design


@settings(max_examples=1)
@given(st.integers(0, 2**32 - 1), st.sampled_from([50, 200, 600]))
def test_random_graphs_are_exact_in_integers_and_cycles(
    tmp_path_factory: pytest.TempPathFactory, seed: int, clock_mhz: int
) -> None:
    design = random_graphs(seed)
    assert_cosimulated(design, random_codes(design, 8), tmp_path_factory.mktemp("rtl"), clock_mhz, seed)


def test_graphs_in_several_modules_and_their_corners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "MOST_ADDITIONS", 3)
    b = builder(1)
    x = Fixed(5, 0, False)
    dense = b.rng.integers(-30, 30, (6, 4))
    chain(b, product(x, dense))
    chain(b, product(x, np.zeros((3, 2), dtype=np.int64), np.array([-5, 9])))  # constants
    chain(b, product(x, np.array([[0, -1, 4], [0, 0, 0]]), np.array([0, 0, 7])))  # a zero, a sign, a shift
    chain(b, product(x, np.array([[1]])))  # the input itself
    assert_cosimulated(b.design, random_codes(b.design, 8), tmp_path)
    modules = {path.stem for path in (tmp_path / "rtl").glob("*_adders*.sv")}
    assert len(modules) > 4 * 2


def text_of(kernel: MatVec, depth: int) -> dict[str, str]:
    assert kernel.adders is not None
    return printed.adder_graph(Names(), "dense", instance_of(kernel, kernel.adders), depth)


def test_every_addition_is_a_line_of_its_own() -> None:
    kernel = product(Fixed(6), np.random.default_rng(0).integers(-99, 99, (8, 8)), np.arange(1, 9))
    assert kernel.adders is not None
    sums = [line for text in text_of(kernel, 3).values() for line in text.splitlines() if "  assign" in line]
    named = [line.split()[1] for line in sums if "in_data" not in line and "out_data" not in line]
    values = range(8, 8 + len(kernel.adders.additions))
    assert sorted(named) == sorted([*(f"v{i}" for i in values), *(f"y{k}" for k in range(8))])


def test_a_deeper_pipeline_has_registers_between_the_levels_first() -> None:
    kernel = product(Fixed(6), np.random.default_rng(0).integers(-99, 99, (8, 8)))
    assert kernel.adders is not None
    levels = kernel.adders.depth
    for depth in (1, 2, levels):
        stages = {name.split("_")[2] for name in text_of(kernel, depth) if name != "dense_adders"}
        assert len(stages) == depth  # additions in every stage
    deep = text_of(kernel, 2 * levels)
    assert len({name.split("_")[2] for name in deep if name != "dense_adders"}) == levels


def test_bits_of_operands_that_no_sum_uses_are_left_out() -> None:
    x = Fixed(6)
    # 32 x - 31 x: the sum is x, and fits its 6 bits, of operands that need 11.
    graph = AdderGraph(1, x, (Addition(0, 0, 5, 0, True), Addition(0, 1, 5, 0, True)), (Result(2, 0, False),))
    assert graph.types[1].width == 11
    assert "[5:0] v1;" in "".join(
        printed.adder_graph(Names(), "dense", instance_of(made_of_graph(graph), graph), 1).values()
    )


def made_of_graph(graph: AdderGraph) -> MatVec:
    """The product that a graph is, as it is."""
    n, m = graph.inputs, len(graph.results)
    folded = MatVec.fold("m", graph.matrix(), None, Fixed(8), graph.x, graph.x, 1, m, n, MemoryStyle.REGISTERS)
    return MatVec(1, n, m, m, n, graph.x, graph.x, folded.weights, multiplier=Multiplier.ADDERS, adders=graph)
