"""Repetition, padding, joining and slicing: elements move, their values stay."""

from fractions import Fraction

import numpy as np
import pytest

from codesign.errors import LayerError
from codesign.ir.layers import Concat, Crop, Pad, Slice, Upsample
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

X = Tensor.of_codes((2, 3, 2), -6, 4, Vector.of([Fraction(1, 3), 2]), Vector.of([Fraction(1), Fraction(-4)]))
CODES = np.random.default_rng(1).integers(-6, 5, (4, 2, 3, 2))


def test_pixels_are_repeated_below_and_beside_themselves() -> None:
    layer = Upsample((3, 2))
    y, found = layer.result(X), layer.evaluate(CODES)
    assert y.shape == (6, 6, 2)
    for i, j in np.ndindex(6, 6):
        assert (found[:, i, j] == CODES[:, i // 3, j // 2]).all()
    assert y.decode(found).tolist() == layer.real(X.decode(CODES)).tolist()
    with pytest.raises(LayerError, match=r"cannot be repeated \(0, 2\) times"):
        Upsample((0, 2)).result(X)


def test_padding_is_by_the_code_of_zero_of_each_channel() -> None:
    layer = Pad(1, 0, 2, 3)
    y = layer.result(X)
    found = layer.run([X], y, [CODES])
    assert y.shape == found.shape[1:] == (3, 8, 2)
    assert (found[:, 0] == [-3, 2]).all() and (found[:, 1:, 2:5] == CODES).all()
    expected = np.pad(X.decode(CODES), ((0, 0), (1, 0), (2, 3), (0, 0)), constant_values=Fraction(0))
    assert y.decode(np.asarray(found, dtype=np.int64)).tolist() == expected.tolist()
    real = Tensor(X.shape)
    assert layer.run([real], layer.result(real), [X.decode(CODES)]).tolist() == expected.tolist()


def test_the_code_of_zero_widens_the_range_or_there_are_no_codes() -> None:
    y = Pad(0, 1, 0, 0).result(Tensor.of_codes((2, 2, 1), 1, 3))
    assert (y.low, y.high) == (0, 3)
    x = Tensor.of_codes((2, 2, 1), 1, 3, offset=Vector.of(Fraction(1, 2)))
    y, codes = Pad(0, 1, 0, 0).result(x), np.array([[[[1], [2]], [[3], [1]]]])
    assert y.real
    assert Pad(0, 1, 0, 0).run([x], y, [codes]).ravel().tolist() == [v + Fraction(1, 2) for v in (1, 2, 3, 1)] + [0, 0]
    with pytest.raises(LayerError, match="would cut the image off"):
        Pad(0, -1, 0, 0).result(X)


def test_joined_channels_keep_their_codes_and_values() -> None:
    other = Tensor.of_codes((2, 3, 1), 0, 9, Vector.of(5))
    codes = np.random.default_rng(2).integers(0, 10, (4, 2, 3, 1))
    y, found = Concat().result(X, other), Concat().evaluate(CODES, codes)
    assert (y.shape, y.low, y.high) == ((2, 3, 3), -6, 9)
    expected = np.concatenate([X.decode(CODES), other.decode(codes)], axis=-1)
    assert y.decode(found).tolist() == expected.tolist()
    mixed = Concat().result(X, Tensor((2, 3, 1)))
    assert Concat().run([X, Tensor((2, 3, 1))], mixed, [CODES, other.decode(codes)]).tolist() == expected.tolist()
    with pytest.raises(LayerError, match=r"shapes \(2, 3, 2\), \(3, 3, 1\) cannot be joined"):
        Concat().result(X, Tensor((3, 3, 1)))


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (1, 2), (0, 2)])
def test_a_slice_takes_channels_with_their_values(start: int, stop: int) -> None:
    layer = Slice(start, stop)
    y, found = layer.result(X), layer.evaluate(CODES)
    assert y.decode(found).tolist() == X.decode(CODES)[..., start:stop].tolist()


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (1, 1), (-1, 1)])
def test_a_slice_outside_the_channels_is_refused(start: int, stop: int) -> None:
    with pytest.raises(LayerError, match=f"channels {start} to before {stop} are none of the shape"):
        Slice(start, stop).result(X)


@pytest.mark.parametrize(("start", "stop"), [((0, 0, 0), (2, 3, 2)), ((1, 0, 1), (2, 2, 2)), ((0, 2, 0), (1, 3, 1))])
def test_a_part_of_all_axes_keeps_its_values(start: tuple[int, ...], stop: tuple[int, ...]) -> None:
    layer = Crop(start, stop)
    y, found = layer.result(X), layer.evaluate(CODES)
    (a, b, c), (d, e, f) = start, stop
    assert y.shape == found.shape[1:] == (d - a, e - b, f - c)
    assert y.decode(found).tolist() == X.decode(CODES)[:, a:d, b:e, c:f].tolist()
    assert layer.real(X.decode(CODES)).tolist() == y.decode(found).tolist()


@pytest.mark.parametrize(
    ("start", "stop", "message"),
    [
        ((0, 0), (2, 3), r"a part \(0, 0\) to \(2, 3\) needs as many axes as the shape \(2, 3, 2\)"),
        ((0, 3, 0), (2, 3, 2), r"elements \(0, 3, 0\) to before \(2, 3, 2\) are none of the shape"),
        ((-1, 0, 0), (2, 3, 2), "are none of the shape"),
        ((0, 0, 0), (2, 4, 2), "are none of the shape"),
    ],
)
def test_a_part_outside_the_tensor_is_refused(start: tuple[int, ...], stop: tuple[int, ...], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        Crop(start, stop).result(X)
