"""SPVCNN as a network on points and the voxels of five levels, and its inputs from a cloud.

The sets of rows are `points` and `voxels_0` (the finest) to `voxels_4`. Kernel maps, the voxel of each point and the
interpolations are inputs, which `prepare` makes with numpy; nothing in the network searches.

Interpolation is linear, so what is linear behind it comes first where that is less to compute:

- a linear layer with no more outputs than inputs is applied to the voxels, of which there are few, and its results are
  interpolated;
- the mean over a voxel's points of what they read is read by the voxel itself (`near`): all its points have the same
  eight voxels around them, so the weights are means of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.networks.weights import Weights
from codesign.gpu.rewrites.fold_batchnorm import folded
from codesign.gpu.spvcnn.kernel_maps import KernelMap
from codesign.gpu.spvcnn.settings import Settings
from codesign.gpu.spvcnn.tables import FUSED, LEVELS, tables
from codesign.gpu.spvcnn.voxels import Integers, segment_sum
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, BatchNorm, Concat, Input, Layer, Relu, Reshape, Sigmoid, Slice
from codesign.ir.layers.rows import Devoxelize, KernelMapConv, Linear, SegmentSum, Weigh
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.ir.verify import verify

POINTS = "points"
EPSILON = Fraction(1, 100_000)
"""What PyTorch's batch norm adds to the variance."""


def spvcnn(checkpoint: Checkpoint) -> Graph:
    """features (points, inputs) and tables -> semantic logits (points, classes), beta (points,) in 0..1, embedding
    (points, 5); as `codesign.gpu.spvcnn.model.SPVCNN` in evaluation mode."""
    drawing = _Drawing(checkpoint)
    c = drawing.settings.channels
    drawing.inputs()
    x = drawing.mean("features", 0)
    for k in range(2):
        x = drawing.block(f"stem.{k}", x, "around_0")
    skips = [x]
    z = Fused(x, 0)
    x = drawing.voxels(z)
    for level in range(4):
        x = drawing.block(f"down.{level}", x, f"down_{level}")
        x = drawing.stage(f"encode.{level}", x, level + 1, c[level], c[level + 1])
        skips.append(x)
    for fusion, level in enumerate((4, 2)):
        z = Fused(x, level, drawing.transformed(fusion, z))
        x = drawing.voxels(z)
        for step in (2 * fusion, 2 * fusion + 1):
            finer = 3 - step
            x = drawing.block(f"up.{step}", x, f"up_{finer}")
            x = drawing.add(f"decode_{step}_inputs", Concat(), x, skips[finer])
            x = drawing.stage(f"decode.{step}", x, finer, c[5 + step] + c[finer], c[5 + step])
    return drawing.finished(drawing.points(Fused(x, 0, drawing.transformed(2, z))))


@dataclass(frozen=True)
class Fused:
    """What the points have: voxels' features `x` of a level, which they read, and their `own` branch, added to that."""

    x: str
    level: int
    own: str | None = None


def prepare(
    checkpoint: Checkpoint,
    points: NDArray[np.floating],
    features: NDArray[np.floating],
    events: Integers | None = None,
) -> dict[str, np.ndarray]:
    """The network's inputs for a cloud: `points` (n, 3), `features` (n, inputs), `events` (n,) where there are several.

    ModelError for points that are not finite or outside the grid, and features that are not finite or not of these
    points. A cloud without points has inputs without rows.
    """
    settings = Settings.read(checkpoint.settings, "spvcnn checkpoint")
    check_features(settings, points, features)
    found = tables(settings.grid, points, events, nearest=settings.nearest)
    inputs: dict[str, np.ndarray] = {"features": features.astype(np.float32)}
    for level in FUSED:
        counts = np.bincount(found.voxel[level], minlength=found.rows[level])
        inputs[f"voxel_{level}"] = found.voxel[level]
        inputs[f"share_{level}"] = (1 / counts).astype(np.float32)[:, None]
        inputs[f"corners_{level}"] = found.reads[level].indices
        inputs[f"weights_{level}"] = found.reads[level].weights.astype(np.float32)
        first = np.unique(found.voxel[level], return_index=True)[1]
        total = segment_sum(found.reads[level].weights, found.voxel[level], len(counts))
        inputs[f"near_{level}"] = found.reads[level].indices[first]
        inputs[f"near_weights_{level}"] = (total / counts[:, None]).astype(np.float32)
    for kind, maps in (("around", found.around), ("down", found.down), ("up", found.up)):
        inputs |= {f"{kind}_{level}": _table(map) for level, map in enumerate(maps)}
    return inputs


