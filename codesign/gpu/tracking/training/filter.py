"""The filter: right and wrong edges of the radius graph, in balanced batches."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from codesign.errors import ModelError
from codesign.gpu.tracking.graphs import Edges
from codesign.gpu.tracking.models.filter import Filter
from codesign.gpu.tracking.pipeline import BLOCK, scores
from codesign.gpu.tracking.training.config import FilterStage
from codesign.gpu.tracking.training.loop import Fitted, fit
from codesign.gpu.tracking.training.samples import Graphs, Sample
from codesign.progress import Progress, silent


def train_filter(
    network: Filter, stage: FilterStage, samples: list[Sample], graphs: Graphs, train: int, progress: Progress = silent
) -> Fitted:
    """Trains in place on the graphs of events 0..train - 1, all right edges and `stage.negatives` as many wrong ones of
    each; the other events are for validation: how many edges pass for each right one at a cut that lets
    `stage.efficiency` of these through."""

    def loss(k: int) -> Tensor | None:
        graph = graphs.get(k)
        right, wrong = np.nonzero(graph.target)[0], np.nonzero(~graph.target)[0]
        if not len(right):
            return None
        drawn = torch.randperm(len(wrong))[: round(stage.negatives * len(right))].numpy()
        rows = np.concatenate([right, wrong[drawn]])
        logits = network(samples[k].columns["filter"], torch.from_numpy(graph.edges[:, rows]))
        return binary_cross_entropy_with_logits(logits, torch.from_numpy(graph.target[rows]).float())

    def figure() -> float:
        found, target = _validated(network, samples, graphs, train)
        return float((found >= cut_for(found, target, stage)).sum() / target.sum())

    what = "training the filter"
    return fit(network, train, loss, figure, stage.training, progress=progress, what=what)


def filter_cut(network: Filter, stage: FilterStage, samples: list[Sample], graphs: Graphs, train: int) -> float:
    """The score that `stage.efficiency` of the right edges of the events from `train` on reach."""
    return cut_for(*_validated(network, samples, graphs, train), stage)


def cut_for(found: NDArray[np.float32], target: NDArray[np.bool_], stage: FilterStage) -> float:
    """The score that `stage.efficiency` of the right edges reach."""
    return float(np.quantile(found[target], 1 - stage.efficiency, method="lower"))


def classified(
    network: torch.nn.Module, columns: Tensor, edges: Edges, block: int | None = BLOCK
) -> NDArray[np.float32]:
    """(E,): the score of each edge."""

    def classify(x: NDArray[np.float32], index: Edges) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = network(columns, torch.from_numpy(index)).numpy()
        return logits

    with torch.no_grad():
        return scores(classify, columns.numpy(), edges, block)


def _validated(
    network: Filter, samples: list[Sample], graphs: Graphs, train: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Scores and targets of all edges of the events from `train` on."""
    found, target = [], []
    for k in range(train, len(samples)):
        if len(samples[k].event):
            graph = graphs.get(k)
            found.append(classified(network, samples[k].columns["filter"], graph.edges))
            target.append(graph.target)
    if not any(t.any() for t in target):
        raise ModelError("the graphs of the events kept for validation have no right edge; give more events")
    return np.concatenate(found), np.concatenate(target)
