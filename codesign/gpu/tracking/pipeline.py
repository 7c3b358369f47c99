"""From hits to tracks: embedding, radius graph, filter, interaction network, components."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codesign.errors import DataError
from codesign.gpu.tracking.features import FEATURES, features
from codesign.gpu.tracking.graphs import Edges, directed, radius_graph
from codesign.gpu.tracking.labelling import connected_components, joining
from codesign.gpu.tracking.settings import FILE, STAGES, Detector, PipelineSettings

Floats = NDArray[np.float32]
Embed = Callable[[Floats], Floats]
"""Features (n, F) to coordinates (n, d)."""
Classify = Callable[[Floats, Edges], Floats]
"""Features (n, F) and edges (2, E) to logits (E,)."""

BLOCK = 1 << 16
"""Edges that the filter sees at a time: its hidden layers take 4 kB per edge."""


@dataclass(frozen=True, eq=False)
class Trace:
    """What every stage gave.

    graph     (2, E): the radius graph, directed away from the origin
    filtered  (E,) float32: the filter's score of each of its edges
    edges     (2, F): those that the filter kept
    scores    (F,) float32: the GNN's score of each
    labels    (n,) int64: the number of a hit's track from 0, -1 for none
    seconds   what each stage took, in the order in which they ran
    """

    graph: Edges
    filtered: Floats
    edges: Edges
    scores: Floats
    labels: NDArray[np.int64]
    seconds: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Pipeline:
    """The stages and how they are joined."""

    settings: PipelineSettings
    embed: Embed
    filter: Classify
    gnn: Classify

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> Pipeline:
        """The pipeline in a folder of pipeline.yaml and the checkpoints embedding/, filter/ and gnn/, run by
        onnxruntime on so many threads. ModelError naming the file for anything that is not one."""
        from codesign.gpu.tracking.sessions import sessions
        from codesign.gpu.tracking.stages import read_pipeline

        settings, checkpoints = read_pipeline(folder)
        return cls(settings, *sessions(checkpoints, threads))

    def labels(self, hits: NDArray[np.floating]) -> NDArray[np.int64]:
        """(n,): the track of each hit (n, 3) in mm, numbered from 0 by its first hit; -1 for a hit on none.

        DataError naming the hit for a coordinate that is no number or a hit outside the detector."""
        return self.stages(hits).labels

    def stages(self, hits: NDArray[np.floating], now: Callable[[], float] = time.perf_counter) -> Trace:
        """What every stage gave, and how long it took by the clock `now`; errors as `labels`."""
        clock = _Clock(now)
        hits = checked(hits, self.settings.detector)
        n, s = len(hits), self.settings
        columns = {stage: features(hits, s.features[stage]) for stage in STAGES}
        clock.end("features")
        points = self.embed(columns["embedding"]) if n else np.zeros((0, 1), np.float32)
        clock.end("embedding")
        graph = outwards(hits, radius_graph(points, s.radius, s.max_neighbours))
        clock.end("graph")
        filtered = scores(self.filter, columns["filter"], graph, BLOCK)
        edges = graph[:, filtered >= s.filter_cut]
        clock.end("filter")
        found = scores(self.gnn, columns["gnn"], edges)
        clock.end("gnn")
        labels = tracks(n, edges, found, s)
        clock.end("labels")
        return Trace(graph, filtered, edges, found, labels, clock.seconds)


def tracks(n: int, edges: Edges, scored: Floats, s: PipelineSettings) -> NDArray[np.int64]:
    """(n,): the track of each of n hits, from edges (2, F), each there once, and the GNN's score (F,) of each."""
    return connected_components(n, edges[:, joining(n, edges, scored, s.gnn_cut, s.support)], s.min_hits)


def checked(hits: NDArray[np.floating], detector: Detector) -> Floats:
    """The hits as (n, 3) float32; DataError for what is none, naming the hit."""
    hits = np.asarray(hits)
    if hits.ndim != 2 or hits.shape[1] != 3 or hits.dtype.kind not in "fiu":
        raise DataError(f"hits: found {hits.dtype} of shape {hits.shape}, expected real numbers (n, 3): x, y, z in mm")
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
        hits = hits.astype(np.float32)
    bad = ~np.isfinite(hits).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"hits: hit {row} has the coordinates {hits[row].tolist()}; leave such hits out")
    d = detector
    r = np.hypot(hits[:, 0].astype(np.float64), hits[:, 1].astype(np.float64))
    outside = (r < d.inner_r) | (r > d.outer_r) | (np.abs(hits[:, 2]) > d.half_length)
    if outside.any():
        row = int(np.argmax(outside))
        raise DataError(
            f"hits: hit {row} at {hits[row].tolist()} mm is outside the detector, which has r in {d.inner_r:g}.."
            f"{d.outer_r:g} mm and |z| up to {d.half_length:g} mm ({FILE}: detector); leave such hits out"
        )
    return hits


def outwards(hits: Floats, edges: Edges) -> Edges:
    """The edges from the hit nearer to the origin to the other."""
    run: Edges = directed(edges, FEATURES["distance"](np, *hits.astype(np.float64).T))
    return run


def scores(classify: Classify, columns: Floats, edges: Edges, block: int | None = None) -> Floats:
    """(E,): the sigmoid of each edge's logit, in blocks where edges do not see each other."""
    total = edges.shape[1]
    if total == 0:
        return np.zeros(0, np.float32)
    size = block or total
    logits = [classify(columns, np.ascontiguousarray(edges[:, k : k + size])) for k in range(0, total, size)]
    return sigmoid(np.concatenate(logits))


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without an overflow at either end."""
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)


class _Clock:
    """The seconds of stages that follow each other."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now, self.seconds = now, dict[str, float]()
        self.began = now()

    def end(self, stage: str) -> None:
        """The stage is done, and the next begins."""
        now = self.now()
        self.seconds[stage], self.began = now - self.began, now
