"""Events as the training has them: features by stage, true edges, and graphs that one stage leaves for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codesign.errors import DataError
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.features import features
from codesign.gpu.tracking.graphs import Edges, same_particle, truth_edges
from codesign.gpu.tracking.pipeline import checked
from codesign.gpu.tracking.settings import STAGES
from codesign.gpu.tracking.training.config import TrainingConfig


@dataclass(frozen=True, eq=False)
class Sample:
    """An event, the features (n, F) of its hits by stage, and the edges between consecutive hits of a particle."""

    event: Event
    columns: Mapping[str, Tensor]
    true: Edges


def prepared(events: Sequence[Event], config: TrainingConfig) -> list[Sample]:
    """Every event; DataError naming the event and the hit where one is outside the detector."""
    found = []
    for k, event in enumerate(events):
        try:
            hits = checked(event.hits, config.detector)
        except DataError as error:
            raise DataError(f"event {k}: {error}") from error
        columns = {s: torch.from_numpy(features(hits, config.features[s])) for s in STAGES} if len(hits) else {}
        found.append(Sample(event, columns, truth_edges(event)))
    return found


@dataclass(frozen=True, eq=False)
class Graph:
    """Edges (2, E) of an event, and whether both ends of each are hits of one particle (E,)."""

    edges: Edges
    target: NDArray[np.bool_]

    @classmethod
    def of(cls, event: Event, edges: Edges) -> Graph:
        """These edges of an event."""
        return cls(edges, same_particle(event, edges))


@dataclass(frozen=True)
class Graphs:
    """The graphs that a stage made of each event, in a folder of its own: 0.npz, 1.npz, ..."""

    folder: Path

    def put(self, k: int, graph: Graph) -> None:
        """Keeps that of event k."""
        self.folder.mkdir(parents=True, exist_ok=True)
        np.savez(self.folder / f"{k}.npz", edges=graph.edges.astype(np.int32), target=graph.target)

    def get(self, k: int) -> Graph:
        """That of event k."""
        with np.load(self.folder / f"{k}.npz", allow_pickle=False) as found:
            return Graph(found["edges"].astype(np.int64), found["target"])
