"""Random inputs reach every code, and are the same every time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from codesign.ir.layers import Affine, Input, MultiThreshold, Quantize
from codesign.ir.tensor import Tensor, as_codes
from codesign.ir.vector import ZERO, Vector
from codesign.verification.inputs import random_inputs


def encoded(shape: tuple[int, ...], *encoder: Quantize | Affine | MultiThreshold) -> Input:
    """An input with the type that its encoder gives."""
    tensor = Tensor(shape)
    for function in encoder:
        tensor = function.result(tensor)
    return Input(tensor, encoder)


STEPS = Vector.of([Fraction(1, 8), Fraction(3), Fraction(1, 1000)])


@pytest.mark.parametrize(
    "layer",
    [
        encoded((3,), Quantize(-8, 7, Vector.of(Fraction(1, 3)))),
        encoded((3,), Quantize(0, 15, STEPS)),
        encoded((3,), Quantize(0, 15, STEPS, Vector.of([0, 1000, -7]))),
        encoded((2, 3), Quantize(-4, 3, STEPS)),
        encoded((3,), Quantize.bipolar(Fraction(1, 2))),
        encoded((3,), Affine(STEPS, Vector.of([5, 0, -5])), Quantize(-2, 2)),
        encoded((3,), Affine(Vector.of(-2)), Quantize(-8, 7)),
        encoded((3,), MultiThreshold(np.array([[-1.0, 0.0, 0.5], [100.0, 140.0, 200.0], [0.0, 1.0, 2.0]]))),
    ],
    ids=["uniform", "per channel", "offsets", "two axes", "bipolar", "affine", "falling", "thresholds"],
)
def test_every_channel_reaches_every_code(layer: Input) -> None:
    [x] = random_inputs([layer], 600)
    assert x.dtype == np.float32 and x.shape == (600, *layer.tensor.shape)
    codes = as_codes(layer.encode(x))
    for channel in codes.reshape(-1, layer.tensor.size).T:
        assert set(channel) == set(range(layer.tensor.low, layer.tensor.high + 1))
    ends = {tuple(np.unique(codes[0])), tuple(np.unique(codes[1]))}
    assert ends == {(layer.tensor.low,), (layer.tensor.high,)}


def test_a_wide_quantizer_is_covered_from_end_to_end() -> None:
    layer = encoded((4,), Quantize(-(1 << 15), (1 << 15) - 1, Vector.of(Fraction(1, 1 << 10)), ZERO))
    codes = as_codes(layer.encode(random_inputs([layer], 2000)[0]))
    assert (codes.min(), codes.max()) == (-(1 << 15), (1 << 15) - 1)
    inner = np.histogram(codes, bins=8)[0][1:-1]  # what lies beyond is at the ends
    assert inner.min() > 0.8 * inner.max()
    assert len(np.unique(codes)) > 5000


def test_the_same_seed_gives_the_same_inputs_and_another_others() -> None:
    one, two = encoded((3,), Quantize(-8, 7)), encoded((2,), Quantize(0, 3))
    first, again, other = (random_inputs([one, two], 20, seed) for seed in (5, 5, 6))
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a[2:] != c[2:]).any()
