"""Values of voxels at points between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.layers.rows.sets import check_index
from codesign.ir.tensor import Floats, Tensor


@dataclass(frozen=True)
class Devoxelize(Layer):
    """Devoxelize(x, corners, weights): y[p] = sum over i of weights[p, i] * x[corners[p, i]], missing voxels as 0.

    A point has `corners` (8 for trilinear interpolation), row numbers of the voxels around it, and a weight for each.
    """

    corners: int = 8

    def rows(self, *inputs: Tensor) -> str:
        _, corners, weights = inputs
        return super().rows(corners, weights)

    def result(self, *inputs: Tensor) -> Tensor:
        x, corners, weights = inputs
        check_index(corners, x.rows, shape=(self.corners,), missing=True)
        if weights.index or weights.shape != (self.corners,):
            raise LayerError(f"{self.corners} weights for each point are expected, found {weights}")
        if x.index or len(x.shape) != 1:
            raise LayerError(f"channels for each voxel are expected, found {x}")
        return Tensor(x.shape)

    def floats(self, *inputs: Floats) -> Floats:
        x, corners, weights = inputs
        padded = np.concatenate([x, np.zeros((1, x.shape[1]))])
        y: Floats = np.einsum("pi,pic->pc", weights, padded[corners])
        return y
