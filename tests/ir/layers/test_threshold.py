"""FINN's MultiThreshold against qonnx's own function."""

from fractions import Fraction

import numpy as np
import pytest
from qonnx.custom_op.general.multithreshold import multithreshold

from codesign.errors import LayerError
from codesign.ir.layers import MultiThreshold
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("scale", "bias"), [(1.0, 0.0), (2.0, -1.0), (-0.5, 1.5)])
def test_the_count_is_that_of_qonnx_at_and_beside_every_threshold(rows: int, scale: float, bias: float) -> None:
    levels = np.sort(np.random.default_rng(rows).integers(-20, 20, (rows, 5)), axis=1) / 4
    levels[:, 2] = levels[:, 1]  # equal thresholds count twice
    x = np.unique(
        np.concatenate([np.arange(-6, 6, 0.25), np.nextafter(levels.ravel(), 99), np.nextafter(levels.ravel(), -99)])
    )
    x = np.repeat(x[:, None], 3, axis=1)
    expected = multithreshold(x, levels, scale, bias, channels_last=True)
    layer = MultiThreshold(levels, Vector.of(scale), Vector.of(bias))
    exact = np.array([[Fraction(v) for v in row] for row in x.tolist()], dtype=object)
    found = layer.real(exact)
    assert (found.astype(np.float64) == expected).all()
    codes = layer.result(Tensor((3,))).encode(found)
    assert (codes.min(), codes.max()) == (0, 5)


def test_thresholds_that_do_not_fit_and_a_scale_of_0_are_refused() -> None:
    with pytest.raises(LayerError, match="thresholds for 2 channels, the input has 3"):
        MultiThreshold(np.zeros((2, 1))).result(Tensor((3,)))
    with pytest.raises(LayerError, match="an output scale of 0 makes every count the same"):
        MultiThreshold(np.zeros((1, 1)), Vector.of(0)).result(Tensor((3,)))
