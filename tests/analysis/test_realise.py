"""Each way to compute a step function equals the exact rational one, at and around every threshold."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis import realise
from codesign.analysis.thresholds import Steps, exact_steps
from codesign.ir.fixed import Rounding
from codesign.ir.layers import Affine, Clip, LeakyRelu, Quantize, Relu, Sign
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

SCALES = st.fractions(Fraction(-4), Fraction(4), max_denominator=97)
OFFSETS = st.fractions(Fraction(-40), Fraction(40), max_denominator=31)
MAKERS = [realise.shift, realise.multiply_shift, realise.thresholds, realise.table]


@st.composite
def chains(draw):
    """(functions, type of the codes): affines, activations and a quantizer over at most 2,000 codes."""
    channels = draw(st.integers(1, 3))
    low = draw(st.integers(-1000, 900))
    x = Tensor.of_codes(
        (channels,), low, low + draw(st.integers(0, 1000)), Vector.of(draw(st.sampled_from([1, 0.25, 0.3])))
    )
    chain = []
    for kind in draw(st.lists(st.sampled_from(["affine", "channels", "relu", "clip", "leaky"]), max_size=3)):
        match kind:
            case "affine":
                chain.append(Affine(Vector.of(draw(SCALES)), Vector.of(draw(OFFSETS))))
            case "channels":
                scales = draw(st.lists(SCALES, min_size=channels, max_size=channels))
                chain.append(Affine(Vector.of(scales), Vector.of(draw(OFFSETS))))
            case "relu":
                chain.append(Relu())
            case "clip":
                bound = draw(OFFSETS)
                chain.append(Clip(bound, bound + draw(st.integers(0, 100))))
            case "leaky":
                chain.append(LeakyRelu(Fraction(draw(st.integers(0, 3)), 7)))
    last = draw(st.integers(0, 9))
    if last == 0:
        return [*chain, Sign()], x
    levels = draw(st.sampled_from([1, 2, 3, 7, 15, 63, 255]))
    first = draw(st.integers(-levels, 0))
    step = Vector.of(draw(st.sampled_from([1, 0.5, 4, 0.3, 1.7])))
    quantizer = Quantize(
        first, first + levels, step, Vector.of(draw(st.integers(-3, 3))), draw(st.sampled_from(list(Rounding)))
    )
    return [*chain, quantizer], x


def result_of(chain, x: Tensor) -> Tensor:
    y = x
    for function in chain:
        y = function.result(y)
    return y


def meaning(chain, x: Tensor, y: Tensor, codes: np.ndarray) -> np.ndarray:
    """By definition: every code decoded, passed through each function as a rational, and encoded."""
    values = x.decode(codes)
    for function in chain:
        values = function.real(values)
    return y.encode(values)


@settings(max_examples=200)
@given(chains())
def test_the_exact_steps_are_the_rational_meaning_of_every_code(drawn):
    chain, x = drawn
    y = result_of(chain, x)
    steps = exact_steps(chain, x, y)
    codes = np.repeat(np.arange(x.low, x.high + 1)[:, None], x.channels, axis=1)

    expected = meaning(chain, x, y, codes)

    for c in range(x.channels):
        assert np.array_equal(steps(codes[:, c], c if len(steps.levels) > 1 else 0), expected[:, c])


@settings(max_examples=200)
@given(chains())
def test_each_realisation_that_is_offered_equals_the_steps_on_every_code(drawn):
    chain, x = drawn
    steps = exact_steps(chain, x, result_of(chain, x))

    for make in MAKERS:
        if (candidate := make(steps)) is not None:
            check(candidate.function, steps)


@settings(max_examples=200)
@given(
    st.integers(-2, 6), st.integers(-300, 300), st.sampled_from([Rounding.ROUND, Rounding.FLOOR]),
    st.sampled_from([1, 7, 63]), st.integers(-8, 0), st.booleans(),
)  # fmt: skip
def test_a_scale_that_is_a_power_of_two_is_offered_as_a_shift(shift, bias, rounding, levels, low, relu):
    scale = Fraction(1, 1 << shift) if shift >= 0 else Fraction(1 << -shift)
    activations = [Relu()] if relu else []
    chain = [
        Affine(Vector.of(scale), Vector.of(bias * scale)),
        *activations,
        Quantize(low, low + levels, rounding=rounding),
    ]
    x = Tensor.of_codes((1,), -700, 700)
    steps = exact_steps(chain, x, result_of(chain, x))
    reached = np.unique(steps(np.arange(-700, 701), 0))

    candidate = realise.shift(steps)

    if len(reached) > 2:  # with fewer the codes do not tell which power of two it was
        assert candidate is not None
        check(candidate.function, steps)


def check(function, steps: Steps) -> None:
    channels = len(steps.levels)
    codes = np.repeat(np.arange(steps.first, steps.last + 1)[:, None], channels, axis=1)
    found = function(codes)
    for c in range(channels):
        assert np.array_equal(found[:, c], steps(codes[:, c], c))


def test_a_multiplier_is_found_for_a_batch_norm_of_many_codes():
    chain = [
        Affine(Vector.of([0.0008196, 0.00098]), Vector.of([0.15, -0.37])),
        Relu(),
        Quantize(0, 63, Vector.of(0.04478)),
    ]
    x = Tensor.of_codes((2,), -19377, 19465)

    candidate = realise.multiply_shift(exact_steps(chain, x, result_of(chain, x)))

    assert candidate is not None
    assert int(np.abs(candidate.function.multiplier).max()).bit_length() <= 16


@pytest.mark.parametrize(
    ("scale", "levels", "low", "high", "kind"),
    [
        (Fraction(1, 16), 63, -2000, 2000, "shift"),
        (Fraction(3, 97), 63, -4000, 4000, "multiply-shift"),
        (Fraction(1, 97), 1, -4000, 4000, "thresholds"),
        (Fraction(3, 7), 15, -16, 15, "table"),
    ],
)
def test_the_cheapest_kind_is_chosen(scale, levels, low, high, kind):
    chain = [Affine(Vector.of(scale), Vector.of(0)), Quantize(0, levels)]
    x = Tensor.of_codes((1,), low, high)

    assert realise.realise(exact_steps(chain, x, result_of(chain, x))).kind == kind


def test_a_function_that_misses_one_threshold_by_one_code_is_not_proved():
    steps = Steps(np.array([0]), np.array([1]), np.array([[10, 20, 31]]), -50, 50)
    right = realise.thresholds(steps).function
    wrong = realise.thresholds(Steps(steps.base, steps.direction, np.array([[10, 20, 30]]), -50, 50)).function

    assert realise.proved(right, steps)
    assert not realise.proved(wrong, steps)
