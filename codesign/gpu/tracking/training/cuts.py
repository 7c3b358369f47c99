"""The cut on the GNN's scores, from the events that are kept for validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.graphs import Edges
from codesign.gpu.tracking.labelling import connected_components
from codesign.gpu.tracking.metrics import track_metrics

CUTS = tuple(k / 40 for k in range(1, 40))
"""0.025 to 0.975."""


def best_cut(scored: Sequence[tuple[Event, Edges, NDArray[np.float32]]], min_hits: int) -> float:
    """The cut at which the harmonic mean of technical efficiency and purity of the tracks is largest, over events with
    their edges (2, E) and the score of each; of equal ones the middle."""
    worth = np.array([_worth(scored, cut, min_hits) for cut in CUTS])
    best = np.nonzero(worth == worth.max())[0]
    return CUTS[int(best[len(best) // 2])]


def _worth(scored: Sequence[tuple[Event, Edges, NDArray[np.float32]]], cut: float, min_hits: int) -> float:
    passed = wanted = good = tracks = 0
    for event, edges, scores in scored:
        found = track_metrics(event, connected_components(len(event), edges[:, scores >= cut], min_hits))
        efficiency, purity = found.technical_efficiency, found.purity
        passed, wanted = passed + efficiency.passed, wanted + efficiency.all
        good, tracks = good + purity.passed, tracks + purity.all
    # 2 / (1 / efficiency + 1 / purity)
    ratios = (passed / max(wanted, 1), good / max(tracks, 1))
    return float(2 * ratios[0] * ratios[1] / sum(ratios)) if all(ratios) else 0.0
