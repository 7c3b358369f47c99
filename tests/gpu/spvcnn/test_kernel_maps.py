"""Sparse convolutions against dense ones, exactly: features and weights are whole numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import IRError
from codesign.gpu.spvcnn import kernel_maps, reference
from codesign.gpu.spvcnn.kernel_maps import KernelMap, convolve
from codesign.gpu.spvcnn.voxels import Cells, coarser

from .clouds import cells, integers

SEEDS = st.integers(0, 10_000)


def weights(taps: int, seed: int) -> np.ndarray:
    return integers(taps * 3, 2, seed).reshape(taps, 3, 2)


@given(cells(), SEEDS)
def test_a_submanifold_convolution_equals_the_dense_one_at_the_voxels(voxels: Cells, seed: int) -> None:
    x, w = integers(len(voxels), 3, seed), weights(27, seed + 1)
    found = convolve(x, kernel_maps.submanifold(voxels), w)
    np.testing.assert_array_equal(found, reference.submanifold(x, voxels, w))


@given(cells(), SEEDS)
def test_a_strided_convolution_equals_the_dense_one_at_the_coarser_voxels(voxels: Cells, seed: int) -> None:
    x, w = integers(len(voxels), 3, seed), weights(8, seed + 1)
    coarse, parent = coarser(voxels)
    found = convolve(x, kernel_maps.down(voxels, coarse, parent), w)
    np.testing.assert_array_equal(found, reference.down(x, voxels, coarse, w))


@given(cells(), SEEDS)
def test_a_transposed_convolution_equals_the_dense_one_at_the_finer_voxels(voxels: Cells, seed: int) -> None:
    coarse, parent = coarser(voxels)
    x, w = integers(len(coarse), 3, seed), weights(8, seed + 1)
    found = convolve(x, kernel_maps.up(voxels, coarse, parent), w)
    np.testing.assert_array_equal(found, reference.up(x, coarse, voxels, w))


@given(cells())
def test_neighbours_see_each_other_through_opposite_taps(voxels: Cells) -> None:
    table = kernel_maps.submanifold(voxels).table
    np.testing.assert_array_equal(table[:, 13], np.arange(len(voxels)))
    there = np.argwhere(table >= 0)
    for output, tap in there:
        assert table[table[output, tap], 26 - tap] == output


@given(cells())
def test_pairs_are_the_table_ordered_by_tap(voxels: Cells) -> None:
    map = kernel_maps.submanifold(voxels)
    again = np.full_like(map.table, -1)
    for tap, (first, last) in enumerate(zip(map.pairs.starts[:-1], map.pairs.starts[1:], strict=True)):
        assert (np.diff(map.pairs.outputs[first:last]) > 0).all()
        again[map.pairs.outputs[first:last], tap] = map.pairs.inputs[first:last]
    np.testing.assert_array_equal(again, map.table)
    assert map.occupancy == len(map.pairs.inputs) / map.table.size


def test_each_finer_voxel_is_in_one_pair_of_down_and_of_up() -> None:
    fine = Cells(np.array([[0, 0, 0, 0], [0, 1, 1, 1], [0, 2, 0, 1]]), (4, 4, 4))
    coarse, parent = coarser(fine)
    assert kernel_maps.down(fine, coarse, parent).table.tolist() == [[0, *[-1] * 6, 1], [-1, 2, *[-1] * 6]]
    assert kernel_maps.up(fine, coarse, parent).table.tolist() == [
        [0, *[-1] * 7],
        [*[-1] * 7, 0],
        [-1, 1, *[-1] * 6],
    ]


def test_no_voxels_give_an_empty_map() -> None:
    empty = Cells(np.zeros((0, 4), dtype=np.int64), (4, 4, 4))
    map = kernel_maps.submanifold(empty)
    assert (map.table.shape, map.occupancy) == ((0, 27), 0.0)
    assert convolve(np.zeros((0, 3)), map, np.ones((27, 3, 2))).shape == (0, 2)


def test_a_map_to_rows_that_are_not_there_is_refused() -> None:
    with pytest.raises(IRError, match=r"rows 0\.\.3 of 3"):
        KernelMap(np.array([[0, 3]]), 3)
