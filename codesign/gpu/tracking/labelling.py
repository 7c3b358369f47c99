"""Track numbers of hits, from the edges that are kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
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


def supported_components(
    n: int, edges: Edges, scores: NDArray[np.floating], least: float = 0.5, min_hits: int = 1
) -> NDArray[np.int64]:
    """(n,): `connected_components` of the edges whose `support` is at least `least`.

    For graphs in which all near hits of a particle are joined, not only consecutive ones: there an edge within a
    particle is one side of triangles, and an edge that joins two particles by mistake seldom is."""
    return connected_components(n, edges[:, support(n, edges, scores) >= least], min_hits)


def joining(
    n: int, edges: Edges, scores: NDArray[np.floating], cut: float, least: float | None = None
) -> NDArray[np.bool_]:
    """(E,): which edges make tracks: those whose score is at least `cut`, and of these, unless `least` is None, those
    whose `support` by these alone is at least `least`."""
    kept: NDArray[np.bool_] = scores >= cut
    if least is not None and kept.any():
        kept[kept] = support(n, edges[:, kept], scores[kept]) >= least
    return kept


_BLOCK = 1 << 18
"""Edges that are looked at together: it bounds the memory."""


def support(n: int, edges: Edges, scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """(E,): how much other edges speak for each edge from a to b: the sum over the hits c that are joined with both of
    score(a, c) * score(c, b), where scores (E,) are probabilities. Edges have no direction; each is there once."""
    check_edges(n, edges)
    _check_scores(edges, scores)
    half = csr_array((scores.astype(np.float64), (edges[0], edges[1])), shape=(n, n))
    near = (half + half.T).tocsr()
    parts = [np.zeros(0)]
    for start in range(0, edges.shape[1], _BLOCK):
        a, b = edges[:, start : start + _BLOCK]
        parts.append(np.asarray(near[a].multiply(near[b]).sum(axis=1)).ravel())
    return np.concatenate(parts)


def best_paths(n: int, edges: Edges, scores: NDArray[np.floating], min_hits: int = 1) -> NDArray[np.int64]:
    """(n,): labels where the edges (2, E), each from one hit to a later one, may branch, but tracks do not.

    Edges are taken by falling score (E,), of equal ones the first, where neither does their start already have a way
    out nor their end a way in. So each hit has at most one neighbour on each side. -1 as in `connected_components`."""
    check_edges(n, edges)
    _check_scores(edges, scores)
    source, target = edges[:, np.argsort(-scores, kind="stable")]
    left = np.nonzero(source != target)[0]
    taken = []
    out, into = np.zeros(n, bool), np.zeros(n, bool)
    while len(left):
        # An edge that is the best of both its ends is taken in any order: all of these at once.
        first = _first(n, source[left], left) & _first(n, target[left], left)
        chosen = left[first]
        taken.append(chosen)
        out[source[chosen]], into[target[chosen]] = True, True
        left = left[~(out[source[left]] | into[target[left]])]
    kept = np.concatenate([*taken, np.zeros(0, np.int64)])
    return connected_components(n, np.stack([source[kept], target[kept]]), min_hits)


def walk(n: int, edges: Edges, scores: NDArray[np.floating], min_hits: int = 1) -> NDArray[np.int64]:
    """(n,): labels by connected components, of which those that branch are split into `best_paths`.

    For graphs whose true edges join consecutive hits; where they join all near hits of a particle, they branch too.

    A component branches where one of its hits has two edges that end there or two that start there. It is nearly always
    more than one particle; one that does not branch is left as it is."""
    whole = connected_components(n, edges)
    branching = np.zeros(int(whole.max(initial=-1)) + 1, bool)
    for ends in edges:
        branching[whole[np.bincount(ends, minlength=n) > 1]] = True
    split = branching[whole[edges[0]]]
    parts = best_paths(n, edges[:, split], scores[split])
    return numbered(np.where(branching[whole], parts + len(branching), whole), min_hits)


def _first(n: int, ends: NDArray[np.int64], rank: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each edge, of rising rank, is the first of all with the same end."""
    best = np.full(n, np.iinfo(np.int64).max)
    best[ends[::-1]] = rank[::-1]  # the last one written stays: the first
    found: NDArray[np.bool_] = best[ends] == rank
    return found


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


def _check_scores(edges: Edges, scores: NDArray[np.floating]) -> None:
    if scores.shape != edges.shape[1:]:
        raise DataError(f"scores: found the shape {scores.shape}, expected one for each of {edges.shape[1]} edges")
    if np.isnan(scores).any():
        raise DataError(f"scores: edge {int(np.argmax(np.isnan(scores)))} has the score NaN")
