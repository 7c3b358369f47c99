"""Track numbers where the edges are: `labelling.connected_components` for torch tensors on any device."""

from __future__ import annotations

import torch
from torch import Tensor

from codesign.errors import DataError
from codesign.gpu.fast.dispatch import kernels_run


def connected_components(n: int, edges: Tensor, min_hits: int = 1, kernels: bool | None = None) -> Tensor:
    """(n,) int64: the component that each of n hits is in, numbered from 0 by its first hit; -1 where it has fewer
    than `min_hits`. The same numbers as those of `codesign.gpu.tracking.labelling.connected_components`, from edges
    (2, E) int64; DataError where one ends at a hit that there is not. By kernels where they run, or as `kernels` says.
    """
    if edges.ndim != 2 or edges.shape[0] != 2 or edges.dtype != torch.int64:
        raise DataError(f"edges: found {edges.dtype} of shape {tuple(edges.shape)}, expected int64 (2, E)")
    if edges.numel() and not 0 <= int(edges.min()) <= int(edges.max()) < n:
        raise DataError(f"edges: some end outside of the hits 0..{n - 1}")
    if kernels_run(edges.device) if kernels is None else kernels:
        from codesign.gpu.fast.kernels.components import roots

        return numbered(roots(n, edges), min_hits)
    return numbered(roots_torch(n, edges), min_hits)


def roots_torch(n: int, edges: Tensor) -> Tensor:
    """(n,): the first hit of each hit's component, by rounds of hooking and pointer jumping.

    In a round the larger root of every edge that joins two is hooked onto the smallest root across, then all pointers
    are shortened until they point at roots. Every root with a smaller neighbour vanishes, so rounds are few.
    """
    parent = torch.arange(n, device=edges.device)
    first, second = edges[0], edges[1]
    while True:
        a, b = parent[first], parent[second]
        apart = a != b
        if not bool(apart.any()):
            return parent
        first, second, a, b = first[apart], second[apart], a[apart], b[apart]
        parent = parent.scatter_reduce(0, torch.maximum(a, b), torch.minimum(a, b), "amin")
        while True:
            up = parent[parent]
            if bool((up == parent).all()):
                break
            parent = up


def numbered(root: Tensor, min_hits: int) -> Tensor:
    """The components, given by the first hit of each, numbered in that order; -1 for those of fewer hits."""
    size = torch.bincount(root, minlength=len(root))
    kept = (root == torch.arange(len(root), device=root.device)) & (size >= min_hits)
    number = torch.where(kept, kept.long().cumsum(0) - 1, torch.full_like(root, -1))
    return number[root]
