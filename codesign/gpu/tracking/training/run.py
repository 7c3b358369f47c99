"""All stages in their order: each is trained on the graphs that the one before makes, and leaves its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from codesign.errors import DataError
from codesign.gpu.folders import new_folder
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.graphs import radius_graph
from codesign.gpu.tracking.models.attention import Attention
from codesign.gpu.tracking.models.checkpoints import to_checkpoint
from codesign.gpu.tracking.models.embedding import Embedding
from codesign.gpu.tracking.models.filter import Filter
from codesign.gpu.tracking.models.interaction import Interaction
from codesign.gpu.tracking.models.settings import AttentionSettings
from codesign.gpu.tracking.pipeline import outwards
from codesign.gpu.tracking.settings import FILE, STAGES, PipelineSettings
from codesign.gpu.tracking.training.config import TrainingConfig
from codesign.gpu.tracking.training.cuts import best_labelling
from codesign.gpu.tracking.training.embedding import embedded, radius_for, train_embedding
from codesign.gpu.tracking.training.filter import classified, filter_cut, train_filter
from codesign.gpu.tracking.training.gnn import GraphTensors, train_gnn
from codesign.gpu.tracking.training.loop import Fitted
from codesign.gpu.tracking.training.samples import Graph, Graphs, Sample, prepared
from codesign.progress import Progress, silent

HISTORY = "training.json"
GRAPHS = "graphs"
"""The folder with what the embedding and the filter made of each event."""


@dataclass(frozen=True, eq=False)
class Networks:
    """The trained stages and what joins them."""

    embedding: Embedding
    filter: Filter
    gnn: Interaction | Attention
    settings: PipelineSettings
    fitted: dict[str, Fitted]


def train(config: TrainingConfig, events: Sequence[Event], folder: Path, progress: Progress = silent) -> Networks:
    """Trains on the events, the last of them kept for validation, and writes the pipeline folder, whole or not at all:
    pipeline.yaml, the checkpoints embedding/, filter/ and gnn/, training.json, and graphs/. Seeded: on one machine and
    one thread a rerun gives the same.

    DataError for too few events or hits outside the detector, ModelError where training fails, OutputError where the
    folder is there or cannot be written."""
    kept = max(1, round(config.validation * len(events)))
    if len(events) < 2 or kept >= len(events):
        raise DataError(f"training: {len(events)} events, expected at least 2, of which {kept} is for validation")
    with new_folder(folder) as building:
        networks = _stages(config, prepared(events, config), len(events) - kept, building, progress)
        for name in STAGES:
            to_checkpoint(getattr(networks, name)).save(building / name)
        (building / FILE).write_text(networks.settings.text(), encoding="utf-8")
        (building / HISTORY).write_text(_history(config, networks, len(events), kept), encoding="utf-8")
    return networks


def _stages(config: TrainingConfig, samples: list[Sample], train: int, folder: Path, progress: Progress) -> Networks:
    fitted: dict[str, Fitted] = {}
    torch.manual_seed(config.seed)
    embedding = Embedding(config.embedding.network)
    fitted["embedding"] = train_embedding(embedding, config.embedding, samples[:train], samples[train:], progress)
    radius = radius_for(embedding, config.embedding, samples[train:])
    most = config.embedding.max_neighbours
    first, second = Graphs(folder / GRAPHS / "embedding"), Graphs(folder / GRAPHS / "filter")
    for k, sample in enumerate(samples):
        progress("graphs in the embedding", k, len(samples))
        first.put(k, _graph(embedding, sample, radius, most))

    torch.manual_seed(config.seed + 1)
    filter_ = Filter(config.filter.network)
    fitted["filter"] = train_filter(filter_, config.filter, samples, first, train, progress)
    cut = filter_cut(filter_, config.filter, samples, first, train)
    for k, sample in enumerate(samples):
        progress("graphs behind the filter", k, len(samples))
        second.put(k, _filtered(filter_, sample, first.get(k), cut))

    torch.manual_seed(config.seed + 2)
    network = config.gnn.network
    gnn = Attention(network) if isinstance(network, AttentionSettings) else Interaction(network)
    graphs = [_tensors(sample, second.get(k)) for k, sample in enumerate(samples)]
    fitted["gnn"] = train_gnn(gnn, config.gnn, graphs[:train], graphs[train:], progress)
    found = [
        (sample.event, second.get(k).edges, classified(gnn, graphs[k][0], second.get(k).edges, None))
        for k, sample in enumerate(samples)
        if k >= train and len(sample.event)
    ]
    gnn_cut, support = best_labelling(found, config.min_hits)
    settings = PipelineSettings(
        features=config.features,
        radius=radius,
        max_neighbours=most,
        filter_cut=cut,
        gnn_cut=gnn_cut,
        support=support,
        min_hits=config.min_hits,
        detector=config.detector,
    )
    return Networks(embedding, filter_, gnn, settings, fitted)


def _graph(embedding: Embedding, sample: Sample, radius: float, most: int) -> Graph:
    if not len(sample.event):
        return Graph.of(sample.event, radius_graph(sample.event.hits, radius))
    near = radius_graph(embedded(embedding, sample), radius, most)
    return Graph.of(sample.event, outwards(sample.event.hits, near))


def _filtered(filter_: Filter, sample: Sample, graph: Graph, cut: float) -> Graph:
    if not graph.edges.shape[1]:
        return graph
    passed = classified(filter_, sample.columns["filter"], graph.edges) >= cut
    return Graph(graph.edges[:, passed], graph.target[passed])


def _tensors(sample: Sample, graph: Graph) -> GraphTensors:
    columns = sample.columns["gnn"] if len(sample.event) else torch.zeros(0, 1)
    return columns, torch.from_numpy(graph.edges), torch.from_numpy(graph.target).float()


def _history(config: TrainingConfig, networks: Networks, events: int, kept: int) -> str:
    told = {
        "events": events,
        "validation": kept,
        "config": asdict(config),
        "fitted": {name: asdict(fitted) for name, fitted in networks.fitted.items()},
    }
    return json.dumps(told, indent=2) + "\n"
