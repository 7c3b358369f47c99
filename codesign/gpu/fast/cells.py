"""Points sorted by the cell of a grid that they are in, so that those near a point lie in a few runs of rows.

Cells are a little wider than the radius in the first dimensions, three at most; along further ones they have no bound.
Two points within the radius are then in cells that touch. Cells are numbered with the last dimension innermost: the
three that touch along it follow each other, so a point's 3^k neighbour cells are 3^(k-1) runs of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from codesign.errors import DataError

DIMENSIONS = 3
MOST_CELLS = 1 << 20
"""Along one dimension: three such numbers make one below 2^63."""
_WIDER = 1 + 1e-6
"""Cells over the radius. A coordinate over the width, below 2^20, is off by less than 2^-32 in float64."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Points in the order of their cells.

    points  (n, d) float32: the points, sorted
    order   (n,) int64: the row that each had before
    begin   (runs, n) int64: the first row of each run of candidates of a point,
    end     (runs, n) int64: and the row after its last
    """

    points: Tensor
    order: Tensor
    begin: Tensor
    end: Tensor


def check_search(points: Tensor, radius: float) -> None:
    """DataError where points (n, d) of float32 or the radius are none that can be searched."""
    if points.ndim != 2 or points.shape[1] < 1 or points.dtype != torch.float32:
        raise DataError(f"radius graph: found {points.dtype} of shape {tuple(points.shape)}, expected float32 (n, d)")
    if not 1e-15 <= radius <= 1e15:  # its square and the rounding of that are float32 numbers
        raise DataError(f"radius graph: the radius is {radius}, expected 1e-15 to 1e15")
    bad = ~torch.isfinite(points).all(dim=1)
    if bool(bad.any()):
        row = int(bad.int().argmax())
        raise DataError(f"radius graph: point {row} has the coordinates {points[row].tolist()}; leave such points out")


def cells(points: Tensor, radius: float) -> Cells:
    """The points (n, d), n >= 1, in cells for a search within the radius."""
    first = points[:, :DIMENSIONS].double()
    low, high = first.amin(dim=0), first.amax(dim=0)
    width = torch.maximum(torch.full_like(low, radius * _WIDER), (high - low) / (MOST_CELLS - 3))
    at = ((first - low) / width).floor().long() + 1  # an empty cell on each side: no run reaches around a corner
    sizes = at.amax(dim=0) + 2
    stride = torch.ones_like(sizes)
    for k in range(len(sizes) - 2, -1, -1):
        stride[k] = stride[k + 1] * sizes[k + 1]
    key, order = torch.sort((at * stride).sum(dim=1), stable=True)
    outer = len(sizes) - 1
    steps = torch.tensor(list(product((-1, 0, 1), repeat=outer)), dtype=torch.int64, device=points.device)
    middle = key + (steps.reshape(3**outer, outer) * stride[:outer]).sum(dim=1)[:, None]
    begin = torch.searchsorted(key, (middle - 1).contiguous())
    end = torch.searchsorted(key, (middle + 1).contiguous(), right=True)
    return Cells(points[order].contiguous(), order, begin, end)
