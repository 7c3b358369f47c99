"""The host's codes are those of the compiler, for every number and every kind of encoder."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.backends.encoding import Binary, Line, Stairs, encoders
from codesign.errors import TargetError
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.layers import Affine, Input, Quantize, Relu, Sigmoid, Tanh
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, ZERO, Vector
from tests.hosts.modules import module

host = module("codesign_host")

EXTREMES = [0.0, -0.0, 5e-324, -5e-324, 2.3e-308, 1.7e308, -1.7e308, np.inf, -np.inf, 1e-300, 0.5, -0.5, 1.5, 2.5]


def quantized(chain: tuple, channels: int = 1) -> Input:
    """An input with this chain, last of it a quantizer."""
    tensor = Tensor((channels,))
    for f in chain:
        tensor = f.result(tensor)
    return Input(tensor, chain)


def on_host(layer: Input) -> list:
    """The encoders as a host reads them from its file."""
    from codesign.backends.python_host import encoder_text

    return [host._encoder(host._Checked(encoder_text(e), "design.json")) for e in encoders(layer, "x")]


def agree(layer: Input, x: np.ndarray) -> None:
    """`x` (n, channels)."""
    tensor, port = layer.tensor, None
    layout = host.Layout(64, tensor.type.width, tensor.type.signed, 1, 1, 1)
    port = host.Port("x", tensor.shape, None, layout)
    port.encoders = on_host(layer)
    np.testing.assert_array_equal(port.encode(x), layer.encode(x))


def hard(layer: Input, rng: np.random.Generator) -> np.ndarray:
    """Numbers at, and just beside, the thresholds of some codes, and what is never easy."""
    channels = layer.tensor.channels
    codes = np.unique(
        np.concatenate(
            [[layer.tensor.low, layer.tensor.high], rng.integers(layer.tensor.low, layer.tensor.high + 1, 20)]
        )
    )
    rows = [np.full(channels, v) for v in EXTREMES]
    last = layer.encoder[-1]
    assert isinstance(last, Quantize)
    for code in codes.tolist():
        for part in (Fraction(-1, 2), Fraction(0), Fraction(1, 2)):
            row = []
            for c in range(channels):
                value = (code + part) * last.step[c] + last.offset[c]
                for f in reversed(layer.encoder[:-1]):
                    if isinstance(f, Affine) and f.scale[c]:
                        value = (value - f.offset[c]) / f.scale[c]
                row.append(float(value))
            exact = np.array(row)
            rows += [exact, np.nextafter(exact, np.inf), np.nextafter(exact, -np.inf), exact * (1 + 1e-12)]
    rows.append(rng.normal(size=channels))
    return np.array(rows)


@st.composite
def layers(draw: st.DrawFn) -> Input:
    width = draw(st.sampled_from([1, 2, 4, 8, 12, 13, 16, 24]))
    signed = draw(st.booleans()) if width > 1 else False
    fixed = Fixed(width, 0, signed)
    channels = draw(st.sampled_from([1, 3]))
    scales = st.one_of(
        st.integers(-8, 8).map(lambda k: Fraction(2) ** k),
        st.fractions(Fraction(1, 100), 50, max_denominator=997),
        st.floats(1e-6, 1e3).map(Fraction),
    )
    offsets = st.one_of(st.just(Fraction(0)), st.fractions(-20, 20, max_denominator=97))
    count = draw(st.sampled_from([1, channels]))
    vector = lambda values: Vector.of([draw(values) for _ in range(count)])  # noqa: E731
    step, offset = vector(scales), vector(offsets)
    rounding = draw(st.sampled_from(list(Rounding)))
    quantizer = Quantize(fixed.low, fixed.high, step, offset, rounding)
    chain: tuple = (quantizer,)
    if draw(st.booleans()):
        sign = draw(st.sampled_from([1, -1]))
        chain = (Affine(vector(scales) * sign, vector(offsets)), quantizer)
    return quantized(chain, channels)


@given(layers(), st.integers(0, 2**32 - 1))
def test_every_code_is_the_compilers(layer: Input, seed: int) -> None:
    agree(layer, hard(layer, np.random.default_rng(seed)))


@pytest.mark.parametrize("rounding", list(Rounding))
def test_lines_decide_every_rounding_near_its_ties(rounding: Rounding) -> None:
    """More than a host tabulates, so a line; thirds have no double at any tie."""
    layer = quantized((Quantize(-40000, 40000, Vector.of(Fraction(1, 3)), ZERO, rounding),))
    assert isinstance(encoders(layer, "x")[0], Line)
    agree(layer, np.arange(-100, 101).reshape(-1, 1) / 12)
    agree(layer, hard(layer, np.random.default_rng(1)))


def test_lines_are_exact_where_their_terms_are_far_larger_than_the_codes() -> None:
    """Doubles near 2^55 are 8 apart, so that floating point is some codes off, at both ends of the range too."""
    offset = Vector.of(2**55 + Fraction(1, 7))
    x = (2.0**55 + 8 * np.arange(-1680, 1681)).reshape(-1, 1)
    for high in range(39950, 39980, 3):
        layer = quantized((Quantize(-high, high, Vector.of(Fraction(1, 3)), offset),))
        assert isinstance(encoders(layer, "x")[0], Line)
        agree(layer, x[np.abs(np.abs(x[:, 0] - 2.0**55) - 8 * 1666) < 100])


def test_a_plain_fixed_point_number_is_one_rounding() -> None:
    layer = quantized((Quantize(-(2**31), 2**31 - 1, Vector.of(Fraction(1, 2**20))),))
    assert encoders(layer, "x") == (Binary(20, -(2**31), 2**31 - 1),)
    agree(layer, hard(layer, np.random.default_rng(2)))


def test_other_functions_are_tables_of_thresholds_that_may_fall() -> None:
    rng = np.random.default_rng(3)
    falling = Affine(Vector.of(Fraction(-3)), Vector.of(Fraction(1, 7)))
    for chain in (
        (Sigmoid(), Quantize(0, 255, Vector.of(Fraction(1, 256)))),
        (falling, Tanh(), Quantize(-100, 100, Vector.of(Fraction(1, 100)))),
        (falling, Relu(), Quantize(0, 15, ONE)),
        (Quantize.bipolar(1),),
        (Quantize(3, 3, Vector.of(Fraction(1, 3))),),
    ):
        layer = quantized(chain)
        assert isinstance(encoders(layer, "x")[0], Stairs)
        agree(layer, np.array([EXTREMES, *rng.normal(size=(50, len(EXTREMES)))]).reshape(-1, 1))


def test_what_a_host_cannot_tabulate_is_refused_by_name() -> None:
    layer = quantized((Sigmoid(), Quantize(0, 2**20 - 1, Vector.of(Fraction(1, 2**20)))))
    with pytest.raises(TargetError, match="input calo: 1048576 codes of 1 channels by the functions Sigmoid, Quantize"):
        encoders(layer, "calo")


def test_numbers_of_any_real_type_are_taken_as_they_are() -> None:
    layer = quantized((Quantize(-8, 7, Vector.of(Fraction(1, 3))),), 2)
    for kind in (np.float16, np.float32, np.float64, np.int8, np.uint16, np.int64, np.bool_):
        agree(layer, np.array([[0, 1], [1, 0], [1, 1]], dtype=kind))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 3)), r"input x: an array of shape \(2, 3\), the design expects \(samples, 2\)"),
        (np.zeros(()), r"input x: an array of shape \(\), the design expects \(samples, 2\)"),
        (
            np.zeros((2, 2), dtype=complex),
            "input x: numbers are expected, these are complex128; convert them to float32",
        ),
        (np.array([["a", "b"]]), "input x: numbers are expected, these are <U1"),
        (np.array([[1, 2], [3, np.nan]]), r"input x: sample 11, element \(1,\) is not a number \(NaN\)"),
    ],
)
def test_what_has_no_code_is_refused_by_its_place(x: np.ndarray, message: str) -> None:
    port = host.Port("x", (2,), None, host.Layout(64, 4, True, 2, 1, 2))
    port.encoders = [host.Binary(0, -8, 7)]
    with pytest.raises(host.HostError, match=message):
        port.encode(x, first=10)
