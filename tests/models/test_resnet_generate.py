"""The pictures of models/resnet: reproducible, in range, every shape the one that its formula says."""

from __future__ import annotations

import numpy as np
import pytest

from models.resnet.generate import SHAPES, SIZE, inside, pictures


def test_the_same_seed_gives_the_same_pictures_and_more_begin_with_them() -> None:
    first, more, other = pictures(20, 5), pictures(1010, 5), pictures(20, 6)
    for one, longer, another in zip(first, more, other, strict=True):
        np.testing.assert_array_equal(one, longer[:20])
        assert not np.array_equal(one, another)


def test_shapes_and_ranges() -> None:
    x, y = pictures(1000, seed=7)
    assert x.shape == (1000, SIZE, SIZE, 3) and x.dtype == np.float32
    assert x.min() == -1 and x.max() == 1, "noise reaches the ends, where it is clipped"
    assert set(y) == set(range(len(SHAPES)))
    assert np.bincount(y).min() > 60


@pytest.mark.parametrize(
    ("name", "area"),
    [("disc", np.pi), ("ring", np.pi * (1.05**2 - 0.55**2)), ("square", 1.6**2), ("frame", 2.0**2 - 1.2**2),
     ("cross", 2 * 2 * 0.6 - 0.6**2), ("bar", 2.2 * 0.6), ("triangle", 3 * np.sqrt(3) / 4)],
)  # fmt: skip
def test_areas_are_those_of_geometry(name: str, area: float) -> None:
    side = np.linspace(-2, 2, 2001)
    u, v = np.meshgrid(side, side)
    assert (inside(name, u, v) < 0).sum() * (side[1] - side[0]) ** 2 == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("name", ["stripes", "checks"])
def test_patterns_fill_part_of_the_square(name: str) -> None:
    side = np.linspace(-1, 1, 401)
    u, v = np.meshgrid(side, side)
    filled, square = inside(name, u, v) < 0, inside("square", u, v) < 0
    assert not (filled & ~square).any()
    assert 0.3 < filled.sum() / square.sum() < 0.7


def test_a_crescent_is_a_disc_without_a_disc() -> None:
    side = np.linspace(-2, 2, 401)
    u, v = np.meshgrid(side, side)
    np.testing.assert_array_equal(
        inside("crescent", u, v) < 0, (inside("disc", u, v) < 0) & ~(inside("disc", u - 0.6, v) <= 0)
    )


def test_an_unknown_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="no shape is called blob"):
        inside("blob", np.zeros(1), np.zeros(1))
