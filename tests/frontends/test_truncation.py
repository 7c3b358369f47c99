"""Trunc of both versions against qonnx."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.frontends.converters.truncation import nearest_power_of_two
from tests.frontends.models import assert_exact, dyadic, imported, model, node
from tests.frontends.test_quantizers import MODES

X = dyadic((12, 4), scale=1 / 4)


def first(mode: str, scale: float, zero: float, bits: float, left: float) -> Any:
    """Quant, then Trunc of version 1 with this scale and zero point."""
    return model(
        [
            node("Quant", ["x", "s", "z", "b"], "q", signed=1, narrow=0, rounding_mode="ROUND"),
            node("Trunc", ["q", "ts", "tz", "b", "left"], name="t", rounding_mode=mode),
        ],
        {"s": 0.25, "z": zero, "ts": scale, "tz": zero, "b": bits, "left": left},
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("zero", [0.0, 3.0])
def test_version_1_drops_the_low_bits(mode: str, zero: float) -> None:
    expect = ["Quantize", "Truncate", "Affine"]
    assert_exact(first(mode, 0.25, zero, 7.0, 5.0), X, expect=expect)


def test_version_1_that_drops_nothing() -> None:
    assert_exact(first("FLOOR", 0.25, 0.0, 7.0, 7.0), X, expect=["Quantize", "Truncate"])


def test_version_1_rounds_first_where_the_input_is_on_a_finer_grid() -> None:
    assert_exact(first("FLOOR", 0.5, 0.0, 7.0, 5.0), X, expect=["Quantize", "Quantize", "Truncate", "Affine"])


def test_version_1_needs_an_input_in_codes() -> None:
    proto = model(node("Trunc", ["x", "s", "z", "b", "c"], name="t"), {"s": 1.0, "z": 0.0, "b": 8.0, "c": 4.0})
    with pytest.raises(ModelError, match=r"node t: its input has no codes yet, .* quantize it before"):
        imported(proto)


def second(mode: str, output_scale: float, zero: float, signed: int, narrow: int, bits: float = 4.0) -> Any:
    """Trunc of version 2 on the input itself, which lies on a finer grid."""
    return model(
        node("Trunc", ["x", "s", "z", "b", "os", "ob"], name="t", rounding_mode=mode, signed=signed, narrow=narrow),
        {"s": 0.5, "z": zero, "b": 8.0, "os": output_scale, "ob": bits},
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("zero", [0.0, 2.0])
@pytest.mark.parametrize(("signed", "narrow"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_version_2_divides_and_clips(mode: str, zero: float, signed: int, narrow: int) -> None:
    assert_exact(second(mode, 2.0, zero, signed, narrow), X, expect=["Quantize", "Truncate"])


@pytest.mark.parametrize("output_scale", [1.5, 0.75, 0.25])
def test_version_2_with_a_scale_that_is_no_multiple_of_the_first(output_scale: float) -> None:
    assert_exact(second("FLOOR", output_scale, 1.0, 1, 0), X)


def test_the_power_of_two_nearest_in_the_logarithm() -> None:
    from fractions import Fraction
    from math import log2

    for n in range(1, 200):
        ratio = Fraction(n, 37)
        assert nearest_power_of_two(ratio) == Fraction(2) ** round(log2(ratio))


def test_a_wrong_number_of_inputs_is_refused() -> None:
    with pytest.raises(ModelError, match="node t: Trunc has 4 inputs; version 1 has 5, version 2 has 6"):
        imported(model(node("Trunc", ["x", "s", "s", "s"], name="t"), {"s": np.float32(1)}))
