"""A sparse convolution by its kernel map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.ir.layers.base import Layer
from codesign.ir.layers.rows.sets import check_index
from codesign.ir.tensor import Floats, Tensor


@dataclass(frozen=True, eq=False)
class KernelMapConv(Layer):
    """KernelMapConv(x, map): y[n] = sum over k of x[map[n, k]] @ weights[k] (+ bias), missing neighbours counted as 0.

    `weights` are (K, n_in, n_out), one matrix for each offset of the kernel. The map has, for each voxel of the result,
    its K neighbours among the voxels of `x`: (n, K) row numbers, the number of rows of `x` where there is none. A
    strided convolution has a map from the coarse voxels to the fine ones, a transposed one the opposite; nothing else
    tells them apart. As a graph input the map is an index with `missing`:
    `Input(Tensor.of_index((27,), rows="voxels_0", index="voxels_0", missing=True))`.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64] | None = None

    def rows(self, *inputs: Tensor) -> str:
        return inputs[1].rows

    def result(self, *inputs: Tensor) -> Tensor:
        x, neighbours = inputs
        if self.weights.ndim != 3 or (self.bias is not None and self.bias.shape != self.weights.shape[2:]):
            bias = "" if self.bias is None else f" and a bias of shape {self.bias.shape}"
            raise LayerError(f"weights of shape {self.weights.shape}{bias} are no matrix for each offset of a kernel")
        k, n, m = self.weights.shape
        if x.index or x.shape != (n,):
            raise LayerError(f"weights for {n} channels cannot multiply an input of shape {x.shape}")
        check_index(neighbours, x.rows, shape=(k,), missing=True)
        return Tensor((m,))

    def floats(self, *inputs: Floats) -> Floats:
        x, neighbours = inputs
        padded = np.concatenate([x, np.zeros((1, x.shape[1]))])
        y = np.zeros((len(neighbours), self.weights.shape[2]))
        for k, matrix in enumerate(self.weights):
            y += padded[neighbours[:, k]] @ matrix
        return y if self.bias is None else y + self.bias
