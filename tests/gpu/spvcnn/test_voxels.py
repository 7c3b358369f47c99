"""Points in voxels, and what is refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import ConfigError, ModelError
from codesign.gpu.spvcnn.voxels import Grid, coarser, find, voxelize

from .clouds import SMALL, cloud

UNIT = Grid((0, 0, 0), (1, 1, 1), (4, 4, 4))


def test_points_of_a_cell_share_a_voxel_and_its_mean() -> None:
    points = np.array([[3.5, 0.5, 0.5], [0.1, 0.2, 0.3], [3.9, 0.0, 0.9]])
    voxels = voxelize(UNIT, points)
    assert voxels.cells.coordinates.tolist() == [[0, 0, 0, 0], [0, 3, 0, 0]]
    assert voxels.voxel.tolist() == [1, 0, 1]
    assert voxels.counts.tolist() == [1, 2]
    assert voxels.mean(np.array([[1.0, 8.0], [5.0, 0.0], [2.0, 4.0]])).tolist() == [[5, 0], [1.5, 6]]


def test_each_axis_has_its_resolution() -> None:
    voxels = voxelize(Grid((-1, 10, 0), (0.5, 2, 100), (4, 3, 2)), np.array([[-0.2, 15.9, 199.0]]))
    assert voxels.cells.coordinates.tolist() == [[0, 1, 2, 1]]
    np.testing.assert_allclose(voxels.positions, [[1.6, 2.95, 1.99]])


def test_points_of_two_events_share_no_voxel() -> None:
    points = np.array([[0.5, 0.5, 0.5]] * 2)
    voxels = voxelize(UNIT, points, np.array([1, 0]))
    assert voxels.cells.coordinates.tolist() == [[0, 0, 0, 0], [1, 0, 0, 0]]
    assert voxels.voxel.tolist() == [1, 0]


def test_duplicate_points_are_one_voxel() -> None:
    voxels = voxelize(UNIT, np.tile([[1.5, 1.5, 1.5]], (5, 1)))
    assert (len(voxels.cells), voxels.counts.tolist()) == (1, [5])


def test_a_cloud_without_points_has_no_voxels() -> None:
    voxels = voxelize(UNIT, np.zeros((0, 3)))
    assert (len(voxels.cells), voxels.voxel.shape, voxels.mean(np.zeros((0, 2))).shape) == (0, (0,), (0, 2))


@given(st.integers(0, 1000), st.integers(1, 80))
def test_the_order_of_the_points_does_not_change_the_voxels(seed: int, points: int) -> None:
    xyz = cloud(points, seed)
    order = np.random.default_rng(seed).permutation(points)
    one, other = voxelize(SMALL, xyz), voxelize(SMALL, xyz[order])
    np.testing.assert_array_equal(one.cells.coordinates, other.cells.coordinates)
    np.testing.assert_array_equal(one.voxel[order], other.voxel)
    assert (np.diff(one.cells.keys) > 0).all()


@given(st.integers(0, 1000), st.integers(1, 80))
def test_a_coarser_voxel_holds_the_voxels_of_half_its_coordinates(seed: int, points: int) -> None:
    fine = voxelize(SMALL, cloud(points, seed)).cells
    coarse, parent = coarser(fine)
    np.testing.assert_array_equal(coarse.coordinates[parent][:, 1:], fine.coordinates[:, 1:] // 2)
    assert set(parent) == set(range(len(coarse)))
    assert coarse.size == (4, 3, 3)


def test_a_key_is_found_where_it_stands() -> None:
    assert find(np.array([2, 5, 9]), np.array([[5, 1], [9, 10]])).tolist() == [[1, -1], [2, -1]]
    assert find(np.array([], dtype=np.int64), np.array([3])).tolist() == [-1]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.array([[0.5, 0.5, 0.5], [0.5, np.nan, 0.5]]), "point 1 is (0.5, nan, 0.5); 1 point is not finite"),
        (np.array([[np.inf, 0, 0], [0, 0, -np.inf]]), "point 0 is (inf, 0, 0); 2 points are not finite"),
        (np.array([[0.5, 0.5, 0.5], [0.5, 0.5, 4.0]]), "point 1 has z = 4, the grid reaches from 0 to 4; 1 point"),
        (np.array([[-0.001, 0.5, 0.5]]), "point 0 has x = -0.001, the grid reaches from 0 to 4"),
        (np.zeros((3, 2)), "found an array of shape (3, 2), expected (points, 3)"),
    ],
)
def test_points_that_lie_in_no_cell_are_refused(points: np.ndarray, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        voxelize(UNIT, points)


@pytest.mark.parametrize("events", [np.array([0]), np.array([0, -1]), np.array([0.0, 1.0])])
def test_events_must_be_one_number_per_point(events: np.ndarray) -> None:
    with pytest.raises(ModelError, match="expected 2 whole numbers from 0"):
        voxelize(UNIT, np.zeros((2, 3)), events)


@pytest.mark.parametrize(
    ("low", "resolution", "size", "message"),
    [
        ((0, 0, 0), (1, 0, 1), (4, 4, 4), "resolution is (1, 0, 1), expected positive"),
        ((0, 0, 0), (1, 1, 1), (4, 0, 4), "size is (4, 0, 4), expected whole"),
        ((0, 0, 0), (1, 1, 1), (4, 1.5, 4), "size is (4, 1.5, 4), expected whole"),
        ((0, np.nan, 0), (1, 1, 1), (4, 4, 4), "low is (0, nan, 0), expected three finite"),
    ],
)
def test_a_grid_that_is_none_is_refused(low: tuple, resolution: tuple, size: tuple, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        Grid(low, resolution, size)


def test_more_cells_than_can_be_numbered_are_refused() -> None:
    huge = Grid((0, 0, 0), (1e-6, 1e-6, 1e-6), (2_000_000, 2_000_000, 2_000_000))
    with pytest.raises(ConfigError, match="make the grid smaller"):
        voxelize(huge, np.zeros((1, 3)))
