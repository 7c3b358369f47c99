"""SPVCNN as a network on points and the voxels of five levels, and its inputs from a cloud.

The sets of rows are `points` and `voxels_0` (the finest) to `voxels_4`. Kernel maps, the voxel of each point and the
interpolations are inputs, which `prepare` makes with numpy; nothing in the network searches or sorts.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.networks.weights import Weights
from codesign.gpu.spvcnn.kernel_maps import KernelMap
from codesign.gpu.spvcnn.settings import Settings
from codesign.gpu.spvcnn.tables import FUSED, LEVELS, tables
from codesign.gpu.spvcnn.voxels import Integers
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
    x = drawing.voxels("features", 0)
    for k in range(2):
        x = drawing.block(f"stem.{k}", x, "around_0")
    skips = [x]
    z = drawing.points(x, 0)
    x = drawing.voxels(z, 0)
    for level in range(4):
        x = drawing.block(f"down.{level}", x, f"down_{level}")
        x = drawing.stage(f"encode.{level}", x, level + 1, c[level], c[level + 1])
        skips.append(x)
    for fusion, level in enumerate((4, 2)):
        z = drawing.fused(fusion, drawing.points(x, level), z)
        x = drawing.voxels(z, level)
        for step in (2 * fusion, 2 * fusion + 1):
            finer = 3 - step
            x = drawing.block(f"up.{step}", x, f"up_{finer}")
            x = drawing.add(f"decode_{step}_inputs", Concat(), x, skips[finer])
            x = drawing.stage(f"decode.{step}", x, finer, c[5 + step] + c[finer], c[5 + step])
    z = drawing.fused(2, drawing.points(x, 0), z)
    return drawing.finished(z)


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
    if features.shape != (len(points), settings.inputs):
        raise ModelError(f"features: found {features.shape}, expected ({len(points)}, {settings.inputs})")
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if bad.size:
        raise ModelError(f"features: those of point {bad[0]} are not finite, and of {bad.size} points in all")
    found = tables(settings.grid, points, events, nearest=settings.nearest)
    inputs: dict[str, np.ndarray] = {"features": features.astype(np.float32)}
    for level in FUSED:
        counts = np.bincount(found.voxel[level], minlength=found.rows[level])
        inputs[f"voxel_{level}"] = found.voxel[level]
        inputs[f"share_{level}"] = (1 / counts).astype(np.float32)[:, None]
        inputs[f"corners_{level}"] = found.reads[level].indices
        inputs[f"weights_{level}"] = found.reads[level].weights.astype(np.float32)
    for kind, maps in (("around", found.around), ("down", found.down), ("up", found.up)):
        inputs |= {f"{kind}_{level}": _table(map) for level, map in enumerate(maps)}
    return inputs


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

    def voxels(self, z: str, level: int) -> str:
        """The mean of the points' features in each voxel."""
        share = f"share_{level}"
        total = self.add(f"sum_{level}", SegmentSum(), z, f"voxel_{level}", share)
        return self.add(f"mean_{level}", Weigh(), total, share)

    def points(self, x: str, level: int) -> str:
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
        vectors = {}
        for part in ("weight", "bias", "running_mean", "running_var"):
            found = self.weights.array(f"{module}.{part}", 1)
            if found.shape != (self.graph[x].type.channels,):
                raise self.weights.fail(
                    f"weights {module}.{part} have the shape {found.shape}, expected {(self.graph[x].type.channels,)}"
                )
            vectors[part] = Vector.of(found)
        if min(vectors["running_var"].values) < 0:
            raise self.weights.fail(f"weights {module}.running_var are variances, and some are negative")
        norm = BatchNorm(
            vectors["weight"], vectors["bias"], vectors["running_mean"], vectors["running_var"], EPSILON
        )  # fmt: skip
        return self.add(_name(module), norm, x, origin=module)

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

    def fused(self, fusion: int, from_voxels: str, z: str) -> str:
        """What the points read from voxels, and their own branch."""
        module = f"points.{fusion}"
        z = self.add(_name(module, "linear"), self.weights.linear(f"{module}.0"), z, origin=f"{module}.0")
        z = self.add(_name(module, "relu"), Relu(), self.norm(f"{module}.1", z))
        return self.add(_name(module, "sum"), Add(), from_voxels, z)

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
