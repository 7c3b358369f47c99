"""The tables of sums by numpy: every row is summed once, at the node that it names."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import ModelError
from codesign.gpu.export.tables import padded_table, pull_tables

DEGREES = st.lists(st.sampled_from([0, 0, 1, 2, 15, 16, 17, 32, 255, 256, 257, 700]), max_size=5)


def index_of(degrees: list[int]) -> np.ndarray:
    """An index of these degrees, in a random but repeatable order."""
    index = np.repeat(np.arange(len(degrees)), degrees)
    return np.random.default_rng(1).permutation(index)


def sums(values: np.ndarray, *levels: np.ndarray) -> list[np.ndarray]:
    """What each level sums of the one before."""
    found = [values]
    for table in levels:
        found.append(np.append(found[-1], 0)[table].sum(axis=1))
    return found[1:]


@given(DEGREES)
def test_each_row_is_summed_once_at_its_node(degrees: list[int]) -> None:
    index = index_of(degrees)
    values = 1 + np.arange(len(index))  # distinct sums
    expected = np.bincount(index, weights=values, minlength=len(degrees)).astype(int)
    found = pull_tables(index, len(degrees))
    assert found["first"].shape[1] == found["second"].shape[1] == 16
    assert all(found[name].size for name in ("first", "second", "third"))
    levels = sums(values, found["first"], found["second"], found["third"])
    np.testing.assert_array_equal(np.concatenate(levels)[found["last"]], expected)
    [padded] = sums(values, padded_table(index, len(degrees))["table"])
    np.testing.assert_array_equal(padded, expected)


def test_a_node_of_few_edges_has_one_chunk() -> None:
    found = pull_tables(index_of([3] * 100), 100)
    assert found["first"].shape == (100, 16)
    assert found["second"].shape[0] == found["third"].shape[0] == 1  # of none
    np.testing.assert_array_equal(found["last"], np.arange(100))


def test_one_large_node_does_not_widen_the_tables_of_the_others() -> None:
    found = pull_tables(index_of([20_000] + [1] * 1000), 1001)
    assert sum(table.size for table in found.values()) < 60_000


@pytest.mark.parametrize("bad", [-1, 4])
def test_a_row_that_does_not_exist_is_refused(bad: int) -> None:
    for make in (pull_tables, padded_table):
        with pytest.raises(ModelError, match=rf"names row {bad}, which does not exist: there are 4 \(0..3\)"):
            make(np.array([0, bad]), 4)
