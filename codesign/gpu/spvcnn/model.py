"""SPVCNN in PyTorch: a sparse U-Net on voxels with a branch on the points, a semantic and an instance branch.

The backbone is that of Tang et al., "Searching Efficient 3D Architectures with Sparse Point-Voxel Convolution"
(arXiv:2007.16100, SPVCNN): points meet voxels behind the stem, at the coarsest level, at a quarter of the resolution,
and in the end. Its input are a cloud's features and its `Tables`, so that nothing here searches or sorts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.spvcnn.blocks import ConvBlock, Stage, branch, point_transform, to_points, to_voxels
from codesign.gpu.spvcnn.cloud import Cloud
from codesign.gpu.spvcnn.settings import Settings

COUNTER = "num_batches_tracked"
"""A batch norm's counter, which is no weight: it is not kept in a checkpoint."""


class Prediction(NamedTuple):
    """For each point: `semantic` logits (points, classes), `beta` (points,) in 0..1, `embedding` (points, 5)."""

    semantic: Tensor
    beta: Tensor
    embedding: Tensor


class SPVCNN(nn.Module):
    """`forward(features (points, inputs), cloud)` gives the predictions; a cloud without points gives empty ones."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        c = settings.channels
        self.stem = nn.ModuleList([ConvBlock(settings.inputs, c[0], 27), ConvBlock(c[0], c[0], 27)])
        self.down = nn.ModuleList([ConvBlock(c[k], c[k], 8) for k in range(4)])
        self.encode = nn.ModuleList([Stage(c[k], c[k + 1]) for k in range(4)])
        self.up = nn.ModuleList([ConvBlock(c[4 + k], c[5 + k], 8) for k in range(4)])
        self.decode = nn.ModuleList([Stage(c[5 + k] + c[3 - k], c[5 + k]) for k in range(4)])
        self.points = nn.ModuleList([point_transform(c[i], c[j]) for i, j in ((0, 4), (4, 6), (6, 8))])
        self.dropout = nn.Dropout(settings.dropout)
        self.semantic = branch(c[8], settings.classes, settings.semantic_layers)
        self.instance = branch(c[8], 1 + settings.embedding, 2)

    def forward(self, features: Tensor, cloud: Cloud) -> Prediction:
        z = self.backbone(features, cloud)
        instance = self.instance(z)
        return Prediction(self.semantic(z), torch.sigmoid(instance[:, 0]), instance[:, 1:])

    def backbone(self, features: Tensor, cloud: Cloud) -> Tensor:
        """The points' features (points, channels[8])."""
        if features.ndim != 2 or features.shape[1] != self.settings.inputs:
            raise ModelError(f"spvcnn: features {tuple(features.shape)}, expected (points, {self.settings.inputs})")
        if len(features) != len(cloud.voxel[0]):
            raise ModelError(f"spvcnn: features of {len(features)} points, a cloud of {len(cloud.voxel[0])}")
        x = to_voxels(features, cloud, 0)
        for block in self.stem:
            x = block(x, cloud.around[0])
        skips = [x]
        z = to_points(x, cloud, 0)
        x = to_voxels(z, cloud, 0)
        for level in range(4):
            x = self.down[level](x, cloud.down[level])
            x = self.encode[level](x, cloud.around[level + 1])
            skips.append(x)
        z = to_points(x, cloud, 4) + self.points[0](z)
        x = self.dropout(to_voxels(z, cloud, 4))
        x = self._rise(x, 0, cloud, skips)
        x = self._rise(x, 1, cloud, skips)
        z = to_points(x, cloud, 2) + self.points[1](z)
        x = self.dropout(to_voxels(z, cloud, 2))
        x = self._rise(x, 2, cloud, skips)
        x = self._rise(x, 3, cloud, skips)
        return to_points(x, cloud, 0) + self.points[2](z)

    def _rise(self, x: Tensor, step: int, cloud: Cloud, skips: list[Tensor]) -> Tensor:
        """One level finer, from level 4 - step, joined with what the way down left there."""
        level = 3 - step
        x = self.up[step](x, cloud.up[level])
        y: Tensor = self.decode[step](torch.cat([x, skips[level]], dim=1), cloud.around[level])
        return y


def parameters(module: nn.Module) -> int:
    """How many trainable numbers there are."""
    return sum(p.numel() for p in module.parameters())


def to_checkpoint(module: SPVCNN) -> Checkpoint:
    """The settings and weights of the network."""
    state = {k: v for k, v in module.state_dict().items() if not k.endswith(COUNTER)}
    weights = {k: v.detach().cpu().numpy().astype(np.float32) for k, v in state.items()}
    return Checkpoint("spvcnn", module.settings.mapping(), weights)


def from_checkpoint(checkpoint: Checkpoint) -> SPVCNN:
    """The network, in evaluation mode; ModelError where kind, settings or weights do not fit."""
    if checkpoint.kind != "spvcnn":
        raise ModelError(f"checkpoint: its kind is {checkpoint.kind}, expected spvcnn")
    module = SPVCNN(Settings.read(checkpoint.settings))
    state = module.state_dict()
    wanted = {k for k in state if not k.endswith(COUNTER)}
    for key in sorted(wanted ^ set(checkpoint.weights)):
        there = "is missing" if key in wanted else "belongs to no part of this network"
        raise ModelError(f"spvcnn: the weight {key} {there}")
    for key in sorted(wanted):
        found, expected = checkpoint.weights[key].shape, tuple(state[key].shape)
        if found != expected:
            raise ModelError(f"spvcnn: the weight {key} has the shape {found}, the settings ask for {expected}")
        state[key] = torch.from_numpy(checkpoint.weights[key].copy())
    module.load_state_dict(state)
    module.eval()
    return module
