"""Layers that move elements, against numpy."""

import itertools

import numpy as np
import pytest

from codesign.errors import LayerError
from codesign.ir.layers import ArgMax, Identity, Reshape, Transpose
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

PER_CHANNEL = Vector.of([1, 2, 3, 4])
ONE_SCALE = Tensor.of_codes((2, 3, 4), 0, 99)
CHANNEL_SCALE = Tensor.of_codes((2, 3, 4), 0, 99, PER_CHANNEL)
X = np.arange(48).reshape(2, 2, 3, 4)


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("t", [ONE_SCALE, CHANNEL_SCALE])
def test_a_transpose_moves_values_as_numpy_does(axes: tuple[int, ...], t: Tensor) -> None:
    layer = Transpose(axes)
    y = layer.result(t)
    assert y.real == (t is CHANNEL_SCALE and axes[-1] != 2)
    found = layer.run([t], y, [X])
    values = found if y.real else y.decode(found)
    assert (values == np.transpose(t.decode(X), (0, *(a + 1 for a in axes)))).all()


@pytest.mark.parametrize("shape", [(24,), (6, 4), (1, 2, 3, 4), (4, 3, 2), (3, 2, 4), (24, 1)])
@pytest.mark.parametrize("t", [ONE_SCALE, CHANNEL_SCALE])
def test_a_reshape_keeps_the_row_major_order(shape: tuple[int, ...], t: Tensor) -> None:
    layer = Reshape(shape)
    y = layer.result(t)
    assert y.shape == shape and y.real == (t is CHANNEL_SCALE and shape[-1] not in (4, 24))
    found = layer.run([t], y, [X])
    values = found if y.real else y.decode(found)
    assert (values == t.decode(X).reshape(2, *shape)).all()


def test_channels_that_agree_may_become_fewer() -> None:
    alike = Tensor.of_codes((2, 3, 4), 0, 99, Vector.of([1, 2, 1, 2]), Vector.of([0, 5, 0, 5]))
    y = Reshape((2, 3, 2, 2)).result(alike)
    assert (y.step, y.offset) == (Vector.of([1, 2]), Vector.of([0, 5]))
    assert y.decode(X.reshape(2, 2, 3, 2, 2)).tolist() == alike.decode(X).reshape(2, 2, 3, 2, 2).tolist()
    assert Reshape((2, 3, 2, 2)).result(CHANNEL_SCALE).real
    assert Reshape((12, 2)).result(Tensor.of_codes((2, 3, 4), 0, 9, offset=PER_CHANNEL)).real


def test_a_scalar_keeps_its_only_order() -> None:
    t = Tensor.of_codes((), 0, 3)
    assert Transpose(()).result(t) == t
    assert Transpose(()).evaluate(np.array([1, 2])).tolist() == [1, 2]
    assert Reshape((1, 1)).result(t).shape == (1, 1)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(LayerError, match=r"shape \(2, 3, 4\) cannot become \(5, 5\)"):
        Reshape((5, 5)).result(ONE_SCALE)
    for axes in [(0, 1), (0, 1, 1), (1, 2, 3)]:
        with pytest.raises(LayerError, match="do not permute a shape"):
            Transpose(axes).result(ONE_SCALE)


def test_the_identity_is_x() -> None:
    assert Identity().result(CHANNEL_SCALE) is CHANNEL_SCALE
    assert Identity().evaluate(X) is X and Identity().real(X) is X


@pytest.mark.parametrize("keep", [True, False])
def test_argmax_is_the_first_of_the_largest(keep: bool) -> None:
    x = np.array([[3, 7, 7, 1], [-8, -8, -8, -8], [0, 1, 2, 7], [7, 2, 1, 0]])
    t = Tensor.of_codes((4,), -8, 7)
    layer = ArgMax(keep)
    y = layer.result(t)
    found = layer.run([t], y, [x])
    assert found.tolist() == np.argmax(x, axis=-1, keepdims=keep).tolist()
    assert y.shape == ((1,) if keep else ()) and (y.low, y.high) == (0, 3)
    assert y.encode(layer.real(t.decode(x))).tolist() == found.tolist()


def test_argmax_of_several_positions_gives_one_index_each() -> None:
    assert ArgMax().evaluate(X).shape == (2, 2, 3, 1)
    assert ArgMax(keep=False).result(ONE_SCALE).shape == (2, 3)


@pytest.mark.parametrize("read", [{"step": PER_CHANNEL}, {"offset": PER_CHANNEL}, {"step": Vector.of(-1)}])
def test_argmax_compares_values_where_codes_are_not_their_order(read: dict[str, Vector]) -> None:
    t = Tensor.of_codes((4,), 0, 7, **read)
    codes = np.array([[7, 3, 3, 2], [0, 0, 0, 0], [1, 2, 2, 1]])
    layer = ArgMax()
    found = layer.run([t], layer.result(t), [codes])
    assert found.tolist() == np.argmax(t.decode(codes), axis=-1, keepdims=True).tolist()
