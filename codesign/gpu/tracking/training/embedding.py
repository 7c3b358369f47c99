"""Metric learning: hits that follow each other on a track come near each other, all others are pushed apart."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from codesign.errors import ModelError
from codesign.gpu.tracking.graphs import Edges, radius_graph, same_particle
from codesign.gpu.tracking.models.embedding import Embedding
from codesign.gpu.tracking.training.config import EmbeddingStage
from codesign.gpu.tracking.training.loop import Fitted, fit
from codesign.gpu.tracking.training.samples import Sample
from codesign.progress import Progress, silent


def train_embedding(
    network: Embedding, stage: EmbeddingStage, train: list[Sample], kept: list[Sample], progress: Progress = silent
) -> Fitted:
    """Trains in place on the contrastive loss d^2 for true edges and max(0, margin - d)^2 for wrong pairs (Hadsell,
    Chopra, LeCun, CVPR 2006): those that are within the margin of each other now, and random ones.

    Validation keeps small: the edges per hit of the graph whose radius holds `stage.efficiency` of the true edges.
    """

    def loss(k: int) -> Tensor | None:
        sample = train[k]
        if not sample.true.shape[1]:
            return None
        points = network(sample.columns["embedding"])
        wrong = torch.from_numpy(_wrong(sample, points.detach().numpy(), stage))
        near = distances(points, torch.from_numpy(sample.true))
        found = near.square().mean()
        if wrong.shape[1]:
            found = found + torch.relu(stage.margin - distances(points, wrong)).square().mean()
        return found

    return fit(
        network, len(train), loss, lambda: graph_size(network, stage, kept), stage.training, progress=progress,
        what="training the embedding",
    )  # fmt: skip


def radius_for(network: Embedding, stage: EmbeddingStage, samples: list[Sample]) -> float:
    """The radius within which `stage.efficiency` of the true edges are; ModelError where there are none."""
    found = [_true_distances(network, sample) for sample in samples if sample.true.shape[1]]
    if not found:
        raise ModelError("the events kept for validation have no particle with two hits; give more events")
    radius = float(np.quantile(np.concatenate(found), stage.efficiency, method="higher"))
    return max(radius, 1e-6)


def graph_size(network: Embedding, stage: EmbeddingStage, samples: list[Sample]) -> float:
    """Edges per hit of the radius graph that holds `stage.efficiency` of the true edges."""
    radius = radius_for(network, stage, samples)
    edges = hits = 0
    for sample in samples:
        if len(sample.event):
            tree = cKDTree(embedded(network, sample))
            edges += (int(tree.count_neighbors(tree, radius)) - len(sample.event)) // 2
            hits += len(sample.event)
    return edges / hits


def embedded(network: Embedding, sample: Sample) -> NDArray[np.float32]:
    """The coordinates of the hits of an event."""
    with torch.no_grad():
        points: NDArray[np.float32] = network(sample.columns["embedding"]).numpy()
    return points


def distances(points: Tensor, edges: Tensor) -> Tensor:
    """(E,): how far the ends of each edge are apart. The root of 0 has no slope, so there is a little more in it."""
    return (points[edges[0]] - points[edges[1]]).square().sum(1).add(1e-12).sqrt()


def _true_distances(network: Embedding, sample: Sample) -> NDArray[np.float32]:
    points = embedded(network, sample)
    found: NDArray[np.float32] = np.linalg.norm(points[sample.true[0]] - points[sample.true[1]], axis=1)
    return found


def _wrong(sample: Sample, points: NDArray[np.float32], stage: EmbeddingStage) -> Edges:
    """Pairs of hits that are not of one particle: near ones in the embedding, and random ones."""
    n = len(points)
    if not np.isfinite(points).all():
        raise ModelError("training the embedding: a coordinate is no number any more; try a smaller learning_rate")
    mined = radius_graph(points, stage.margin, stage.mined)
    drawn = torch.randint(n, (2, stage.random * n)).numpy()
    pairs = np.concatenate([mined, drawn[:, drawn[0] != drawn[1]]], axis=1)
    return pairs[:, ~same_particle(sample.event, pairs)]
