"""Track numbers of hits, from the edges that are kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components as components

from codesign.errors import DataError
from codesign.gpu.tracking.graphs import Edges


def connected_components(n: int, edges: Edges, min_hits: int = 1) -> NDArray[np.int64]:
    """(n,): the component that each of n hits is in, numbered from 0 by its first hit; -1 where it has fewer than
    `min_hits` hits. DataError where an edge ends at a hit that there is not."""
    check_edges(n, edges)
    if n == 0:
        return np.zeros(0, np.int64)
    ones = np.ones(edges.shape[1], np.int8)
    _, found = components(coo_array((ones, (edges[0], edges[1])), shape=(n, n)), directed=False)
    return numbered(found, min_hits)


def numbered(labels: NDArray[np.integer], min_hits: int = 1) -> NDArray[np.int64]:
    """The labels with those of fewer than `min_hits` hits as -1 and the others numbered from 0 by their first hit;
    labels below 0 stay without a track."""
    result = np.full(len(labels), -1, np.int64)
    on = np.nonzero(labels >= 0)[0]
    _, first, which, sizes = np.unique(labels[on], return_index=True, return_inverse=True, return_counts=True)
    kept = np.nonzero(sizes >= min_hits)[0]
    kept = kept[np.argsort(first[kept])]
    number = np.full(len(sizes), -1, np.int64)
    number[kept] = np.arange(len(kept))
    result[on] = number[which]
    return result


def check_edges(n: int, edges: NDArray[np.integer]) -> None:
    """DataError where the edges are no (2, E) rows of n hits."""
    if edges.ndim != 2 or edges.shape[0] != 2 or edges.dtype.kind not in "iu":
        raise DataError(f"edges: found {edges.dtype} of shape {edges.shape}, expected integers of shape (2, E)")
    outside = (edges < 0) | (edges >= n)
    if outside.any():
        end, at = (int(i) for i in np.argwhere(outside)[0])
        raise DataError(f"edges: edge {at} ends at hit {edges[end, at]}, but the hits are 0..{n - 1}")
