"""QKeras' own quantizers against the formulas that stand for them, and against what the reader makes of weights.

QKeras returns x + (q - x) in float32, which may miss q by a rounding of x: that is the tolerance, and no more.
"""

from __future__ import annotations

import numpy as np
import pytest

from codesign.frontends.keras.execution.quantizers import quantize
from codesign.frontends.keras.spelling import QUANTIZERS, named, quantizer
from tests.frontends.keras.test_quantizers import ALPHAS, SPELLED

qkeras = pytest.importorskip("qkeras", reason="needs the extra `keras`; run by `make keras-test`")
tf = pytest.importorskip("tensorflow")

pytestmark = pytest.mark.keras

SMOOTH = [s for s in SPELLED if "use_real" in s]


def qkeras_of(stated: object) -> object:
    return qkeras.get_quantizer(stated)


def close(found: np.ndarray, wanted: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Where two results agree but for one rounding of the larger of x and the result."""
    largest = np.maximum(np.abs(x), np.abs(wanted)).astype(np.float32)
    return np.abs(found - wanted) <= np.spacing(largest)


@pytest.mark.parametrize("spelled", [s for s in SPELLED if s not in SMOOTH])
def test_streams_are_quantized_by_the_formula(spelled: str) -> None:
    """On all ties and thresholds: multiples of 1/128, which float32 adds and halves exactly."""
    x = (np.arange(-6 * 128, 6 * 128 + 1) / 128).astype(np.float32)[:, None]
    found = np.asarray(qkeras_of(spelled)(tf.constant(x)))  # type: ignore[operator]
    wanted = quantize(*named(spelled), x.astype(np.float64))
    assert close(found, wanted, x).all()


@pytest.mark.parametrize("spelled", SMOOTH)
def test_smooth_functions_are_quantized_by_the_formula(spelled: str) -> None:
    """Two codes may meet where the function is next to a threshold, as near as TensorFlow computes it."""
    x = np.linspace(-6, 6, 4001).astype(np.float32)[:, None]
    found = np.asarray(qkeras_of(spelled)(tf.constant(x)))  # type: ignore[operator]
    wanted, low, high = (quantize(*named(spelled), x.astype(np.float64) + d) for d in (0.0, -1e-5, 1e-5))
    assert ((found == wanted) | (found == low) | (found == high)).all()
    assert (found == wanted).mean() > 0.999


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("shape", [(3, 3, 4, 5), (40, 3)])
@pytest.mark.parametrize("name", ["quantized_bits", "binary", "ternary"])
def test_weights_get_the_codes_and_the_scale_of_qkeras(name: str, shape: tuple[int, ...], alpha: object) -> None:
    """The sums in automatic scales are TensorFlow's, whose order is its own: a few roundings."""
    x = np.random.default_rng(1).normal(0.1, 0.6, shape).astype(np.float32)
    for entries in ({}, {"bits": 4, "integer": 1}, {"bits": 6, "keep_negative": False}):
        stated = {"class_name": name, "config": {"alpha": alpha, **(entries if name == "quantized_bits" else {})}}
        theirs, ours = qkeras_of(stated), quantizer(stated)
        assert ours is not None
        found = np.asarray(theirs(tf.constant(x))).astype(np.float64)  # type: ignore[operator]
        wanted = ours.constant("w", x).fractions().astype(np.float64)
        np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("spelled", ["quantized_po2(4)", "quantized_po2(5,4)", "quantized_relu_po2(4,1.0)"])
def test_weights_become_the_powers_of_two_of_qkeras(spelled: str) -> None:
    x = np.random.default_rng(2).normal(0, 1.5, 500).astype(np.float32)
    x[:5] = 0, 1, -1, 3, 1e-9
    ours = quantizer(spelled)
    assert ours is not None
    found = np.asarray(qkeras_of(spelled)(tf.constant(x)))  # type: ignore[operator]
    assert close(found, ours.constant("w", x).fractions().astype(np.float64), x).all()


def test_parentheses_within_parentheses_are_the_defaults() -> None:
    found = qkeras_of("quantized_relu(quantized_bits(4, 0, alpha=1), 0)")
    assert str(found) == "quantized_relu(8,0)"


def test_every_quantizer_is_one_of_qkeras() -> None:
    assert all(hasattr(qkeras, name) for name in QUANTIZERS)
