"""Pairs of points within a radius, found where the points are: `graphs.radius_graph` for tensors on any device."""

from __future__ import annotations

import torch
from torch import Tensor

from codesign.errors import DataError
from codesign.gpu.fast.cells import Cells, cells, check_search
from codesign.gpu.fast.dispatch import kernels_run

_BLOCK = 1 << 22
"""Candidates that plain torch looks at together: it bounds the memory."""


def radius_graph(
    points: Tensor, radius: float, max_neighbours: int | None = None, kernels: bool | None = None
) -> Tensor:
    """(2, E) int64: every pair of the points (n, d) float32 that are at most `radius` apart, once, lower row first,
    sorted; with `max_neighbours` those where one end is among that many nearest of the other.

    The same pairs as those of `codesign.gpu.tracking.graphs.radius_graph`: distances are compared in float64. Of
    neighbours that are equally far the lower row counts as the nearer. By kernels where they run, or as `kernels` says.
    DataError as there.
    """
    check_search(points, radius)
    if max_neighbours is not None and max_neighbours < 1:
        raise DataError(f"radius graph: max_neighbours is {max_neighbours}, expected at least 1")
    n = len(points)
    if n < 2:
        return torch.zeros((2, 0), dtype=torch.int64, device=points.device)
    grid = cells(points, radius)
    if kernels_run(points.device) if kernels is None else kernels:
        from codesign.gpu.fast.kernels.radius import neighbours

        begin, near = neighbours(grid, radius)
        own = torch.repeat_interleave(torch.arange(n, device=points.device), begin.diff())
    else:
        own, near = neighbours_torch(grid, radius)
    if max_neighbours is not None:
        own, near = _nearest(grid.points, grid.order, own, near, max_neighbours)
    first, second = grid.order[own], grid.order[near]
    key = torch.minimum(first, second) * n + torch.maximum(first, second)
    key = torch.unique_consecutive(torch.sort(key).values)
    return torch.stack([torch.div(key, n, rounding_mode="floor"), key % n])


def neighbours_torch(grid: Cells, radius: float) -> tuple[Tensor, Tensor]:
    """Rows of sorted points, each with that of another within the radius: both ways."""
    size = (grid.end - grid.begin).flatten()
    start = grid.begin.flatten()
    row = torch.arange(len(grid.points), device=size.device).repeat(len(grid.begin))
    before = torch.cumsum(size, 0)
    found: list[tuple[Tensor, Tensor]] = []
    begin = 0
    while begin < len(size):
        done = int(before[begin - 1]) if begin else 0
        end = max(begin + 1, int(torch.searchsorted(before, done + _BLOCK, right=True)))
        some = size[begin:end]
        own = torch.repeat_interleave(row[begin:end], some)
        within = torch.arange(len(own), device=size.device) - torch.repeat_interleave(some.cumsum(0) - some, some)
        near = torch.repeat_interleave(start[begin:end], some) + within
        keep = (squared(grid.points, own, near) <= radius * radius) & (own != near)
        found.append((own[keep], near[keep]))
        begin = end
    return torch.cat([o for o, _ in found]), torch.cat([n for _, n in found])


def squared(points: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """(m,) float64: the squared distance of two rows each, in the order of sums that scipy's tree has.

    Four partial sums of every fourth dimension, added from the left, then what is left of the dimensions."""
    parts = (points[first].double() - points[second].double()) ** 2
    whole = parts.shape[1] // 4 * 4
    total = torch.zeros(len(parts), dtype=torch.float64, device=points.device)
    if whole:
        sums = torch.zeros((len(parts), 4), dtype=torch.float64, device=points.device)
        for k in range(0, whole, 4):
            sums = sums + parts[:, k : k + 4]
        total = ((sums[:, 0] + sums[:, 1]) + sums[:, 2]) + sums[:, 3]
    for k in range(whole, parts.shape[1]):
        total = total + parts[:, k]
    return total


def _nearest(points: Tensor, order: Tensor, own: Tensor, near: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Of each row's neighbours the k nearest."""
    at = torch.argsort(order[near], stable=True)
    at = at[torch.argsort(squared(points, own[at], near[at]), stable=True)]
    at = at[torch.argsort(own[at], stable=True)]
    own, near = own[at], near[at]
    count = torch.bincount(own, minlength=len(points))
    rank = torch.arange(len(own), device=own.device) - (count.cumsum(0) - count)[own]
    return own[rank < k], near[rank < k]
