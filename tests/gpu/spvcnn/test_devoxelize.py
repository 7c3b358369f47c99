"""Interpolation against a loop over points and corners of a dense grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.gpu.spvcnn import reference
from codesign.gpu.spvcnn.devoxelize import interpolation
from codesign.gpu.spvcnn.tables import tables
from codesign.gpu.spvcnn.voxels import Grid, voxelize

from .clouds import SMALL, cloud, integers

UNIT = Grid((0, 0, 0), (1, 1, 1), (8, 8, 8))


@pytest.mark.parametrize("level", [0, 2, 4])
@given(seed=st.integers(0, 10_000), points=st.integers(1, 40))
def test_points_read_the_mean_of_the_voxels_around_them(level: int, seed: int, points: int) -> None:
    events = np.sort(np.random.default_rng(seed).integers(0, 2, points))
    xyz = cloud(points, seed)
    found = tables(SMALL, xyz, events)
    x = integers(len(found.cells[level]), 3, seed)
    positions = SMALL.positions(xyz)
    wanted = reference.interpolate(x, found.cells[level], positions, events, level)
    # Sums of eight products in another order, of features up to 8: a few units in the last place of float64.
    np.testing.assert_allclose(found.reads[level](x), wanted, rtol=0, atol=1e-13)


def test_a_point_between_two_voxels_reads_both() -> None:
    points = np.array([[1.25, 3.0, 3.0], [2.0, 3.0, 3.0]])
    voxels = voxelize(UNIT, points)
    read = interpolation(voxels.cells, voxels.positions, voxels.events, 0)
    np.testing.assert_array_equal(read(np.array([[4.0], [8.0]])), [[5.0], [8.0]])


def test_weights_of_empty_cells_go_to_the_others() -> None:
    voxels = voxelize(UNIT, np.array([[1.75, 3.5, 3.5]]))
    read = interpolation(voxels.cells, voxels.positions, voxels.events, 0)
    assert read.weights.tolist() == [[1, 0, 0, 0, 0, 0, 0, 0]]
    assert read.indices.tolist() == [[0] * 8]


def test_nearest_reads_the_points_own_voxel_alone() -> None:
    points = np.array([[1.75, 3.5, 3.5], [2.5, 3.5, 3.5]])
    found = tables(UNIT, points, nearest=True)
    np.testing.assert_array_equal(found.reads[0](np.array([[4.0], [8.0]])), [[4.0], [8.0]])


def test_points_of_one_event_never_read_another() -> None:
    points = np.array([[1.75, 3.5, 3.5], [2.25, 3.5, 3.5]])
    found = tables(UNIT, points, np.array([0, 1]))
    np.testing.assert_array_equal(found.reads[0](np.array([[4.0], [8.0]])), [[4.0], [8.0]])
