"""Adder graphs found by da4ml: they are the matrix, in few additions, the same every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.cost import kernel_cost
from codesign.analysis.schedule import pipeline_depth
from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MatVec, MemoryStyle, Multiplier
from codesign.passes import adder_graph as module
from codesign.passes.adder_graph import MAX_DIGITS, adder_graph, digits, has_adder_graph
from codesign.passes.strategy import made_of


def kernel(matrix: np.ndarray, w: Fixed, x: Fixed, pe: int | None = None) -> MatVec:
    n, m = matrix.shape
    low, high = (int(end) for end in (w.low * (x.high - x.low) * n, w.high * (x.high - x.low) * n))
    return MatVec.fold("m", matrix, None, w, x, Fixed.covering(low, high), 1, pe or m, n, MemoryStyle.REGISTERS)


@settings(max_examples=60)
@given(st.data())
def test_a_graph_is_the_product_with_the_matrix(data: st.DataObject) -> None:
    """Any size, width and sparseness: rows, columns or all of it zero, powers of two, single signs."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    shape = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    w = Fixed(data.draw(st.integers(1, 20)))
    x = Fixed(data.draw(st.integers(1, 20)), 0, data.draw(st.booleans()))
    matrix = rng.integers(w.low, w.high, shape, endpoint=True)
    matrix[rng.random(shape) < data.draw(st.sampled_from([0, 0.5, 0.9, 1]))] = 0
    matrix[rng.random(shape) < data.draw(st.sampled_from([0, 0.3]))] = w.low
    graph = adder_graph(matrix, x)
    np.testing.assert_array_equal(graph.matrix(), matrix)
    codes = rng.integers(x.low, x.high, (10, shape[0]), endpoint=True)
    codes[0], codes[1] = x.low, x.high
    np.testing.assert_array_equal(graph.evaluate(codes), codes @ matrix)
    used = {r.value for r in graph.results} | {i for a in graph.additions for i in (a.left, a.right)}
    assert used >= set(range(graph.inputs, graph.inputs + len(graph.additions))), "no addition is idle"


def test_sums_that_outputs_share_are_made_once() -> None:
    matrix = np.array([[1, 1, 2, 3], [1, 1, 2, 3], [0, 1, 0, 0]])
    graph = adder_graph(matrix, Fixed(4))
    assert len(graph.additions) == 3  # a + b, that + c, and 3 (a + b)


def test_the_same_matrix_gives_the_same_graph() -> None:
    matrix = np.random.default_rng(0).integers(-32, 32, (16, 16))
    first = adder_graph(matrix, Fixed(6))
    module._found.cache_clear()
    second = adder_graph(matrix, Fixed(6))
    assert (first.additions, first.results) == (second.additions, second.results)
    assert first is not second


def test_a_wrong_graph_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(1).integers(-32, 32, (5, 5))
    other = adder_graph(matrix + 1, Fixed(6))
    monkeypatch.setattr(module._Rebuilt, "graph", lambda self: other)
    with pytest.raises(IRError, match="da4ml's result is not the product with the matrix"):
        adder_graph(matrix, Fixed(6))


def test_large_matrices_and_weights_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    small, large = rng.integers(-32, 32, (64, 32)), rng.integers(-128, 128, (144, 28))
    assert digits(small) <= MAX_DIGITS < digits(large)
    assert has_adder_graph(small) and not has_adder_graph(large)
    assert not has_adder_graph(np.array([[1 << 24]])) and has_adder_graph(np.array([[1 - (1 << 24)]]))


def test_constants_become_an_adder_graph_where_that_is_cheaper() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.integers(-32, 32, (16, 16))
    chosen = made_of(kernel(matrix, Fixed(6), Fixed(6)), None)
    products = made_of(kernel(matrix, Fixed(6), Fixed(6)), Multiplier.LUT)
    assert chosen.multiplier is Multiplier.ADDERS
    assert kernel_cost(chosen).lut < 0.6 * kernel_cost(products).lut
    assert kernel_cost(chosen).dsp == 0
    assert chosen.adders is not None and pipeline_depth(chosen) == 1 + -(-chosen.adders.depth // 3)


def test_weights_that_take_turns_do_not() -> None:
    matrix = np.random.default_rng(0).integers(-32, 32, (16, 16))
    assert made_of(kernel(matrix, Fixed(6), Fixed(6), pe=8), None).multiplier is Multiplier.LUT
    assert made_of(kernel(matrix, Fixed(8), Fixed(8), pe=8), None).multiplier is Multiplier.DSP
    with pytest.raises(IRError, match="an adder graph where 2 weights take turns"):
        made_of(kernel(matrix, Fixed(6), Fixed(6), pe=8), Multiplier.ADDERS)
