"""Integer products: exact at every magnitude, bounded, and read as the real product."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError, ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph
from codesign.ir.layers import Dense, Input, MatMul
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

W = np.array([[3, -4], [-1, 0], [7, 2]])


def test_a_product_of_dyadic_numbers_is_that_of_float64_at_both_extremes() -> None:
    rng = np.random.default_rng(3)
    x = Tensor.of_codes((3,), -128, 127, Vector.of(Fraction(1, 16)), Vector.of(Fraction(3, 4)))
    w = rng.integers(-8, 8, (3, 5))
    step = np.array([0.5, 0.25, 1, 2, 0.125])
    layer = Dense(w, Fixed(4), Vector.of(step))
    y = layer.result(x)
    codes = rng.integers(-128, 128, (40, 3))
    codes[0], codes[1] = -128, 127
    expected = (codes / 16 + 0.75) @ (w * step)
    found = layer.run([x], y, [codes])
    assert (y.decode(found).astype(np.float64) == expected).all()


def test_a_bias_counts_in_codes_of_the_result() -> None:
    x = Tensor.of_codes((3,), -4, 3, Vector.of(Fraction(1, 2)))
    layer = Dense(W, Fixed(4), Vector.of(Fraction(1, 4)), np.array([5, -6]))
    y = layer.result(x)
    codes = np.array([[-4, -4, -4], [3, 3, 3], [1, 0, -2]])
    assert (y.decode(layer.evaluate(codes)).astype(float) == codes / 2 @ (W / 4) + np.array([5, -6]) / 8).all()


def test_a_real_input_is_multiplied_exactly() -> None:
    x = np.array([[Fraction(1, 3), Fraction(0.1), Fraction(-2)]], dtype=object)
    layer = Dense(W, Fixed(4), Vector.of([Fraction(1, 7), Fraction(2)]))
    third, tenth = Fraction(1, 3), Fraction(0.1)
    assert layer.real(x).tolist() == [[(3 * third - tenth - 14) / 7, 2 * (-4 * third - 4)]]
    assert layer.result(Tensor((3,))).real
    with pytest.raises(LayerError, match="a bias in codes, or sums that wrap, need an input in codes"):
        Dense(W, Fixed(4), bias=np.array([0, 1])).real(x)


def test_an_input_with_a_scale_per_channel_gives_no_codes_but_the_right_values() -> None:
    x = Tensor.of_codes((3,), -4, 3, Vector.of([1, 2, 3]))
    layer = Dense(W, Fixed(4))
    y = layer.result(x)
    assert y.real
    assert layer.run([x], y, [np.array([[1, 1, 1]])]).tolist() == [[3 - 2 + 21, -4 + 0 + 6]]


@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_the_offset_of_the_input_is_carried_through_the_weights(seed: int, per_channel: bool, steps: bool) -> None:
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 5, 2)
    offset = Vector.of(rng.integers(-9, 9, n if per_channel else 1) / 4)
    x = Tensor.of_codes((int(n),), -8, 7, Vector.of(Fraction(1, 3)), offset)
    layer = Dense(rng.integers(-8, 8, (n, m)), Fixed(4), Vector.of(rng.integers(1, 9, m if steps else 1) / 8))
    y = layer.result(x)
    codes = rng.integers(-8, 8, (3, n))
    assert y.decode(layer.evaluate(codes)).tolist() == layer.real(x.decode(codes)).tolist()


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_no_partial_sum_in_any_order_leaves_the_accumulator_and_its_ends_are_reached(seed: int, biased: bool) -> None:
    rng = np.random.default_rng(seed)
    w = rng.integers(-4, 5, (3, 2))
    bias = rng.integers(-9, 10, 2) if biased else None
    low, high = sorted(rng.integers(-3, 4, 2).tolist())
    layer = Dense(w, Fixed(4), bias=bias)
    least, most = layer.accumulator(low, high)
    seen = {0}
    for column in range(2):
        for x in itertools.product({low, high}, repeat=3):
            terms = [v * int(k) for v, k in zip(x, w[:, column])]
            terms += [] if bias is None else [int(bias[column])]
            for order in itertools.permutations(terms):
                seen.update(itertools.accumulate(order))
    assert least <= min(seen) and max(seen) <= most
    assert (least, most) == (min(seen), max(seen))


def test_bounds_of_each_input_channel_narrow_the_accumulator() -> None:
    layer = Dense(W, Fixed(4))
    assert layer.accumulator(-1, 1) == (-11, 11)
    assert layer.accumulator([0, -1, 0], [1, 1, 0]) == (-4, 4)


def test_the_narrowest_type_holds_the_accumulator() -> None:
    y = Dense(W, Fixed(4)).result(Tensor.of_codes((3,), -4, 3))
    # Column 0 of W is 3, -1, 7: from 10 * -4 - 1 * 3 to 10 * 3 - 1 * -4.
    assert (y.low, y.high, str(y.fixed)) == (-43, 34, "int<7>")


def test_an_accumulator_beyond_63_bits_is_refused_with_the_cure() -> None:
    graph = Graph("wide", "wide.onnx")
    graph.add("x", Input(Tensor.of_fixed((4,), Fixed(32))), origin="x:0")
    wide = Dense(np.full((4, 1), 2**30), Fixed(32))
    with pytest.raises(ModelError) as refused:
        graph.add("y", wide, "x", origin="MatMul_3")
    assert str(refused.value) == (
        "wide.onnx: node MatMul_3: the accumulator needs 64 bits, at most 63 are supported; "
        "use fewer bits in weights or activations"
    )
    assert graph.add("z", Dense(np.full((4, 1), 2**29 - 1), Fixed(32)), "x").type.type.width == 63


def test_a_matrix_that_does_not_fit_is_refused() -> None:
    for layer in (Dense(W, Fixed(4)), MatMul(W.astype(float))):
        with pytest.raises(LayerError, match=r"a matrix of 3 x 2 cannot multiply an input of shape \(4,\)"):
            layer.result(Tensor((4,)))


@pytest.mark.parametrize(("inputs", "bits", "signed"), [(2, 26, 1), (2, 27, 1), (2, 30, 1), (1, 31, 1), (1, 31, 0)])
def test_products_near_2_to_53_and_2_to_63_are_exact(inputs: int, bits: int, signed: int) -> None:
    rng = np.random.default_rng(bits)
    high = 2**bits - 1
    x = rng.integers(-high * signed, 2 * high - high * signed, (6, inputs), endpoint=True)
    w = rng.integers(-high * signed, high, (inputs, 3), endpoint=True)
    x[0], x[1], w[:, 0] = -high * signed, 2 * high - high * signed, high
    layer = Dense(w, Fixed(bits + 1))
    y = layer.result(Tensor.of_codes((inputs,), int(x[0, 0]), int(x[1, 0])))
    expected = x.astype(object) @ w.astype(object)
    assert layer.evaluate(x).tolist() == expected.tolist()
    assert y.high == expected[1, 0]


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_sum_just_at_the_end_of_float64_integers_is_exact(offset: int) -> None:
    x = np.array([[2**26, 1]])
    w = np.array([[2**27], [offset]])
    assert Dense(w, Fixed(30)).evaluate(x).tolist() == [[2**53 + offset]]


def test_weights_of_inputs_that_are_always_0_may_be_large() -> None:
    x = np.array([[0, 0, 0, 0, 1]])
    w = np.array([[2**62], [2**62], [2**62], [3 * 2**60 - 1], [2**60 + 1]])  # 2^64 in all
    assert Dense(w, Fixed(63, 0, False), bounds=(0, 2**60 + 1)).evaluate(x).tolist() == [[2**60 + 1]]


def test_a_float_matrix_multiplies_exactly() -> None:
    layer = MatMul(np.array([[0.1], [0.2]]))
    x = np.array([[Fraction(1), Fraction(1)]], dtype=object)
    assert layer.real(x).tolist() == [[Fraction(0.1) + Fraction(0.2)]]
    assert layer.result(Tensor.of_fixed((2,), Fixed(8))).real


def test_leading_positions_are_multiplied_one_by_one() -> None:
    x = np.arange(2 * 4 * 3).reshape(2, 4, 3)
    y = Dense(W, Fixed(4)).evaluate(x)
    assert y.shape == (2, 4, 2)
    assert (y == np.einsum("ntc,cm->ntm", x, W)).all()
    assert Dense(W, Fixed(4)).result(Tensor.of_codes((4, 3), 0, 23)).shape == (4, 2)
