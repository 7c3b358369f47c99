"""Track numbers by plain torch, against csgraph."""

from __future__ import annotations

import numpy as np
import pytest

from codesign.errors import DataError
from codesign.gpu.tracking import labelling

pytestmark = pytest.mark.gpu


def tracks(n: int, edges: np.ndarray, least: int = 1) -> np.ndarray:
    torch = pytest.importorskip("torch")
    from codesign.gpu.fast.components import connected_components

    return connected_components(n, torch.from_numpy(edges), least, kernels=False).numpy()


@pytest.mark.parametrize("seed", range(10))
def test_the_numbers_are_those_of_csgraph(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 400))
    edges = random.integers(0, n, (2, int(random.integers(0, 2 * n))))
    least = int(random.integers(1, 4))
    np.testing.assert_array_equal(tracks(n, edges, least), labelling.connected_components(n, edges, least))


def test_a_long_path_in_any_order_is_one() -> None:
    path = np.random.default_rng(0).permutation(5000)
    np.testing.assert_array_equal(tracks(5000, np.stack([path[:-1], path[1:]])), np.zeros(5000, np.int64))


def test_no_hits_and_no_edges() -> None:
    none = np.zeros((2, 0), np.int64)
    assert tracks(0, none).shape == (0,)
    np.testing.assert_array_equal(tracks(3, none), [0, 1, 2])
    np.testing.assert_array_equal(tracks(3, none, 2), [-1, -1, -1])


def test_edges_to_hits_that_there_are_not_are_refused() -> None:
    with pytest.raises(DataError, match=r"some end outside of the hits 0..2"):
        tracks(3, np.array([[0], [3]]))
    with pytest.raises(DataError, match=r"found torch.int64 of shape \(3, 1\), expected int64 \(2, E\)"):
        tracks(3, np.zeros((3, 1), np.int64))
