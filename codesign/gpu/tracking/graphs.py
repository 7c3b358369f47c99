"""Graphs of hits: who is near whom, which way the edges run, and which edges are true."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from codesign.errors import DataError
from codesign.gpu.tracking.events import Event

Edges = NDArray[np.int64]
"""(2, E): the two ends of each edge, as rows of the hits."""


def radius_graph(points: NDArray[np.floating], radius: float, max_neighbours: int | None = None) -> Edges:
    """(2, E): every pair of points of (n, d) that are at most `radius` apart, once, with the lower row first, sorted.

    With `max_neighbours` a pair stays where one end is among that many nearest of the other. This bounds the edges by
    n * max_neighbours, whatever the points are. DataError where a coordinate is not finite."""
    points = points.astype(np.float64)
    if points.ndim != 2:
        raise DataError(f"radius graph: the points have the shape {points.shape}, expected (n, d)")
    if not radius > 0 or not np.isfinite(radius):
        raise DataError(f"radius graph: the radius is {radius}, expected a number above 0")
    if max_neighbours is not None and max_neighbours < 1:
        raise DataError(f"radius graph: max_neighbours is {max_neighbours}, expected at least 1")
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"radius graph: point {row} has the coordinates {points[row].tolist()}; leave such points out")
    if len(points) < 2:
        return np.zeros((2, 0), np.int64)
    tree = cKDTree(points)
    if max_neighbours is None:
        return unique(tree.query_pairs(radius, output_type="ndarray").T, len(points))
    # Neighbours in space become neighbours in memory, which halves the time of the search.
    order = np.asarray(tree.indices, np.int64)
    return unique(order[_nearest(points[order], radius, min(max_neighbours, len(points) - 1))], len(points))


def _nearest(points: NDArray[np.floating], radius: float, k: int) -> Edges:
    """Each point with its k nearest within the radius."""
    n, tree = len(points), cKDTree(points)
    # The bound of scipy is exclusive, ours is not. A point finds itself among its k + 1 nearest, unless k + 1 others
    # lie on the very same spot.
    _, found = tree.query(points, k=k + 1, distance_upper_bound=np.nextafter(radius, np.inf))
    near = np.asarray(found, np.int64)
    keep = (near != n) & (near != np.arange(n)[:, None])
    keep &= np.cumsum(keep, axis=1) <= k
    return np.stack([np.repeat(np.arange(n), keep.sum(axis=1)), near[keep]])


def unique(edges: NDArray[np.integer], n: int) -> Edges:
    """The edges between n points without direction: each once, lower row first, sorted, none from a point to itself."""
    low, high = np.minimum(edges[0], edges[1]).astype(np.int64), np.maximum(edges[0], edges[1]).astype(np.int64)
    key = np.sort((low * n + high)[low != high])  # numpy.unique hashes, which takes 50 times as long
    return np.stack(np.divmod(key[np.diff(key, prepend=-1) > 0], max(n, 1)))


def directed(edges: Any, order: Any, m: Any = np) -> Any:
    """The edges (2, E), each from the end with the lower `order` (n,) to the other; of equal ends from the lower row.
    Both are arrays of `m`, numpy or torch."""
    first, second = order[edges[0]], order[edges[1]]
    swap = (first > second) | ((first == second) & (edges[0] > edges[1]))
    return m.where(swap, m.flip(edges, (0,)), edges)


def truth_edges(event: Event) -> Edges:
    """(2, E): consecutive hits of each particle, in the order in which it made them.

    The order is the distance of the true positions, or of the hits where those are not known, from its vertex. Along a
    helix that rises for half a turn, also where two modules of one layer overlap and both have a hit."""
    of = event.row_of_particle()
    rows = np.nonzero(of >= 0)[0]
    if not len(rows):
        return np.zeros((2, 0), np.int64)
    places = event.hits if event.truth is None else event.truth[:, :3]
    distance = np.linalg.norm(places[rows] - event.particles["vertex"][of[rows]], axis=1)
    path = rows[np.lexsort((distance, of[rows]))]
    same = of[path[:-1]] == of[path[1:]]
    return np.stack([path[:-1][same], path[1:][same]]).astype(np.int64)


def edge_truth(edges: Edges, true: Edges, n: int) -> NDArray[np.bool_]:
    """(E,): whether each edge is one of `true`, in either direction."""
    wanted = np.append(np.sort(_keys(true, n)), np.iinfo(np.int64).max)
    keys = _keys(edges, n)
    found: NDArray[np.bool_] = wanted[np.searchsorted(wanted, keys)] == keys
    return found


def same_particle(event: Event, edges: Edges) -> NDArray[np.bool_]:
    """(E,): whether both ends are hits of one particle."""
    first, second = event.particle[edges[0]], event.particle[edges[1]]
    same: NDArray[np.bool_] = (first == second) & (first != 0)
    return same


def _keys(edges: Edges, n: int) -> NDArray[np.int64]:
    keys: NDArray[np.int64] = np.minimum(edges[0], edges[1]) * n + np.maximum(edges[0], edges[1])
    return keys
