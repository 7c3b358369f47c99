"""From hits to tracks on one device: the pipeline of a folder, with nothing but the hits and the labels moved."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codesign.errors import ConfigError, DataError, ToolError
from codesign.gpu.fast.buckets import Recorded
from codesign.gpu.fast.components import connected_components
from codesign.gpu.fast.dispatch import kernels_run
from codesign.gpu.fast.features import features, outwards
from codesign.gpu.fast.filter import FastFilter
from codesign.gpu.fast.interaction import Adjacency, FastInteraction, adjacency
from codesign.gpu.fast.layers import layers
from codesign.gpu.fast.radius import radius_graph
from codesign.gpu.tracking import graphs, labelling
from codesign.gpu.tracking.models.checkpoints import from_checkpoint
from codesign.gpu.tracking.models.embedding import Embedding
from codesign.gpu.tracking.models.filter import Filter
from codesign.gpu.tracking.models.interaction import Interaction
from codesign.gpu.tracking.pipeline import checked, tracks
from codesign.gpu.tracking.settings import STAGES, PipelineSettings
from codesign.gpu.tracking.stages import read_pipeline

PRECISIONS: Mapping[str, torch.dtype] = {"fp32": torch.float32, "fp16": torch.float16}
"""Of states, activations and weights. bfloat16 is none: triton's interpreter computes it wrongly, so its kernels could
not be checked without a card."""


@dataclass(frozen=True, eq=False)
class FastTrace:
    """What every stage gave, on the device: as `codesign.gpu.tracking.pipeline.Trace`."""

    points: Tensor
    graph: Tensor
    filtered: Tensor
    edges: Tensor
    scores: Tensor
    labels: Tensor
    seconds: Mapping[str, float]


class FastPipeline:
    """The stages on a device, from the modules of its networks.

    On a CUDA device by kernels, in fp32 or in fp16 (states and weights in 16 bits, sums in 32), the interaction network
    by recorded graphs; where edges need support (see `PipelineSettings`), labels are made on the host. On the CPU by
    torch and scipy. In fp32 labels are those of `Pipeline.labels` wherever no distance and no score is closer to its
    cut than float32 rounds; in fp16 points and scores have 11 bits.
    """

    def __init__(
        self,
        settings: PipelineSettings,
        modules: Mapping[str, nn.Module],
        device: str = "cpu",
        precision: str = "fp32",
        kernels: bool | None = None,
    ) -> None:
        if precision not in PRECISIONS:
            raise ConfigError(f"fast path: precision is {precision!r}, expected {' or '.join(PRECISIONS)}")
        if device not in ("cpu", "cuda"):
            raise ConfigError(f"fast path: device is {device!r}, expected cpu or cuda")
        if device == "cuda" and not torch.cuda.is_available():
            raise ToolError("fast path: torch finds no CUDA device here; choose the device cpu")
        self.settings, self.device = settings, torch.device(device)
        self.kernels = kernels_run(self.device) if kernels is None else kernels
        dtype = PRECISIONS[precision]
        embedding, edge_filter, gnn = (modules[stage].to(self.device) for stage in STAGES)
        assert isinstance(embedding, Embedding) and isinstance(edge_filter, Filter)
        self.dtype = dtype
        self.embedding = layers(embedding.network, self.device, dtype)
        self.filter = FastFilter(edge_filter, self.device, dtype, self.kernels)
        self.gnn: Callable[[Tensor, Adjacency], Tensor]
        if isinstance(gnn, Interaction) and not gnn.settings.concat:
            fast = FastInteraction(gnn, self.device, dtype, self.kernels)
            self.gnn = Recorded(fast) if self.kernels and self.device.type == "cuda" else fast
        else:
            self.gnn = lambda x, near: gnn(x, near.edges)  # as it is in torch

    @classmethod
    def load(
        cls, folder: Path, device: str = "cpu", precision: str = "fp32", kernels: bool | None = None
    ) -> FastPipeline:
        """The pipeline in a folder of pipeline.yaml and the checkpoints embedding/, filter/ and gnn/. ModelError naming
        the file for anything that is not one, ToolError where there is no such device."""
        settings, checkpoints = read_pipeline(folder)
        modules = {stage: from_checkpoint(checkpoint) for stage, checkpoint in checkpoints.items()}
        return cls(settings, modules, device, precision, kernels)

    def labels(self, hits: NDArray[np.floating]) -> NDArray[np.int64]:
        """(n,): the track of each hit (n, 3) in mm; numbers and errors as those of `Pipeline.labels`."""
        found: NDArray[np.int64] = self.stages(hits).labels.cpu().numpy()
        return found

    def stages(self, hits: NDArray[np.floating], timed: bool = False) -> FastTrace:
        """What every stage gave; `timed`, the seconds of each, which makes the host wait for the device after it."""
        with torch.inference_mode():
            return self._stages(hits, timed)

    def _stages(self, hits: NDArray[np.floating], timed: bool) -> FastTrace:
        clock = _Clock(self.device, timed)
        s = self.settings
        at = torch.from_numpy(checked(hits, s.detector)).to(self.device)
        columns = {stage: features(at, s.features[stage]) for stage in STAGES}
        clock.end("features")
        points = columns["embedding"].to(self.dtype)
        for layer in self.embedding:
            points = layer(points)
        points = self._finite(points.float(), "embedding")
        clock.end("embedding")
        graph = outwards(at, self._graph(points))
        clock.end("graph")
        filtered = torch.sigmoid(self._finite(self.filter(columns["filter"], graph), "filter"))
        edges = graph[:, filtered >= s.filter_cut]
        clock.end("filter")
        near = adjacency(len(at), edges)
        logits = torch.zeros(edges.shape[1], device=self.device)
        if edges.shape[1]:
            logits[near.order] = self.gnn(columns["gnn"], near)
        scores = torch.sigmoid(self._finite(logits, "gnn"))
        clock.end("gnn")
        labels = self._labels(len(at), edges, scores)
        clock.end("labels")
        return FastTrace(points, graph, filtered, edges, scores, labels, clock.seconds)

    def _graph(self, points: Tensor) -> Tensor:
        s = self.settings
        if self.device.type == "cpu" and not self.kernels:
            return torch.from_numpy(graphs.radius_graph(points.numpy(), s.radius, s.max_neighbours))
        return radius_graph(points, s.radius, s.max_neighbours, self.kernels)

    def _labels(self, n: int, edges: Tensor, scores: Tensor) -> Tensor:
        s = self.settings
        if s.support is not None:  # on the host, as `Pipeline` does it
            return torch.from_numpy(tracks(n, edges.cpu().numpy(), scores.cpu().numpy(), s)).to(self.device)
        edges = edges[:, scores >= s.gnn_cut]
        if self.device.type == "cpu" and not self.kernels:
            return torch.from_numpy(labelling.connected_components(n, edges.numpy(), s.min_hits))
        return connected_components(n, edges, s.min_hits, self.kernels)

    def _finite(self, values: Tensor, stage: str) -> Tensor:
        if not bool(torch.isfinite(values).all()):
            kind = "float16, which ends at 65504: choose fp32" if self.dtype == torch.float16 else "float32"
            raise DataError(f"{stage}: some of what it gives is no number in {kind}")
        return values


class _Clock:
    """The seconds of stages that follow each other on a device."""

    def __init__(self, device: torch.device, timed: bool) -> None:
        self.seconds: dict[str, float] = {}
        self.waits, self.timed = timed and device.type == "cuda", timed
        self.began = self._now()

    def end(self, stage: str) -> None:
        """The stage is done, and the next begins."""
        if self.timed:
            now = self._now()
            self.seconds[stage], self.began = now - self.began, now

    def _now(self) -> float:
        if self.waits:
            torch.cuda.synchronize()
        return time.perf_counter()
