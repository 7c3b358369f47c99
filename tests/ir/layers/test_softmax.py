"""The integer softmax is as close to the real one as its tables allow, and never inconsistent."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.layers import Softmax, SoftmaxTable
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector


def exact(codes: np.ndarray, step: Fraction) -> np.ndarray:
    return Tensor.of_codes((codes.shape[-1],), -1000, 1000, Vector.of(step)).decode(codes)


@given(st.lists(st.lists(st.integers(-40, 40), min_size=4, max_size=4), min_size=1, max_size=4))
def test_the_real_softmax_is_that_of_numpy_to_a_float64_and_sums_to_1(rows: list[list[int]]) -> None:
    x = exact(np.array(rows), Fraction(1, 4))
    found = Softmax().real(x)
    powers = np.exp(x.astype(np.float64))
    assert found.astype(np.float64) == pytest.approx(powers / powers.sum(axis=-1, keepdims=True), rel=1e-13)
    assert all(sum(row) == 1 for row in found)


@given(
    st.lists(st.lists(st.integers(-40, 40), min_size=5, max_size=5), min_size=1, max_size=3),
    st.integers(6, 16),
    st.integers(2, 14),
    st.sampled_from([Fraction(1, 8), Fraction(1), Fraction(3, 16)]),
)
def test_the_integer_softmax_errs_by_its_roundings_alone(
    rows: list[list[int]], table_frac: int, frac: int, step: Fraction
) -> None:
    codes = np.array(rows)
    layer = SoftmaxTable.build(step, table_frac, frac, 4096)
    found = layer.evaluate(codes)
    real = Softmax().real(exact(codes, step))
    n = codes.shape[-1]
    # Each entry of the table is off by at most half a unit (those left out too), the sum by n halves; the quotient of
    # a numerator in 0..1 and a sum of at least 1 by both together, and by half a code, or one where 1.0 saturates.
    table_error = Fraction(n + 1, 2) / 2**table_frac
    for y, x in zip(found.ravel().tolist(), real.ravel()):
        assert abs(Fraction(y, 2**frac) - x) <= table_error + Fraction(1, 2**frac)
    assert found.min() >= 0 and found.max() <= layer.high
    order = np.argsort(codes, axis=-1, kind="stable")
    assert (np.diff(np.take_along_axis(found, order, axis=-1), axis=-1) >= 0).all()


def test_the_integer_softmax_is_its_formula() -> None:
    layer = SoftmaxTable(np.array([16, 6, 2]), 4)
    # 16 + 6 + 0 = 22 halves: round(16 * 16 / 22) = 12, round(16 * 6 / 22) = 4.
    assert layer.evaluate(np.array([[3, 2, -9]])).tolist() == [[12, 4, 0]]
    assert layer.evaluate(np.array([[5, 5, 5]])).tolist() == [[5, 5, 5]]
    assert layer.evaluate(np.array([[9, 0, 0]])).tolist() == [[15, 0, 0]]
    assert SoftmaxTable(np.array([16, 6, 2]), 4, saturate=False).evaluate(np.array([[9, 0, 0]])).tolist() == [
        [16, 0, 0]
    ]
    # Half up: 16 * 1 / 32 = 1/2.
    assert SoftmaxTable(np.array([31, 1]), 4).evaluate(np.array([[1, 0]])).tolist() == [[15, 1]]


def test_the_table_starts_at_1_falls_and_ends_before_its_first_0() -> None:
    layer = SoftmaxTable.build(Fraction(1, 2), 8, 8, 1000)
    assert layer.table[0] == 256 and layer.table[-1] >= 1 and (np.diff(layer.table) <= 0).all()
    assert layer.table.tolist() == [round(256 * float(np.exp(-d / 2))) for d in range(len(layer.table))]
    assert round(256 * float(np.exp(-len(layer.table) / 2))) == 0
    assert len(SoftmaxTable.build(Fraction(1, 2), 8, 8, 3).table) == 3


def test_the_result_counts_in_parts_of_1() -> None:
    x = Tensor.of_codes((3,), -8, 7, Vector.of(Fraction(1, 4)), Vector.of(5))
    y = SoftmaxTable.build(Fraction(1, 4), 8, 6, 99).result(x)
    assert (y.low, y.high, y.step) == (0, 63, Vector.of(Fraction(1, 64)))
    assert Softmax().result(x).real


@pytest.mark.parametrize("read", [{"step": Vector.of([1, 2])}, {"step": Vector.of(-1)}, {"offset": Vector.of([1, 2])}])
def test_inputs_of_several_scales_or_none_are_refused(read: dict[str, Vector]) -> None:
    layer = SoftmaxTable.build(Fraction(1), 4, 4, 4)
    with pytest.raises(LayerError, match="softmax needs inputs of one positive scale"):
        layer.result(Tensor.of_codes((2,), 0, 3, **read))
    with pytest.raises(LayerError, match="softmax needs inputs of one positive scale"):
        layer.result(Tensor((2,)))
