"""The quantizers of QKeras against their formulas, of weights and of streams, and how files spell them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import LayerError
from codesign.frontends.keras.execution.quantizers import QUANTIZERS as FORMULAS
from codesign.frontends.keras.execution.quantizers import quantize
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.float32 import nearest_power
from codesign.frontends.keras.reader import load, load_file, read
from codesign.frontends.keras.spelling import QUANTIZERS, named, quantizer
from tests.frontends.keras.files import L, save_h5, source

SPELLED = [
    "quantized_bits(4,0)",
    "quantized_bits(4, 1, 1)",
    "quantized_bits(6,2,keep_negative=False)",
    "quantized_bits(6,2,0,False)",
    "quantized_bits(1)",
    "quantized_bits(1,alpha=0.75)",
    "quantized_bits(4,0,alpha=0.3)",
    "quantized_bits",
    "quantized_bits()",
    "quantized_relu(6,0)",
    "quantized_relu(4,2)",
    "quantized_relu(4,2,0,0.25)",
    "quantized_relu(5,1,1)",
    "quantized_relu(4,2,is_quantized_clip=False,relu_upper_bound=2.5)",
    "quantized_relu(4,2,relu_upper_bound=2.5)",
    "quantized_tanh(5)",
    "quantized_tanh(5,symmetric=True)",
    "quantized_tanh(5,use_real_tanh=1)",
    "quantized_sigmoid(4)",
    "quantized_sigmoid(4,1)",
    "quantized_sigmoid(4,use_real_sigmoid=True)",
    "binary()",
    "binary(alpha=0.5)",
    "binary(1)",
    "binary(use_01=True,alpha=1.5)",
    "stochastic_binary()",
    "ternary()",
    "ternary(threshold=0.5)",
    "ternary(alpha=0.25,threshold=0.5)",
    "stochastic_ternary(threshold=0.25)",
]
ALPHAS = [None, 1, 0.375, "auto", "auto_po2"]


def formula(spelled: str, x: np.ndarray) -> np.ndarray:
    return quantize(*named(spelled), x)


@pytest.mark.parametrize("spelled", SPELLED)
def test_a_stream_is_quantized_as_qkeras_does(spelled: str, tmp_path: Path) -> None:
    """On all ties and thresholds: multiples of 1/128 from -6 to 6, and numbers next to them."""
    steps = np.arange(-6 * 128, 6 * 128 + 1) / 128
    x = np.concatenate([steps, steps + 2.0**-40, steps - 2.0**-40])[:, None]
    layers = [source((1,)), L("QActivation", "a", {"activation": spelled}, ["x"])]
    [found] = load(save_h5(tmp_path / "net.h5", layers)).values([x])
    np.testing.assert_array_equal(found.astype(np.float64), formula(spelled, x))


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("name", ["quantized_bits", "binary", "ternary", "stochastic_ternary"])
@pytest.mark.parametrize("shape", [(3, 3, 4, 5), (40, 3), (7,)])
def test_weights_get_the_codes_and_the_scale_of_qkeras(name: str, alpha: object, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).normal(0.1, 0.6, shape).astype(np.float32)
    x.ravel()[:6] = 0 if len(shape) > 1 else 1, 0.0625, -0.0625, 0.1875, -9.0, 9.0
    for entries in ({}, {"bits": 4, "integer": 1}, {"bits": 6, "keep_negative": False}, {"bits": 8, "symmetric": 1}):
        stated = {"class_name": name, "config": {"alpha": alpha, **(entries if name == "quantized_bits" else {})}}
        found = quantizer(stated)
        assert found is not None
        if "ternary" in name and len(shape) == 1 and alpha == "auto":
            with pytest.raises(LayerError, match="gives a channel the scale 0"):  # QKeras divides by it
                found.constant("w", x)
            continue
        exact = found.constant("w", x).fractions().astype(np.float64)
        np.testing.assert_array_equal(exact, formula_of(stated, x))


def formula_of(stated: Mapping[str, object], x: np.ndarray) -> np.ndarray:
    return quantize(*named(stated), x).astype(np.float64)


@pytest.mark.parametrize(
    "entries",
    [
        {"bits": 4},
        {"bits": 4, "max_value": 1.0},
        {"bits": 5, "max_value": 4},
        {"bits": 5, "quadratic_approximation": True},
        {"bits": 4, "log2_rounding": "floor"},
    ],
)
@pytest.mark.parametrize("name", ["quantized_po2", "quantized_relu_po2"])
def test_weights_become_powers_of_two(name: str, entries: Mapping[str, object]) -> None:
    x = np.random.default_rng(2).normal(0, 1.5, (50,)).astype(np.float32)
    x[:5] = 0, 1, -1, 3, 1e-9
    stated = {"class_name": name, "config": entries}
    found = quantizer(stated)
    assert found is not None
    np.testing.assert_array_equal(found.constant("w", x).fractions().astype(np.float64), formula_of(stated, x))


def test_a_kernel_without_alpha_gets_the_best_power_of_two() -> None:
    x = np.random.default_rng(1).normal(0, 0.02, (20, 3)).astype(np.float32)
    for name in ("quantized_bits", "binary", "ternary"):
        plain, best = (quantizer({"class_name": name, "config": {"alpha": a}}) for a in (None, "auto_po2"))
        assert plain is not None and best is not None
        found, wanted = plain.for_kernel().constant("w", x), best.constant("w", x)
        assert (found.fractions() == wanted.fractions()).all()
        assert found.scale is not None and all(s.numerator == 1 for s in found.scale.ravel())


def test_a_scale_between_two_powers_of_two_is_refused() -> None:
    with pytest.raises(LayerError, match="half-way between two powers of two, where TensorFlow's rounding error"):
        nearest_power(np.array([np.sqrt(2) - 1e-7], np.float32))
    assert nearest_power(np.array([1.4, 1.43], np.float32)).tolist() == [1, 2]


def test_a_channel_of_zeros_has_no_automatic_scale() -> None:
    x = np.zeros((4, 2), np.float32)
    x[:, 0] = 1
    for stated in ("binary(alpha='auto')", "ternary(alpha='auto')", "quantized_bits(4,alpha='auto')"):
        found = quantizer(stated)
        assert found is not None
        with pytest.raises(LayerError, match="scale"):
            found.constant("w", x)


@pytest.mark.parametrize(
    ("spelled", "entries"),
    [
        ("quantized_bits(8, 2, alpha='auto')", {"bits": 8, "integer": 2, "alpha": "auto"}),
        ("quantized_relu(6,0)", {"bits": 6, "integer": 0}),
        ("quantized_bits( 8 ,symmetric = True )", {"bits": 8, "symmetric": True}),
        ("binary", {}),
        ("ternary(threshold=1e-1)", {"threshold": 0.1}),
        ("quantized_relu(quantized_bits(4, 0, alpha=1), 0)", {}),
    ],
)
def test_texts_are_read_as_qkeras_reads_them(spelled: str, entries: Mapping[str, object]) -> None:
    assert named(spelled) == (spelled.split("(")[0], entries)


def test_parameters_that_qkeras_does_not_see_are_noted(tmp_path: Path) -> None:
    """Parentheses within parentheses: QKeras 0.9 calls quantized_relu() then, which has 8 bits."""
    stated = "quantized_relu(quantized_bits(4, 0, alpha=1), 0)"
    path = save_h5(tmp_path / "net.h5", [source((1,)), L("QActivation", "a", {"activation": stated}, ["x"])])
    graph, notes = load_file(read(path))
    assert notes == (f"a: activation: QKeras reads {stated} as quantized_relu(), with the default parameters",)
    assert graph["a"].type.high == 255


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ("quantized_bits(4", "lacks a closing parenthesis"),
        ("quantized_bits(alpha=None)", "None is no number, True, False or text in quotes"),
        ("quantized_bits(alpha=__import__)", "__import__ is no number"),
        ("quantized_tanh(1,2,3,4,5)", "5 belongs to no parameter of quantized_tanh"),
        ("quantized_bits(bits=4,2)", "2 belongs to no parameter"),
        ("quantized_bits(4,scale_axis=0)", "unknown parameter scale_axis"),
        ("quantized_bits(4,-1)", "integer is -1, expected a whole number from 0"),
        ("quantized_bits(4,alpha='best')", "alpha is 'best', expected a number, None, 'auto'"),
        ("quantized_bits(1,alpha='auto')x", "1 bit has no levels"),
        ("quantized_relu(4,0,0,0.3)", "negative_slope is 0.3.*, expected 0 or a positive power of two"),
        ("quantized_relu(2,0,0,0.0625)", "smaller ones leave no whole code"),
        ("quantized_relu(4,0,1,0.5)", "use_sigmoid is True, expected no negative_slope"),
        ("quantized_relu(4,0,is_quantized_clip=False,relu_upper_bound=0.3)", "a multiple of the quantizer's step"),
        ("quantized_po2(20)", "leaves 0 to 6 for the exponent"),
        ("quantized_po2(7)", "span more than 32 bits"),
        ("quantized_relu_po2(4,negative_slope=0.5)", "negative_slope is 0.5, expected 0"),
        ("ternary(threshold=0.0)", "expected a positive number"),
        ("ternary(alpha='auto',threshold=0.5)", "and none beside an automatic alpha"),
        ("ternary(use_stochastic_rounding=True)", "draws random numbers"),
        ("bernoulli()", "bernoulli is not supported: it draws random numbers"),
        ("quantized_linear(4)", "quantized_linear is no quantizer of QKeras|belongs to no parameter"),
        ({"class_name": "quantized_bits", "config": 3}, "names no quantizer"),
        ({"class_name": 3}, "is no quantizer|names no quantizer"),
        (7, "names no quantizer"),
        ({"class_name": "quantized_bits", "config": {"alpha": [0.5, "x"]}}, "expected a number, None"),
        ({"class_name": "quantized_bits", "config": {"alpha": float("nan")}}, "not finite in float32"),
        ({"class_name": "quantized_bits", "config": {"bits": 4.5}}, "bits is 4.5, expected a whole number"),
    ],
)
def test_what_has_no_exact_meaning_is_refused(stated: object, message: str) -> None:
    with pytest.raises(LayerError, match=message):
        found = quantizer(stated)
        assert found is not None
        found.constant("w", np.linspace(-3, 3, 65, dtype=np.float32)[:, None] ** 5)


def test_scales_per_channel_are_those_of_the_last_axis() -> None:
    found = quantizer({"class_name": "quantized_bits", "config": {"bits": 4, "alpha": [[0.5, 2.0]]}})
    assert found is not None
    weights = found.constant("w", np.full((3, 2), 0.25, np.float32))
    assert weights.fractions().tolist() == [[Fraction(1, 8), Fraction(1, 2)]] * 3
    with pytest.raises(LayerError, match="alpha has 2 numbers for 3 channels"):
        found.constant("w", np.zeros((2, 3), np.float32))


@pytest.mark.parametrize(
    "entries", [{"bits": 8.0}, {"bits": 4, "integer": True}, {"bits": None, "keep_negative": None}, {"symmetric": 1.0}]
)
def test_numbers_of_other_types_mean_the_same_to_both(entries: Mapping[str, object]) -> None:
    x = np.linspace(-2, 2, 99, dtype=np.float32)[:, None]
    stated = {"class_name": "quantized_bits", "config": entries}
    found = quantizer(stated)
    assert found is not None
    np.testing.assert_array_equal(found.constant("w", x).fractions().astype(np.float64), formula_of(stated, x))


def test_every_quantizer_has_a_formula() -> None:
    assert set(FORMULAS) == set(QUANTIZERS)


def test_what_nobody_asked_for_is_known() -> None:
    fields = Fields("q", {"a": 1, "b": 2, "c": None})
    assert fields.integer("a") == 1
    assert fields.unread() == ["b"]
