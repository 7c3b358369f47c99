"""Connected components as two kernels without a round trip to the host: edges join trees, then pointers jump to roots.

A tree is hooked by atomic minimum on the parent of its root. What the atomic returns says whether the root was one
still; where it was not, the link that was there and the one that was asked for are joined next, so none is lost. The
larger of the two numbers falls with every try, so this ends (the union of Playne and Hawick, IEEE TPDS 29 (2018) 1217).
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

_TILE = 128


@triton.jit
def _root(parent, at, inside):
    """The end of each chain of parents. Another program may shorten it meanwhile: then it ends further down."""
    up = tl.load(parent + at, mask=inside, other=0, volatile=True)
    up = tl.where(inside, up, at)
    while tl.max((up != at).to(tl.int32)) > 0:
        at = up
        up = tl.load(parent + at, mask=inside, other=0, volatile=True)
        up = tl.where(inside, up, at)
    return at


@triton.jit
def _hook(parent, first, second, m, TILE: tl.constexpr):
    """The two ends of every edge get into one tree."""
    edge = tl.program_id(0).to(tl.int64) * TILE + tl.arange(0, TILE)
    todo = edge < m
    a = tl.load(first + edge, mask=todo, other=0)
    b = tl.load(second + edge, mask=todo, other=0)
    while tl.max(todo.to(tl.int32)) > 0:
        a = _root(parent, a, todo)
        b = _root(parent, b, todo)
        low = tl.minimum(a, b)
        high = tl.maximum(a, b)
        todo = todo & (low != high)
        was = tl.atomic_min(parent + high, low, mask=todo)
        was = tl.where(todo, was, high)
        todo = todo & (was != high)
        a = low
        b = was


@triton.jit
def _compress(parent, root, n, TILE: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * TILE + tl.arange(0, TILE)
    inside = at < n
    tl.store(root + at, _root(parent, at, inside), mask=inside)


def roots(n: int, edges: Tensor) -> Tensor:
    """(n,) int64: the first hit of each hit's component. The root of a tree is always its smallest number, so the
    answer does not depend on the order in which edges are looked at."""
    parent = torch.arange(n, device=edges.device)
    root = torch.empty_like(parent)
    m = edges.shape[1]
    if m:
        first, second = edges[0].contiguous(), edges[1].contiguous()
        _hook[(triton.cdiv(m, _TILE),)](parent, first, second, m, TILE=_TILE)
    if n:
        _compress[(triton.cdiv(n, _TILE),)](parent, root, n, TILE=_TILE)
    return root
