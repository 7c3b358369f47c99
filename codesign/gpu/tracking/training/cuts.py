"""The cut on the GNN's scores and the support that edges need, from the events that are kept for validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.graphs import Edges
from codesign.gpu.tracking.labelling import connected_components, support
from codesign.gpu.tracking.metrics import track_metrics

Scored = tuple[Event, Edges, NDArray[np.float32]]
"""An event, its edges (2, E), each there once, and the score of each."""

CUTS = tuple(k / 40 for k in range(1, 40))
"""0.025 to 0.975."""
COARSE = (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Cuts that are tried with each of LEAST."""
LEAST = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Of the support: a particle of four hits, all joined, has edges of up to 2."""


def best_cut(scored: Sequence[Scored], min_hits: int) -> float:
    """The cut at which the harmonic mean of technical efficiency and purity of the tracks is largest, where they are
    connected components; of equal ones the middle."""
    return _best_cut(scored, min_hits)[0]


def best_labelling(scored: Sequence[Scored], min_hits: int) -> tuple[float, float | None]:
    """The cut and the least support at which the same figure is largest; None for the support where connected
    components of all edges above their best cut are as good."""
    cut, plain = _best_cut(scored, min_hits)
    pair, supported = _best_support(scored, min_hits)
    return pair if supported > plain else (cut, None)


def best_support(scored: Sequence[Scored], min_hits: int) -> tuple[float, float]:
    """The best cut and least support where edges need some; of equal ones the first."""
    return _best_support(scored, min_hits)[0]


def _best_cut(scored: Sequence[Scored], min_hits: int) -> tuple[float, float]:
    worth = np.array([_worth([(e, edges[:, s >= cut]) for e, edges, s in scored], min_hits) for cut in CUTS])
    best = np.nonzero(worth == worth.max())[0]
    return CUTS[int(best[len(best) // 2])], float(worth.max())


def _best_support(scored: Sequence[Scored], min_hits: int) -> tuple[tuple[float, float], float]:
    worth: dict[tuple[float, float], float] = {}
    for cut in COARSE:
        passed = [(event, edges[:, s >= cut], s[s >= cut]) for event, edges, s in scored]
        supports = [support(len(event), edges, s) for event, edges, s in passed]
        for least in LEAST:
            kept = [(event, edges[:, s >= least]) for (event, edges, _), s in zip(passed, supports)]
            worth[cut, least] = _worth(kept, min_hits)
    best = max(worth, key=worth.__getitem__)
    return best, worth[best]


def _worth(joined: Sequence[tuple[Event, Edges]], min_hits: int) -> float:
    """The figure of the tracks that these edges make."""
    passed = wanted = good = tracks = 0
    for event, edges in joined:
        found = track_metrics(event, connected_components(len(event), edges, min_hits))
        efficiency, purity = found.technical_efficiency, found.purity
        passed, wanted = passed + efficiency.passed, wanted + efficiency.all
        good, tracks = good + purity.passed, tracks + purity.all
    # 2 / (1 / efficiency + 1 / purity)
    ratios = (passed / max(wanted, 1), good / max(tracks, 1))
    return float(2 * ratios[0] * ratios[1] / sum(ratios)) if all(ratios) else 0.0