def check_features(settings: Settings, points: NDArray[np.floating], features: NDArray[np.floating]) -> None:
    """ModelError for features that are not finite, or not of these points (n, 3)."""
    if features.shape != (len(points), settings.inputs):
        raise ModelError(f"features: found {features.shape}, expected ({len(points)}, {settings.inputs})")
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if bad.size:
        raise ModelError(f"features: those of point {bad[0]} are not finite, and of {bad.size} points in all")


def _table(map: KernelMap) -> Integers:
    """The map with the number of input rows where no voxel is."""
    return np.where(map.table < 0, map.inputs, map.table)


class _Drawing:
    """The graph so far and the weights that it takes."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.weights = Weights(checkpoint)
        self.settings = Settings.read(checkpoint.settings, "spvcnn checkpoint")
        self.graph = Graph("spvcnn")

    def inputs(self) -> None:
        """All inputs, in the order of `prepare`."""
        self.add("features", Input(Tensor((self.settings.inputs,), rows=POINTS)))
        for level in FUSED:
            voxels = f"voxels_{level}"
            self.add(f"voxel_{level}", Input(Tensor.of_index((), rows=POINTS, index=voxels)))
            self.add(f"share_{level}", Input(Tensor((1,), rows=voxels)))
            self.add(f"corners_{level}", Input(Tensor.of_index((8,), rows=POINTS, index=voxels)))
            self.add(f"weights_{level}", Input(Tensor((8,), rows=POINTS)))
            self.add(f"near_{level}", Input(Tensor.of_index((8,), rows=voxels, index=voxels)))
            self.add(f"near_weights_{level}", Input(Tensor((8,), rows=voxels)))
        for level in range(LEVELS):
            self._map(f"around_{level}", 27, level, level)
        for level in range(LEVELS - 1):
            self._map(f"down_{level}", 8, level + 1, level)
        for level in range(LEVELS - 1):
            self._map(f"up_{level}", 8, level, level + 1)

    def _map(self, name: str, taps: int, outputs: int, inputs: int) -> None:
        table = Tensor.of_index((taps,), rows=f"voxels_{outputs}", index=f"voxels_{inputs}", missing=True)
        self.add(name, Input(table))

    def add(self, name: str, layer: Layer, *inputs: str, origin: str = "") -> str:
        """A new node's name."""
        return self.graph.add(self.graph.fresh(name), layer, *inputs, origin=origin).name

    def mean(self, z: str, level: int) -> str:
        """The mean of the points' features in each voxel."""
        share = f"share_{level}"
        total = self.add(f"sum_{level}", SegmentSum(), z, f"voxel_{level}", share)
        return self.add(f"mean_{level}", Weigh(), total, share)

    def voxels(self, z: Fused) -> str:
        """The mean of what the points of each voxel have, on the level that they read."""
        inputs = (f"near_{z.level}", f"near_weights_{z.level}")
        read = self.add(f"at_voxels_{z.level}", Devoxelize(8), z.x, *inputs)
        if z.own is None:
            return read
        return self.add(f"voxels_sum_{z.level}", Add(), read, self.mean(z.own, z.level))

    def points(self, z: Fused) -> str:
        """What each point has."""
        read = self.read(z.x, z.level)
        return read if z.own is None else self.add(f"points_sum_{z.level}", Add(), read, z.own)

    def read(self, x: str, level: int) -> str:
        """The voxels' features at the points."""
        return self.add(f"at_points_{level}", Devoxelize(8), x, f"corners_{level}", f"weights_{level}")

    def block(self, module: str, x: str, map: str, bare: bool = False) -> str:
        """A sparse convolution, batch norm, and a ReLU unless `bare`."""
        key = f"{module}.conv.weight"
        taps = self.graph[map].type.shape[0]
        weights = self.weights.array(key, 3)
        expected = (taps, self.graph[x].type.channels)
        if weights.shape[:2] != expected:
            raise self.weights.fail(f"weights {key} have the shape {weights.shape}, expected {(*expected, '...')}")
        x = self.add(_name(module, "conv"), KernelMapConv(weights), x, map, origin=f"{module}.conv")
        x = self.norm(f"{module}.norm", x)
        return x if bare else self.add(_name(module, "relu"), Relu(), x)

    def norm(self, module: str, x: str) -> str:
        """A batch norm with the averages it has."""
        return self.add(_name(module), self.norm_of(module, self.graph[x].type.channels), x, origin=module)

    def norm_of(self, module: str, channels: int) -> BatchNorm:
        """The same as a layer."""
        vectors = {}
        for part in ("weight", "bias", "running_mean", "running_var"):
            found = self.weights.array(f"{module}.{part}", 1)
            if found.shape != (channels,):
                raise self.weights.fail(f"weights {module}.{part} have the shape {found.shape}, expected {(channels,)}")
            vectors[part] = Vector.of(found)
        if min(vectors["running_var"].values) < 0:
            raise self.weights.fail(f"weights {module}.running_var are variances, and some are negative")
        return BatchNorm(vectors["weight"], vectors["bias"], vectors["running_mean"], vectors["running_var"], EPSILON)

    def stage(self, module: str, x: str, level: int, inputs: int, outputs: int) -> str:
        """Two residual blocks."""
        for part, width in (("first", inputs), ("second", outputs)):
            block = f"{module}.{part}"
            y = self.block(f"{block}.first", x, f"around_{level}")
            y = self.block(f"{block}.second", y, f"around_{level}", bare=True)
            if width != outputs:
                matrix = self.weights.array(f"{block}.shortcut.0.weight", 2)
                x = self.add(_name(block, "shortcut"), Linear(np.ascontiguousarray(matrix.T)), x)
                x = self.norm(f"{block}.shortcut.1", x)
            x = self.add(_name(block, "relu"), Relu(), self.add(_name(block, "sum"), Add(), y, x))
        return x

    def transformed(self, fusion: int, z: Fused) -> str:
        """The points' own branch one fusion on: linear, batch norm (folded into it) and ReLU of what they have."""
        module = f"points.{fusion}"
        linear = self.weights.linear(f"{module}.0")
        layer = folded(linear, self.norm_of(f"{module}.1", linear.weights.shape[1]))
        assert isinstance(layer, Linear)
        name = _name(module, "linear")
        inputs, outputs = layer.weights.shape
        if outputs > inputs:
            total = self.add(name, layer, self.points(z), origin=f"{module}.0")
        else:
            of_voxels = Linear(layer.weights, layer.bias if z.own is None else None)
            total = self.read(self.add(f"{name}_of_voxels", of_voxels, z.x, origin=f"{module}.0"), z.level)
            if z.own is not None:
                total = self.add(_name(module, "sum"), Add(), total, self.add(name, layer, z.own, origin=f"{module}.0"))
        return self.add(_name(module, "relu"), Relu(), total)

    def branch(self, module: str, z: str, layers: int) -> str:
        """Linear layers with ReLU between them."""
        for k in range(layers):
            name = f"{module}.{2 * k}"
            z = self.add(_name(name), self.weights.linear(name), z, origin=name)
            if k < layers - 1:
                z = self.add(_name(name, "relu"), Relu(), z)
        return z

    def finished(self, z: str) -> Graph:
        """The network with its two branches; ModelError if weights are left over."""
        settings = self.settings
        semantic = self.branch("semantic", z, settings.semantic_layers)
        instance = self.branch("instance", z, 2)
        for name, result, width in (
            ("semantic", semantic, settings.classes),
            ("instance", instance, 1 + settings.embedding),
        ):
            if self.graph[result].type.shape != (width,):
                found = self.graph[result].type.channels
                raise self.weights.fail(
                    f"the {name} branch gives {found} numbers for a point, its settings say {width}"
                )
        first = self.add("beta_probability", Sigmoid(), self.add("beta_logit", Slice(0, 1), instance))
        beta = self.add("beta_column", Reshape(()), first)
        embedding = self.add("embedding_columns", Slice(1, 1 + settings.embedding), instance)
        self.weights.all_used()
        for origin, source in (("semantic", semantic), ("beta", beta), ("embedding", embedding)):
            self.graph.outputs.append(Output(origin, source, origin))
        verify(self.graph, "building")
        return self.graph


def _name(*parts: str) -> str:
    return "_".join(parts).replace(".", "_")
