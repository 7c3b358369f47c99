"""Bounds on float32: never below what float32 does, zero where it rounds nothing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.errors import IRError
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import (
    Add,
    Affine,
    ArgMax,
    Clip,
    Dense,
    Identity,
    Input,
    Layer,
    LeakyRelu,
    MatMul,
    Multiply,
    MultiThreshold,
    Quantize,
    Relu,
    Requantize,
    Reshape,
    Shift,
    Sigmoid,
    Sign,
    Softmax,
    Tanh,
    Transpose,
    Truncate,
)
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ZERO, Vector
from codesign.verification.float_error import float_errors


def single(x: float) -> Fraction:
    """The float32 next to x, exactly."""
    return Fraction(float(np.float32(x)))


STEP = Vector.of([single(v) for v in (0.1, 0.07, 0.3)])
X = Fixed(8, 4)


def bounds(inputs: dict[str, Tensor], layers: list[Layer], *xs: np.ndarray, ties: bool = True) -> np.ndarray:
    """Of a chain of layers whose first reads all inputs."""
    graph = Graph("net")
    for name, tensor in inputs.items():
        graph.add(name, Input(tensor, () if tensor.real else (Quantize(X.low, X.high, Vector.of(X.step)),)))
    sources = tuple(inputs)
    for k, layer in enumerate(layers):
        sources = (graph.add(f"n{k}", layer, *sources).name,)
    graph.outputs = [Output("y", sources[0], "y")]
    (found,) = float_errors(graph, graph.run(xs, keep=True), ties=ties)
    return found


def real(*layers: Layer, x: np.ndarray, ties: bool = True) -> np.ndarray:
    """Of layers on a real input."""
    return bounds({"x": Tensor(x.shape[1:])}, list(layers), x, ties=ties)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.floats(1e-3, 1e3))
def test_a_product_in_float32_is_within_its_bound(seed: int, n: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(4, n)) * size).astype(np.float32)
    weights = rng.integers(-127, 127, size=(n, 3), endpoint=True)
    bound = real(Dense(weights, Fixed(8), STEP), x=x)
    rounded = x @ (weights * np.array([float(s) for s in STEP.values])).astype(np.float32)
    double = x.astype(np.float64) @ (weights * np.array([float(s) for s in STEP.values]))
    assert (np.abs(rounded - double) <= bound).all()
    assert (bound <= (2 * n + 10) * 2.0**-24 * (np.abs(x) @ np.abs(weights) * 0.3) + 1e-30).all()
    assert (real(MatMul(weights / 8), x=x) > 0).all()


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_a_product_of_two_streams_in_float32_is_within_its_bound(seed: int, size: float) -> None:
    """Of numbers that are rounded themselves."""
    x, y = (np.random.default_rng(seed).normal(size=(2, 4, 20)) * size).astype(np.float64)
    tensors = {"x": Tensor((20,)), "y": Tensor((20,))}
    bound = bounds(tensors, [Multiply()], x, y)
    rounded = x.astype(np.float32) * y.astype(np.float32)
    assert (np.abs(rounded - x * y) <= bound).all()
    assert (bound <= 8 * 2.0**-24 * np.abs(x * y) + 1e-30).all()


def test_what_float32_computes_exactly_has_no_error() -> None:
    x = np.array([[-8, -1 / 16, 0, 7.9375]])
    dense = Dense(np.array([[3, -100], [127, 5], [-9, 1], [2, 0]]), Fixed(8), Vector.of([Fraction(1, 64), Fraction(4)]))
    chain = [
        dense,
        Affine(Vector.of(Fraction(-1, 2)), Vector.of([Fraction(3, 4), 5])),
        Relu(),
        Quantize(0, 15, Vector.of(Fraction(1, 4))),
        Clip(Fraction(1, 2), Fraction(3)),
    ]
    assert not bounds({"x": Tensor.of_fixed((4,), X)}, chain, x).any()
    sums = bounds({"a": Tensor.of_fixed((4,), X), "b": Tensor.of_fixed((4,), X)}, [Add()], x, x)
    assert not sums.any()
    assert not bounds({"a": Tensor.of_fixed((4,), X), "b": Tensor.of_fixed((4,), X)}, [Multiply()], x, x).any()
    # Beyond 24 bits it does round.
    wide = Dense(np.array([[1 << 22], [1], [1], [1]]), Fixed(24))
    assert bounds({"x": Tensor.of_fixed((4,), X)}, [wide], x).any()


def test_exactly_on_a_threshold_is_decided_where_nothing_was_rounded() -> None:
    """A half rounds to even in float32 too; with a step that is no power of two it may go either way."""
    x = np.array([[0.5, 1.5, 2.5]])
    assert not real(Quantize(-8, 7), x=x).any()
    s = single(0.1)
    near = real(Quantize(-8, 7, Vector.of(s)), x=np.array([[float(s / 2)]]))
    assert near[0, 0] >= float(s)
    assert real(Quantize(-8, 7, Vector.of(s)), x=np.array([[float(s / 2)]]), ties=False)[0, 0] < 1e-6
    assert real(Quantize(-8, 7, Vector.of(s)), x=np.array([[float(s / 4)]]))[0, 0] < 1e-6


def test_a_bipolar_quantizer_compares_with_zero() -> None:
    s = single(0.3)
    assert not real(Quantize.bipolar(s), x=np.array([[0.0, -1e-30, 1e-30]]), ties=True)[:, :1].any()
    rounded = real(Affine(Vector.of(s), Vector.of(-s)), Quantize.bipolar(s), x=np.array([[1.0, 2.0]]))
    assert rounded[0, 0] == pytest.approx(0.6) and rounded[0, 1] < 1e-6


@pytest.mark.parametrize("rounding", Rounding)
def test_each_rounding_has_its_thresholds(rounding: Rounding) -> None:
    """On a threshold, disturbed by less than the bound, float32 gets one of the codes that the bound allows."""
    s = Vector.of(single(0.1))
    quantize = Quantize(-4, 3, s, ZERO, rounding)
    for code in range(-3, 4):
        at = float(rounding.reaches(code)[0] * s[0])
        near, far = (real(quantize, x=np.array([[v]]))[0, 0] for v in (at, at + 0.025))
        assert near == pytest.approx(float(s[0])) and far < 1e-6


def test_truncation_reads_codes_which_are_on_its_thresholds() -> None:
    step = Vector.of(single(0.1))
    graph_input = Quantize(-128, 127, step)
    x = np.arange(-8, 8).reshape(1, -1) * 0.1
    found = real(graph_input, Truncate(-32, 31, step * 4, ZERO, Rounding.FLOOR), x=x.astype(np.float32))
    assert found.max() < 1e-6


def test_thresholds_signs_and_indices_may_go_either_way_next_to_them() -> None:
    step, far = Vector.of(single(0.1)), np.array([[0.3, 0.6, 0.9]], dtype=np.float32)
    third = Affine(step)
    levels = np.array([[float(np.float32(0.3)) * 0.1, 0.5]])
    counted = real(third, MultiThreshold(levels, Vector.of(2)), x=far)[0]
    assert counted.tolist() == [2, 0, 0]
    assert real(Affine(step, -step), Sign(), x=np.array([[1.0, 1.5]]))[0].tolist() == [1, 0]
    even = np.array([[0.7, 0.1, 0.7, 0.7 - 1e-3]])
    assert real(third, ArgMax(), x=even)[0].tolist() == [2]
    assert real(third, ArgMax(), x=even, ties=False)[0].tolist() == [0]
    assert real(ArgMax(), x=even.astype(np.float32))[0].tolist() == [0]


def test_smooth_functions_and_slopes_pass_errors_on() -> None:
    x, third = np.array([[-3.0, 0.1, 2.0]], dtype=np.float32), np.float32(1 / 3)
    functions = {
        Sigmoid(): lambda v: 1 / (1 + np.exp(-v)),
        Tanh(): np.tanh,
        LeakyRelu(Fraction(1, 8)): lambda v: np.where(v >= 0, v, v / 8),
        Softmax(): lambda v: np.exp(v - v.max()) / np.exp(v - v.max()).sum(),
    }
    for layer, function in functions.items():
        bound = real(Affine(Vector.of(float(third))), layer, x=x)
        distance = np.abs(function(x * third) - function(x.astype(np.float64) * float(third)))
        assert (distance <= bound).all() and bound.max() < 1e-5
    same = real(Affine(STEP), x=x)
    for shaped in (Identity(), Reshape((3, 1)), Transpose((0,))):
        assert real(Affine(STEP), shaped, x=x).ravel().tolist() == same.ravel().tolist()


def test_layers_of_the_compiled_network_have_no_bound() -> None:
    shift = Requantize(Shift(0, 0, False, -128, 127), (-128, 127), -128, 127)
    with pytest.raises(IRError, match="there is no bound for Requantize"):
        bounds({"x": Tensor.of_fixed((2,), X)}, [shift], np.zeros((1, 2)))
    with pytest.raises(IRError, match="Truncate reads codes"):
        real(Truncate(-1, 1, Vector.of(4)), x=np.zeros((1, 2)))
