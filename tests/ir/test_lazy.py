"""What float64 decides, and what is left to rational numbers, is what rational numbers alone give."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.ir.fixed import Rounding
from codesign.ir.graph import Graph
from codesign.ir.layers import Affine, Clip, Input, LeakyRelu, MultiThreshold, Quantize, Relu, Sign
from codesign.ir.layers.base import Elementwise
from codesign.ir.lazy import Decoded, Given, different, lazily
from codesign.ir.near import Near, rounded
from codesign.ir.reals import Reals
from codesign.ir.tensor import Tensor, as_values
from codesign.ir.vector import Vector
from tests.strategies import networks

THIRD = Fraction(1, 3)


def within(x: Reals) -> None:
    """The exact values lie in their enclosures, and are the float64 numbers where these are said to be exact."""
    low, high = (end.ravel().tolist() for end in x.near.ends())
    error = np.broadcast_to(x.near.error, x.shape).ravel()
    for a, b, v, e in zip(low, high, x.values.ravel().tolist(), error.tolist(), strict=True):
        assert np.isnan(a) or np.isnan(b) or a <= v <= b
        assert e != 0 or a == v


@given(networks())
@settings(max_examples=60)
def test_every_node_of_a_random_network_is_what_its_run_gives(drawn: tuple[Graph, list[np.ndarray]]) -> None:
    graph, inputs = drawn
    found = graph.run(inputs, keep=True)
    for node in graph:
        if not node.inputs:
            continue
        before = [found[i] for i in node.inputs]
        exact = [x.values if isinstance(x, Reals) else x for x in before]
        expected = node.layer.run([graph[i].type for i in node.inputs], node.type, exact)
        result = found[node.name]
        if isinstance(result, Reals):
            assert (result.values == expected).all()
            within(result)
        else:
            assert np.array_equal(result, expected)


CODES = Tensor.of_codes((1, 3), -40, 40, Vector.of(THIRD), Vector.of((Fraction(0), THIRD / 7, Fraction(-5, 2))))
ALL_CODES = np.repeat(np.arange(-40, 41)[:, None, None], 3, axis=2)


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("step", [THIRD * 2, THIRD / 2, Fraction(1, 2), Fraction(5, 21)])
@pytest.mark.parametrize("offset", [Fraction(0), THIRD, Fraction(-5, 2)])
def test_a_value_on_a_threshold_falls_to_the_right_side(rounding: Rounding, step: Fraction, offset: Fraction) -> None:
    layer = Quantize(-9, 9, Vector.of(step), Vector.of(offset), rounding)

    found = lazily(layer, [CODES], layer.result(CODES), [ALL_CODES])

    values = CODES.decode(ALL_CODES).ravel().tolist()
    expected = [min(max(rounding.apply((v - offset) / step), -9), 9) for v in values]
    assert isinstance(found, np.ndarray) and found.ravel().tolist() == expected


FUNCTIONS: list[Elementwise] = [
    Relu(),
    LeakyRelu(THIRD),
    LeakyRelu(Fraction(-3)),
    LeakyRelu(Fraction(1, 4)),
    Clip(None, THIRD),
    Clip(Fraction(-1, 8), Fraction(3)),
    Clip(Fraction(1), Fraction(-1)),
    Affine(Vector.of((THIRD, Fraction(-3), Fraction(0))), Vector.of(Fraction(1, 10))),
    Affine(Vector.of(Fraction(10) ** 300), Vector.of(Fraction(1))),
    Affine(Vector.of(Fraction(1, 10**300))),
]


@pytest.mark.parametrize("layer", FUNCTIONS, ids=str)
@pytest.mark.parametrize("behind", [Affine(Vector.of(THIRD), Vector.of(1)), Clip(Fraction(-9), None), LeakyRelu(THIRD)])
def test_functions_behind_each_other_stay_in_their_enclosures(layer: Elementwise, behind: Elementwise) -> None:
    given_ = Given(np.random.default_rng(0).normal(0, 3, (50, 1, 3)))
    real = Tensor((1, 3))
    for start in (given_, Decoded(CODES, ALL_CODES)):
        expected = as_values(start)
        x: Reals = start
        for function in (layer, behind):
            found = lazily(function, [real], real, [x])
            assert isinstance(found, Reals)
            x, expected = found, function.real(expected)
        assert (x.values == expected).all()
        within(x)


@pytest.mark.parametrize(
    "layer",
    [MultiThreshold(np.array([[-1.5, 0.0, 1 / 3], [-1.0, -1.0, 7.0], [0.0, 0.5, 1.0]])), Sign()],
    ids=["thresholds", "sign"],
)
def test_counting_thresholds_and_signs_are_decided_exactly(layer: Elementwise) -> None:
    y = layer.result(CODES)

    found = lazily(layer, [CODES], y, [ALL_CODES])

    assert isinstance(found, np.ndarray)
    assert found.tolist() == y.encode(layer.real(CODES.decode(ALL_CODES))).tolist()


class Counted(Decoded):
    """Codes that count how many of their values are asked for."""

    asked = 0

    def at(self, places: np.ndarray) -> np.ndarray:
        Counted.asked += len(places)
        return super().at(places)


def test_few_values_are_computed_exactly() -> None:
    x = Tensor.of_codes((3,), -(1 << 20), 1 << 20, Vector.of(float(np.float32(0.1))))
    codes = np.random.default_rng(1).integers(x.low, x.high, size=(100_000, 3))
    layer = Quantize(-128, 127, Vector.of(float(np.float32(0.3))))
    Counted.asked = 0

    found = lazily(layer, [Tensor((3,))], layer.result(x), [Counted(x, codes)])

    assert Counted.asked < 100
    some = codes[:300]
    assert isinstance(found, np.ndarray)
    assert found[:300].tolist() == layer.run([x], layer.result(x), [some]).tolist()


def test_what_lies_on_a_threshold_again_and_again_is_computed_once() -> None:
    x = Tensor.of_codes((1,), 0, 9, Vector.of(THIRD))
    Counted.asked = 0
    layer = Quantize(0, 3, Vector.of(THIRD * 2))

    found = lazily(layer, [Tensor((1,))], layer.result(x), [Counted(x, np.ones((50_000, 1), dtype=np.int64))])

    assert Counted.asked == 1
    assert isinstance(found, np.ndarray) and not found.any()  # 1/2 is halfway, and 0 is even


def test_different_values_are_told_apart_even_beyond_float64() -> None:
    step, tiny = Vector.of(THIRD), Vector.of(THIRD + Fraction(1, 1 << 200))
    a, b = (Decoded(Tensor.of_codes((2,), 0, 9, s), np.array([[0, 4], [3, 9]])) for s in (step, tiny))

    assert different(a, b).tolist() == [[False, True], [True, True]]
    assert not different(a, a).any()
    assert different(a, Given(np.array([[0.0, 4 / 3], [1.0, 3.0]]))).tolist() == [[False, True], [False, False]]


@given(st.floats(-6, 6) | st.integers(-12, 12).map(lambda n: n / 2), st.sampled_from([-1, 0, 1]))
def test_every_rounding_of_float64_is_the_exact_one(x: float, beside: int) -> None:
    x = float(np.nextafter(x, x + beside)) if beside else x
    for mode in Rounding:
        assert rounded(mode, np.array([x]))[0] == mode.apply(Fraction(x))


def test_numbers_beyond_float64_are_not_known_and_decided_exactly() -> None:
    huge = Near(np.array([[1e300]]), np.zeros(1), np.zeros(1)).line(Vector.of(Fraction(10) ** 100), Vector.of(0))
    assert np.isnan(huge.value).all() or np.isinf(huge.error).all()

    layer = Quantize(-4, 4, Vector.of(Fraction(10) ** 399))
    x = Given(np.array([[1e300], [-3e299], [4e298]]))
    scaled = lazily(Affine(Vector.of(Fraction(10) ** 100)), [Tensor((1,))], Tensor((1,)), [x])
    assert isinstance(scaled, Reals)
    found = lazily(layer, [Tensor((1,))], layer.result(Tensor((1,))), [scaled])
    assert isinstance(found, np.ndarray) and found.ravel().tolist() == [4, -3, 0]


def test_a_real_input_is_not_turned_into_rational_numbers() -> None:
    graph = Graph("net")
    graph.add("x", Input(Tensor((2,))))
    graph.add("q", Quantize(0, 7, Vector.of(THIRD)), "x")
    found = graph.run([np.array([[0.5, 1.0]])], keep=True)
    assert isinstance(found["x"], Reals) and found["x"].values.tolist() == [[Fraction(1, 2), 1]]
    assert np.asarray(found["q"]).tolist() == [[2, 3]]
