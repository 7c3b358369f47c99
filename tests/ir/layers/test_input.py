"""The host's encoder gives the codes of the exact chain, for every float64."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import LayerError
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.halfline import HalfLine
from codesign.ir.layers import Affine, Clip, Elementwise, Input, MultiThreshold, Quantize, Relu, Sigmoid, Sign
from codesign.ir.layers.input import MANY_LEVELS
from codesign.ir.steps import regions
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from tests.strategies import numbers, steps

INFINITY = float("inf")


def exactly(chain: list[Elementwise], result: Tensor, x: np.ndarray) -> np.ndarray:
    """The codes by exact arithmetic on each number; infinities as numbers beyond any threshold."""

    def exact(v: float) -> Fraction:
        return Fraction(v) if abs(v) < INFINITY else Fraction(10**400 if v > 0 else -(10**400))

    values = np.array([exact(v) for v in x.ravel().tolist()], dtype=object).reshape(x.shape)
    for function in chain:
        values = function.real(values)
    return result.encode(values)


def typed(chain: list[Elementwise], channels: int) -> Input:
    t = Tensor((channels,))
    for function in chain:
        t = function.result(t)
    return Input(t, tuple(chain))


def around(layer: Input) -> np.ndarray:
    """Floats at, one ulp below and one ulp above every threshold of every channel, and the extremes."""
    rows = []
    for channel in range(layer.tensor.channels):
        lines = [r for r in regions(layer.encoder, layer.tensor, channel) if isinstance(r, HalfLine)]
        at = np.array([float(line.at) for line in lines] + [0.0, 1.0])
        rows.append(np.concatenate([at, np.nextafter(at, INFINITY), np.nextafter(at, -INFINITY)]))
    pool = np.concatenate([*rows, [5e-324, -5e-324, -0.0, 1.7e308, -1.7e308, INFINITY, -INFINITY]])
    return np.repeat(pool[:, None], layer.tensor.channels, axis=1)


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[Elementwise], int]:
    """(functions ending in a quantizer, channels); scales of either sign, per channel."""
    channels = draw(st.integers(1, 3))

    def vector(values: st.SearchStrategy[Fraction]) -> Vector:
        n = draw(st.sampled_from([1, channels]))
        return Vector.of(draw(st.lists(values, min_size=n, max_size=n)))

    before: list[Elementwise] = draw(
        st.lists(st.sampled_from([Relu(), Sign(), Clip(Fraction(-1), Fraction(3, 4)), None]), max_size=2)
    )
    chain = [f or Affine(vector(numbers()), vector(numbers())) for f in before]
    low, high = sorted((draw(st.integers(-9, 9)), draw(st.integers(-9, 9))))
    chain.append(Quantize(low, high, vector(steps()), vector(numbers()), draw(st.sampled_from(Rounding))))
    if draw(st.booleans()):
        levels = np.sort(np.array(draw(st.lists(st.integers(-8, 8), min_size=1, max_size=5))) / 4)
        chain[-1] = MultiThreshold(levels[None], vector(steps()), vector(numbers()))
    return chain, channels


@pytest.mark.filterwarnings("error")
@given(chains())
def test_the_codes_are_those_of_exact_arithmetic_at_and_beside_every_threshold(
    drawn: tuple[list[Elementwise], int],
) -> None:
    chain, channels = drawn
    layer = typed(chain, channels)
    x = around(layer)
    np.testing.assert_array_equal(layer.encode(x), exactly(chain, layer.tensor, x))


@pytest.mark.parametrize(
    "quantizer",
    [
        Quantize(-(2**15), 2**15 - 1, Vector.of(Fraction(1, 1024))),
        Quantize(0, 2**20, Vector.of(4)),
        Quantize(-(2**52), 2**52, Vector.of(Fraction(1, 2**40))),
        Quantize(-(2**15), 2**15 - 1, Vector.of(Fraction(1, 1024)), rounding=Rounding.FLOOR),
        Quantize(-(2**15), 2**15 - 1, Vector.of(Fraction(0.1))),
        Quantize(0, 2**40, Vector.of(Fraction(1, 3)), Vector.of(-2), Rounding.HALF_UP),
    ],
)
def test_a_wide_quantizer_encodes_as_exact_arithmetic_does(quantizer: Quantize) -> None:
    assert quantizer.high - quantizer.low > MANY_LEVELS
    layer = typed([quantizer], 1)
    rng = np.random.default_rng(1)
    middle = rng.integers(quantizer.low, quantizer.high, 60) + rng.choice([0.0, 0.5, 0.25], 60)
    at = middle * float(quantizer.step[0]) + float(quantizer.offset[0])
    ends = [float(quantizer.low * quantizer.step[0]), float(quantizer.high * quantizer.step[0])]
    x = np.concatenate([at, np.nextafter(at, INFINITY), np.nextafter(at, -INFINITY), ends, [0.0, 1e300, -INFINITY]])
    np.testing.assert_array_equal(layer.encode(x[:, None]), exactly([quantizer], layer.tensor, x[:, None]))


def test_a_wide_quantizer_behind_other_functions_encodes_as_exact_arithmetic_does() -> None:
    quantizer = Quantize(-(2**20), 2**20, Vector.of(Fraction(1, 3000)), rounding=Rounding.FLOOR)
    normalized = Affine(Vector.of([Fraction(1, 7), Fraction(-3)]), Vector.of([Fraction(0.1), Fraction(2)]))
    wide = np.random.default_rng(1).normal(0, 300, (50, 2))
    ends = np.array([[0.0, 0.0], [INFINITY, INFINITY], [-INFINITY, -INFINITY], [1.7e308, 5e-324]])
    for chain in ([normalized, quantizer], [normalized, Relu(), quantizer], [Sigmoid(), quantizer]):
        layer, x = typed(chain, 2), np.concatenate([wide, ends])
        assert layer.tensor.high - layer.tensor.low > MANY_LEVELS
        x = np.clip(x, -60, 60) if Sigmoid() in chain else x
        np.testing.assert_array_equal(layer.encode(x), exactly(chain, layer.tensor, x))


def test_a_real_input_keeps_its_numbers_exactly() -> None:
    found = Input(Tensor((2,))).encode(np.array([[0.1, -3.0]], dtype=np.float32))
    assert found.tolist() == [[Fraction(float(np.float32(0.1))), Fraction(-3)]]


@pytest.mark.parametrize("layer", [Input(Tensor((2,))), typed([Quantize(0, 3)], 2)])
def test_an_input_of_another_shape_or_without_a_number_is_refused(layer: Input) -> None:
    with pytest.raises(LayerError, match=r"the input has shape \(3,\), the network expects \(2,\)"):
        layer.encode(np.zeros((1, 3)))
    with pytest.raises(LayerError, match="NaN or infinite"):
        layer.encode(np.array([[0.0, np.nan]]))


def test_infinity_saturates_a_typed_input_and_is_refused_for_a_real_one() -> None:
    x = np.array([[INFINITY, -INFINITY]])
    assert typed([Quantize(-4, 3)], 2).encode(x).tolist() == [[3, -4]]
    assert typed([Affine(Vector.of(-1)), Quantize(-4, 3, Vector.of(3))], 2).encode(x).tolist() == [[-4, 3]]
    with pytest.raises(LayerError, match="NaN or infinite"):
        Input(Tensor((2,))).encode(x)


def test_the_type_of_an_input_is_its_own() -> None:
    t = Tensor.of_fixed((4,), Fixed(8, 4))
    assert Input(t).result() == t


def test_the_host_puts_the_axes_into_the_order_of_the_hardware() -> None:
    encoder = Quantize(-8, 7, Vector.of([1, 2, 4, 8]))
    layer = Input(encoder.result(Tensor((2, 3, 4))), (encoder,), (1, 2, 0))
    x = np.random.default_rng(1).integers(-60, 60, (5, 4, 2, 3)).astype(float)
    assert layer.shape == (4, 2, 3) and layer.result().shape == (2, 3, 4)
    plain = Input(layer.tensor, layer.encoder)
    assert layer.encode(x).tolist() == plain.encode(x.transpose(0, 2, 3, 1)).tolist()
    assert layer.given(layer.received(x)).tolist() == x.tolist()
    assert plain.shape == (2, 3, 4) and plain.received(x) is x and plain.given(x) is x
    with pytest.raises(LayerError, match=r"the input has shape \(2, 3, 4\), the network expects \(4, 2, 3\)"):
        layer.encode(x.transpose(0, 2, 3, 1))


def test_a_real_input_is_put_into_the_order_of_the_hardware_too() -> None:
    layer = Input(Tensor((3, 2)), (), (1, 0))
    x = np.arange(12.0).reshape(2, 2, 3)
    assert layer.encode(x).astype(float).tolist() == x.transpose(0, 2, 1).tolist()
