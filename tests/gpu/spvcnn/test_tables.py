"""The tables of a whole cloud."""

import numpy as np

from codesign.gpu.spvcnn.tables import FUSED, LEVELS, tables

from .clouds import SMALL, cloud


def test_every_level_has_the_voxels_of_its_points() -> None:
    found = tables(SMALL, cloud(50))
    assert len(found.cells) == len(found.around) == LEVELS
    cell = np.floor(SMALL.positions(cloud(50))).astype(int)
    for level in FUSED:
        np.testing.assert_array_equal(found.cells[level].coordinates[found.voxel[level]][:, 1:], cell // (1 << level))
        np.testing.assert_allclose(found.reads[level].weights.sum(axis=1), 1, rtol=1e-15)
    assert found.rows == sorted(found.rows, reverse=True)


def test_a_cloud_without_points_has_empty_tables() -> None:
    found = tables(SMALL, np.zeros((0, 3)))
    assert found.rows == [0] * LEVELS
    assert [m.table.shape for m in (*found.around, *found.down, *found.up)] == [(0, 27)] * 5 + [(0, 8)] * 8
    assert [found.reads[k].indices.shape for k in FUSED] == [(0, 8)] * 3


def test_one_point_is_one_voxel_at_every_level() -> None:
    found = tables(SMALL, cloud(1))
    assert found.rows == [1] * LEVELS
    assert [m.occupancy for m in found.around] == [1 / 27] * LEVELS
