"""The search within a radius as kernels: a count for each point, a prefix sum, and the same search that writes."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from codesign.gpu.fast.cells import Cells

_TILE = 64


@triton.jit
def _search(
    points,
    begin,
    end,
    place,
    found,
    n,
    square,
    unsure,
    RUNS: tl.constexpr,
    D: tl.constexpr,
    D4: tl.constexpr,
    WIDE: tl.constexpr,
    TILE: tl.constexpr,
    WRITE: tl.constexpr,
):
    """One program for each point. Without WRITE `place` gets its number of neighbours; with it `place` says where in
    `found` they go."""
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, WIDE)
    here = tl.load(points + row * D + column, mask=column < D, other=0.0)
    limit = tl.load(square)
    about = limit.to(tl.float32)
    written = tl.zeros((), tl.int64)
    if WRITE:
        written = tl.load(place + row)
    for run in range(RUNS):
        low = tl.load(begin + run * n + row)
        high = tl.load(end + run * n + row)
        for start in range(low, high, TILE):
            other = start + tl.arange(0, TILE)
            inside = (other < high) & (other != row)
            there = inside[:, None] & (column < D)[None, :]
            apart = tl.load(points + other[:, None] * D + column[None, :], mask=there, other=0.0) - here[None, :]
            near = tl.sum(apart * apart, axis=1)
            keep = inside & (near <= about)
            # float32 cannot tell what is this close to the radius; float64 can, in the order of sums of scipy's tree.
            close = inside & (tl.abs(near - about) <= unsure)
            if tl.max(close.to(tl.int32)) > 0:
                s0 = tl.zeros((TILE,), tl.float64)
                s1 = tl.zeros((TILE,), tl.float64)
                s2 = tl.zeros((TILE,), tl.float64)
                s3 = tl.zeros((TILE,), tl.float64)
                for k in tl.static_range(0, D4, 4):
                    a0 = tl.load(points + other * D + k, mask=close, other=0.0).to(tl.float64)
                    a1 = tl.load(points + other * D + k + 1, mask=close, other=0.0).to(tl.float64)
                    a2 = tl.load(points + other * D + k + 2, mask=close, other=0.0).to(tl.float64)
                    a3 = tl.load(points + other * D + k + 3, mask=close, other=0.0).to(tl.float64)
                    a0 -= tl.load(points + row * D + k).to(tl.float64)
                    a1 -= tl.load(points + row * D + k + 1).to(tl.float64)
                    a2 -= tl.load(points + row * D + k + 2).to(tl.float64)
                    a3 -= tl.load(points + row * D + k + 3).to(tl.float64)
                    s0 += a0 * a0
                    s1 += a1 * a1
                    s2 += a2 * a2
                    s3 += a3 * a3
                exact = ((s0 + s1) + s2) + s3
                for k in tl.static_range(D4, D):
                    left = tl.load(points + other * D + k, mask=close, other=0.0).to(tl.float64)
                    left -= tl.load(points + row * D + k).to(tl.float64)
                    exact += left * left
                keep = tl.where(close, exact <= limit, keep)
            ones = keep.to(tl.int32)
            if WRITE:
                tl.store(found + written + tl.cumsum(ones, 0) - 1, other, mask=keep)
            written += tl.sum(ones, 0)
    if not WRITE:
        tl.store(place + row, written)


def neighbours(grid: Cells, radius: float) -> tuple[Tensor, Tensor]:
    """begin (n + 1,) and near (m,): the rows of the sorted points within the radius of row i are
    near[begin[i]:begin[i + 1]], in rising order within a run. The size m is read back once, to make room."""
    points, device = grid.points, grid.points.device
    n, d = points.shape
    square = torch.tensor([radius * radius], dtype=torch.float64, device=device)
    # Of a sum of d squared differences in float32: (d + 2) roundings, with those of its terms, of at most 2^-24 each,
    # and one of the limit. Twice that, and twice again for pairs on the other side.
    unsure = radius * radius * (d + 3) * 2.0**-22
    count = torch.empty(n, dtype=torch.int64, device=device)
    # Without fused multiply-adds float64 rounds as scipy does.
    launch = {"num_warps": 2, "enable_fp_fusion": False}
    options = {
        "RUNS": len(grid.begin),
        "D": d,
        "D4": d // 4 * 4,
        "WIDE": triton.next_power_of_2(d),
        "TILE": _TILE,
        **launch,
    }
    empty = torch.empty(0, dtype=torch.int64, device=device)
    _search[(n,)](points, grid.begin, grid.end, count, empty, n, square, unsure, WRITE=False, **options)
    begin = torch.zeros(n + 1, dtype=torch.int64, device=device)
    torch.cumsum(count, 0, out=begin[1:])
    near = torch.empty(int(begin[-1]), dtype=torch.int64, device=device)
    _search[(n,)](points, grid.begin, grid.end, begin, near, n, square, unsure, WRITE=True, **options)
    return begin, near
