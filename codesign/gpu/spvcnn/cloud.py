"""The tables of a cloud as torch tensors, on the device where the network runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from codesign.gpu.spvcnn.kernel_maps import KernelMap
from codesign.gpu.spvcnn.tables import FUSED, Tables


@dataclass(frozen=True)
class Map:
    """The pairs of a kernel map: tap k reads rows `inputs[k]` for rows `outputs[k]`; None: every row for itself."""

    inputs: list[Tensor | None]
    outputs: list[Tensor | None]
    rows: int

    @classmethod
    def of(cls, map: KernelMap, device: torch.device) -> Map:
        pairs = map.pairs
        inputs: list[Tensor | None] = []
        outputs: list[Tensor | None] = []
        for first, last in zip(pairs.starts[:-1].tolist(), pairs.starts[1:].tolist(), strict=True):
            read, made = pairs.inputs[first:last], pairs.outputs[first:last]
            itself = last - first == map.inputs == len(map.table) and np.array_equal(read, made)
            inputs.append(None if itself else torch.from_numpy(read).to(device))
            outputs.append(None if itself else torch.from_numpy(made).to(device))
        return cls(inputs, outputs, len(map.table))


@dataclass(frozen=True)
class Cloud:
    """`Tables` in torch: the maps of levels 0..4, and by fused level the voxel of each point, how many points each
    voxel holds (voxels, 1), and the interpolation's indices and weights (points, 8)."""

    around: list[Map]
    down: list[Map]
    up: list[Map]
    voxel: dict[int, Tensor]
    counts: dict[int, Tensor]
    indices: dict[int, Tensor]
    weights: dict[int, Tensor]

    @classmethod
    def of(cls, tables: Tables, device: torch.device | str = "cpu") -> Cloud:
        """The tables on `device`; weights in float32."""
        place = torch.device(device)
        counts = {k: np.bincount(tables.voxel[k], minlength=tables.rows[k]) for k in FUSED}
        return cls(
            [Map.of(m, place) for m in tables.around],
            [Map.of(m, place) for m in tables.down],
            [Map.of(m, place) for m in tables.up],
            {k: torch.from_numpy(tables.voxel[k]).to(place) for k in FUSED},
            {k: torch.from_numpy(counts[k].astype(np.float32))[:, None].to(place) for k in FUSED},
            {k: torch.from_numpy(tables.reads[k].indices).to(place) for k in FUSED},
            {k: torch.from_numpy(tables.reads[k].weights.astype(np.float32)).to(place) for k in FUSED},
        )
