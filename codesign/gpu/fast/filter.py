"""The filter on one device: what nodes have of its first layer once for each, then tiles of edges."""

from __future__ import annotations

import torch
from torch import Tensor

from codesign.gpu.fast.dispatch import kernels_run
from codesign.gpu.fast.layers import EdgeMLP
from codesign.gpu.tracking.models.filter import Filter

_BLOCK = 1 << 16
"""Edges that plain torch takes at a time: its hidden layers are 4 kB of float32 for each."""


class FastFilter:
    """(n, inputs / 2) float32 features and (2, E) edges to logits (E,) float32.

    Activations and products are in `dtype` (float32 or float16), sums and norms in float32. By the kernel where it runs
    and fits, or as `kernels` says; by plain torch else."""

    def __init__(self, module: Filter, device: torch.device, dtype: torch.dtype, kernels: bool | None = None) -> None:
        self.dtype = dtype
        self.network = EdgeMLP.of(module.network, module.settings.inputs // 2, device, dtype)
        self.kernel = None
        if kernels_run(device) if kernels is None else kernels:
            from codesign.gpu.fast.kernels.filter import FilterKernel, fits

            self.kernel = FilterKernel(self.network) if fits(self.network) else None

    def __call__(self, x: Tensor, edges: Tensor) -> Tensor:
        """The logits of the edges."""
        on_nodes = self.network.on_nodes(x.to(self.dtype))
        if self.kernel is not None:
            return self.kernel(on_nodes, edges)
        blocks = [edges[:, k : k + _BLOCK] for k in range(0, edges.shape[1], _BLOCK)] or [edges]
        return torch.cat([self.network(on_nodes, block).reshape(-1).float() for block in blocks])
