"""Adder graphs: their meaning, widths, depth and bits, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import IRError
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MatVec, MemoryStyle, Multiplier
from codesign.ir.kernels.adder_graph import CHUNK, AdderGraph, Addition, Result

THREE_AND_FIVE = AdderGraph(
    2,
    Fixed(4, 0, False),
    (
        Addition(0, 0, 0, 1, False),  # 3a
        Addition(1, 1, 2, 0, True),  # 4b - b = 3b
        Addition(2, 1, 0, 3, True),  # 3a - 8b
        Addition(4, 3, 0, 0, False),  # 3a - 5b
    ),
    (Result(5, 1, True), Result(None, 0, False), Result(0, 2, False)),
)
"""-2 (3a - 5b), 0 and 4a."""


@st.composite
def graphs(draw: st.DrawFn) -> AdderGraph:
    """Any additions of earlier values, any results."""
    inputs = draw(st.integers(1, 4))
    additions: list[Addition] = []
    for _ in range(draw(st.integers(0, 6))):
        earlier = st.integers(0, inputs + len(additions) - 1)
        shift, on_left = draw(st.integers(0, 3)), draw(st.booleans())
        shifts = (shift, 0) if on_left else (0, shift)
        additions.append(Addition(draw(earlier), draw(earlier), *shifts, draw(st.booleans())))
    value = st.one_of(st.none(), st.integers(0, inputs + len(additions) - 1))
    results = draw(st.lists(st.builds(Result, value, st.integers(0, 3), st.booleans()), min_size=1, max_size=4))
    return AdderGraph(inputs, Fixed(draw(st.integers(1, 6)), 0, draw(st.booleans())), tuple(additions), tuple(results))


def test_the_matrix_of_a_graph_is_what_its_additions_amount_to() -> None:
    assert THREE_AND_FIVE.matrix().tolist() == [[-6, 0, 4], [10, 0, 0]]
    assert THREE_AND_FIVE.depth == 3


@given(graphs(), st.integers(0, 2**32 - 1))
def test_evaluating_its_additions_is_the_product_with_its_matrix(graph: AdderGraph, seed: int) -> None:
    x = np.random.default_rng(seed).integers(graph.x.low, graph.x.high, (20, graph.inputs), endpoint=True)
    x[0], x[1] = graph.x.low, graph.x.high
    np.testing.assert_array_equal(graph.evaluate(x), x @ graph.matrix())


@given(graphs())
def test_each_value_just_fits_its_type(graph: AdderGraph) -> None:
    every = np.stack(np.meshgrid(*[[graph.x.low, graph.x.high]] * graph.inputs), axis=-1).reshape(-1, graph.inputs)
    for weights, found in zip(graph.coefficients, graph.types, strict=True):
        values = every @ weights
        assert found == Fixed.covering(int(values.min()), int(values.max()))


def test_bits_that_are_not_added_need_no_adder() -> None:
    x = Fixed(4, 0, False)

    def bits(addition: Addition) -> int:
        return AdderGraph(2, x, (addition,), (Result(2, 0, False),)).adder_bits

    assert bits(Addition(0, 1, 0, 0, False)) == 5
    assert bits(Addition(0, 1, 0, 3, False)) == 8 - 3  # the low three bits are those of the left operand
    assert bits(Addition(0, 1, 0, 3, True)) == 8 - 3
    assert bits(Addition(0, 1, 3, 0, False)) == 8 - 3
    assert bits(Addition(0, 1, 3, 0, True)) == 8  # the right one must be negated in full
    assert AdderGraph(1, x, (), (Result(0, 0, True),)).adder_bits == 4


def test_many_vectors_are_evaluated_in_parts() -> None:
    count = CHUNK // 6 + 10
    x = np.stack([np.arange(count) % 16, np.arange(count) % 7], axis=1)
    np.testing.assert_array_equal(THREE_AND_FIVE.evaluate(x), x @ THREE_AND_FIVE.matrix())


def test_a_graph_uses_only_what_is_there() -> None:
    with pytest.raises(IRError, match=r"adder graph: addition 2 is Addition\(left=2, right=0"):
        AdderGraph(2, Fixed(4), (Addition(2, 0, 0, 0, False),), ())
    with pytest.raises(IRError, match=r"adder graph: addition 2 is .*left_shift=-1"):
        AdderGraph(2, Fixed(4), (Addition(1, 0, -1, 0, False),), ())
    with pytest.raises(IRError, match=r"adder graph: a result is Result\(value=2"):
        AdderGraph(2, Fixed(4), (), (Result(2, 0, False),))
    with pytest.raises(IRError, match=r"adder graph: a sum needs 69 bits, and 63 are the most"):
        print(AdderGraph(1, Fixed(60), (Addition(0, 0, 0, 8, False),), (Result(1, 0, False),)).types)


def test_a_kernel_has_a_graph_exactly_where_it_says_so() -> None:
    matrix, style = np.array([[-6, 0, 4], [10, 0, 0]]), MemoryStyle.REGISTERS

    def kernel(pe: int, multiplier: Multiplier, graph: AdderGraph | None) -> MatVec:
        return MatVec.fold(
            "m", matrix, None, Fixed(5), Fixed(4, 0, False), Fixed(9), 1, pe, 2, style, multiplier, graph
        )  # fmt: skip

    x = np.array([[[3, 15]], [[15, 0]]])
    added, multiplied = kernel(3, Multiplier.ADDERS, THREE_AND_FIVE), kernel(3, Multiplier.LUT, None)
    np.testing.assert_array_equal(added.evaluate(x)[0], multiplied.evaluate(x)[0])
    with pytest.raises(IRError, match="products are made of adders, and there is no adder graph"):
        kernel(3, Multiplier.ADDERS, None)
    with pytest.raises(IRError, match="the adder graph is of another matrix"):
        replace(added, weights=replace(added.weights, words=added.weights.words + 1))
    with pytest.raises(IRError, match="products are made of lut, and there is an adder graph"):
        kernel(3, Multiplier.LUT, THREE_AND_FIVE)
    with pytest.raises(IRError, match="an adder graph where 3 weights take turns"):
        kernel(1, Multiplier.ADDERS, THREE_AND_FIVE)
