"""Quantizers against qonnx's own functions, on dyadic numbers where float64 is exact."""

from fractions import Fraction

import numpy as np
import pytest
from qonnx.custom_op.general.bipolar_quant import binary_quant
from qonnx.custom_op.general.quant import max_int, min_int, quant
from qonnx.custom_op.general.trunc import trunc_v1

from codesign.errors import LayerError
from codesign.ir.fixed import Rounding
from codesign.ir.layers import Quantize, Truncate
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

QONNX_MODES = [m for m in Rounding if m is not Rounding.HALF_CEIL]
DYADIC = np.arange(-400, 401) / 32


def values(x: np.ndarray) -> np.ndarray:
    return np.array([Fraction(v) for v in x.ravel().tolist()], dtype=object).reshape(x.shape)


@pytest.mark.parametrize("mode", QONNX_MODES)
@pytest.mark.parametrize(("signed", "narrow"), [(True, False), (True, True), (False, False), (False, True)])
@pytest.mark.parametrize("zero", [0, 2, -3])
def test_a_quantizer_gives_what_qonnx_gives(mode: Rounding, signed: bool, narrow: bool, zero: int) -> None:
    bits = np.array(4.0)
    scale = np.array([0.25, 0.5, 1.0])
    expected = quant(DYADIC[:, None] * np.ones(3), scale, np.array(float(zero)), bits, signed, narrow, mode.value)
    low, high = int(min_int(signed, narrow, bits)), int(max_int(signed, narrow, bits))
    step = Vector.of(scale)
    layer = Quantize(low, high, step, step * -zero, mode)
    found = layer.real(values(DYADIC[:, None] * np.ones(3)))
    assert (found.astype(np.float64) == expected).all()
    codes = layer.result(Tensor((3,))).encode(found)
    assert (codes.min(), codes.max()) == (low, high)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_the_bipolar_quantizer_gives_what_qonnx_gives(scale: float) -> None:
    x = np.concatenate([DYADIC, [5e-324, -5e-324, -0.0]])
    expected = binary_quant(x, np.array(scale))
    found = Quantize.bipolar(scale).real(values(x[:, None]))[:, 0]
    assert found.astype(np.float64).tolist() == expected.tolist()
    codes = Quantize.bipolar(scale).result(Tensor((1,))).encode(found[:, None])
    assert set(codes.ravel().tolist()) == {0, 1}


@pytest.mark.parametrize("mode", ["FLOOR", "CEIL", "ROUND"])
@pytest.mark.parametrize("dropped", [0, 1, 3])
def test_truncation_of_codes_gives_what_qonnx_gives(mode: str, dropped: int) -> None:
    codes = np.arange(-32.0, 32.0)
    scale = 0.125
    expected = trunc_v1(codes * scale, scale, 0.0, 6.0, 6.0 - dropped, mode)  # in units of the input's scale
    low, high = -32 >> dropped, (31 >> dropped) + 1
    layer = Truncate(low, high, Vector.of(scale * 2**dropped), rounding=Rounding(mode))
    found = layer.real(values(codes[:, None] * scale))[:, 0]
    assert (found.astype(np.float64) == expected * 2**dropped).all()


def test_the_type_of_a_quantizer_is_its_codes() -> None:
    t = Quantize(-7, 7, Vector.of(Fraction(1, 8)), Vector.of(Fraction(1, 4))).result(Tensor((2, 3)))
    assert str(t) == "2x3 fixed<4,1> offset 1/4 in -7..7"


def test_scales_that_do_not_fit_the_channels_are_refused() -> None:
    with pytest.raises(LayerError, match="2 quantizer scales for 3 channels"):
        Quantize(0, 3, Vector.of([1, 2])).result(Tensor((3,)))
