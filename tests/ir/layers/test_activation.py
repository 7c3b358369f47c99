"""Activations against onnx's reference evaluator and the standard library."""

import math
from fractions import Fraction

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator

from codesign.ir.layers import Clip, Elementwise, LeakyRelu, Relu, Sigmoid, Sign, Tanh
from codesign.ir.layers.lookup import exponential, logit, sigmoid
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

DYADIC = np.concatenate([np.arange(-64, 65) / 16, [1e6, -1e6, 2.0**-1000, -(2.0**-1000)]])


def onnx_gives(op: str, x: np.ndarray, *more: np.ndarray, **attributes: float) -> np.ndarray:
    """The result of one ONNX operator in float64."""
    names = [f"i{k}" for k in range(1 + len(more))]
    node = onnx.helper.make_node(op, names, ["y"], **attributes)
    ports = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.DOUBLE, None) for n in (*names, "y")]
    graph = onnx.helper.make_graph([node], "one", ports[:-1], ports[-1:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    found: np.ndarray = ReferenceEvaluator(model).run(None, dict(zip(names, (x, *more))))[0]
    return found


def values(x: np.ndarray) -> np.ndarray:
    return np.array([[Fraction(v)] for v in x.tolist()], dtype=object)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Relu(), onnx_gives("Relu", DYADIC)),
        (LeakyRelu(Fraction(1, 8)), onnx_gives("LeakyRelu", DYADIC, alpha=0.125)),
        (Clip(Fraction(-1), Fraction(2)), onnx_gives("Clip", DYADIC, np.array(-1.0), np.array(2.0))),
        (Clip(Fraction(1, 2), None), onnx_gives("Clip", DYADIC, np.array(0.5))),
        (Clip(None, Fraction(-1, 4)), np.minimum(DYADIC, -0.25)),
        (Clip(Fraction(2), Fraction(1)), np.minimum(np.maximum(DYADIC, 2.0), 1.0)),
        (Clip(None, None), DYADIC),
        (Sign(), onnx_gives("Sign", DYADIC)),
    ],
)
def test_a_piecewise_linear_activation_is_that_of_onnx(layer: Elementwise, expected: np.ndarray) -> None:
    assert layer.real(values(DYADIC))[:, 0].astype(np.float64).tolist() == expected.tolist()


def test_relu_on_codes_clips_the_codes_at_both_extremes() -> None:
    x = Tensor.of_codes((1,), -128, 127, Vector.of(0.1))
    y = Relu().result(x)
    codes = np.array([[-128], [-1], [0], [1], [127]])
    assert Relu().run([x], y, [codes]).tolist() == [[0], [0], [0], [1], [127]]
    assert (y.low, y.high, y.step) == (0, 127, x.step)
    never = Relu().result(Tensor.of_codes((1,), -5, -2))
    assert (never.low, never.high) == (0, 0)


@pytest.mark.parametrize("read", [{"offset": Vector.of(1)}, {"step": Vector.of(-1)}, {"step": Vector.of([0, 1])}])
def test_relu_of_codes_that_are_read_with_an_offset_or_turned_around_has_no_codes(read: dict[str, Vector]) -> None:
    assert Relu().result(Tensor.of_codes((2,), -8, 7, **read)).real


def test_leaky_relu_keeps_codes_that_are_never_negative() -> None:
    positive, any_sign = Tensor.of_codes((1,), 0, 7), Tensor.of_codes((1,), -1, 7)
    assert LeakyRelu(Fraction(1, 4)).result(positive) == positive
    assert LeakyRelu(Fraction(1, 4)).result(any_sign).real


@given(st.floats(-300, 300))
def test_sigmoid_and_tanh_are_those_of_the_standard_library_to_a_float64(x: float) -> None:
    assert float(sigmoid(Fraction(x))) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-14, abs=1e-80)
    found = Tanh().real(values(np.array([x])))[0, 0]
    assert float(found) == pytest.approx(math.tanh(x), rel=1e-14, abs=1e-60)


@given(st.fractions(-250, 250), st.fractions(-250, 250))
def test_sigmoid_stays_between_0_and_1_and_mirrors_at_0(x: Fraction, y: Fraction) -> None:
    assert 0 < sigmoid(x) < 1
    assert abs(sigmoid(x) + sigmoid(-x) - 1) < Fraction(1, 10**58)
    if abs(x) < 200 and abs(y) < 200 and x + Fraction(1, 10**6) < y < 60:
        assert sigmoid(x) < sigmoid(y)


def test_sigmoid_beyond_every_float_rounds_to_the_side_it_lies_on() -> None:
    far = values(np.array([1e300, -1e300]))
    high, low = Sigmoid().real(far)[:, 0]
    assert 0 < low < Fraction(1, 2**64) and 1 - Fraction(1, 2**64) < high < 1
    high, low = Tanh().real(far)[:, 0]
    assert low > -1 and high < 1


@given(st.fractions(Fraction(1, 1000), Fraction(999, 1000)))
def test_logit_is_the_inverse_of_sigmoid(y: Fraction) -> None:
    assert abs(sigmoid(logit(y)) - y) < Fraction(1, 10**56)


def test_the_exponential_is_exact_at_0_and_right_to_60_digits() -> None:
    assert exponential(Fraction(0)) == 1
    # e^-1 to 70 digits, from the series of e: independent of the decimal module.
    term, total = Fraction(1), Fraction(1)
    for k in range(1, 60):
        term *= Fraction(-1, k)
        total += term
    assert abs(exponential(Fraction(-1)) - total) < Fraction(1, 10**59)
