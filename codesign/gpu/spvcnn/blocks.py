"""What SPVCNN is built of, in plain PyTorch: gather, a matrix product per tap, index_add."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from codesign.gpu.spvcnn.cloud import Cloud, Map


class SparseConv(nn.Module):
    """A sparse convolution without bias; `weight` (taps, in, out) in the order of the map's taps."""

    def __init__(self, inputs: int, outputs: int, taps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(taps, inputs, outputs))
        bound = 1 / math.sqrt(inputs * taps)
        nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, x: Tensor, map: Map) -> Tensor:
        out = x.new_zeros(map.rows, self.weight.shape[2])
        for weight, read, made in zip(self.weight, map.inputs, map.outputs, strict=True):
            if read is None or made is None:
                out += x @ weight
            elif len(read):
                out.index_add_(0, made, x[read] @ weight)
        return out


class Norm(nn.BatchNorm1d):
    """Batch norm over rows. Training on fewer than two rows, which have no variance, it uses the averages it has."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) < 2:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        return super().forward(x)


class ConvBlock(nn.Module):
    """A sparse convolution, batch norm, and a ReLU unless `bare`."""

    def __init__(self, inputs: int, outputs: int, taps: int, bare: bool = False) -> None:
        super().__init__()
        self.conv = SparseConv(inputs, outputs, taps)
        self.norm = Norm(outputs)
        self.bare = bare

    def forward(self, x: Tensor, map: Map) -> Tensor:
        y: Tensor = self.norm(self.conv(x, map))
        return y if self.bare else torch.relu(y)


class Residual(nn.Module):
    """relu(two submanifold convolutions + shortcut); the shortcut is x, or a linear layer where channels change."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = ConvBlock(inputs, outputs, 27)
        self.second = ConvBlock(outputs, outputs, 27, bare=True)
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(nn.Linear(inputs, outputs, bias=False), Norm(outputs))

    def forward(self, x: Tensor, map: Map) -> Tensor:
        y: Tensor = self.second(self.first(x, map), map) + self.shortcut(x)
        return torch.relu(y)


class Stage(nn.Module):
    """Two residual blocks on one level."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = Residual(inputs, outputs)
        self.second = Residual(outputs, outputs)

    def forward(self, x: Tensor, map: Map) -> Tensor:
        y: Tensor = self.second(self.first(x, map), map)
        return y


def point_transform(inputs: int, outputs: int) -> nn.Sequential:
    """A layer of the point branch: linear, batch norm, ReLU."""
    return nn.Sequential(nn.Linear(inputs, outputs), Norm(outputs), nn.ReLU())


def branch(inputs: int, outputs: int, layers: int) -> nn.Sequential:
    """`layers` linear layers as wide as the input, ReLU between them."""
    hidden = [m for _ in range(layers - 1) for m in (nn.Linear(inputs, inputs), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(inputs, outputs))


def to_voxels(z: Tensor, cloud: Cloud, level: int) -> Tensor:
    """The mean of the points' features in each voxel of a level."""
    counts = cloud.counts[level]
    return z.new_zeros(len(counts), z.shape[1]).index_add(0, cloud.voxel[level], z) / counts


def to_points(x: Tensor, cloud: Cloud, level: int) -> Tensor:
    """The voxels' features at the points."""
    return (x[cloud.indices[level]] * cloud.weights[level][:, :, None]).sum(dim=1)
