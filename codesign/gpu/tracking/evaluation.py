"""How well a pipeline finds the tracks of events whose truth is known: edges by stage, tracks by pt and eta, and what
more noise or moved modules cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import DataError
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.figures import Fraction, Mean, mean_of
from codesign.gpu.tracking.graphs import Edges, same_particle, truth_edges
from codesign.gpu.tracking.labelling import joining
from codesign.gpu.tracking.metrics import Selection, TrackMetrics, edge_metrics, efficiency_against, track_metrics
from codesign.gpu.tracking.pipeline import Pipeline, Trace
from codesign.gpu.tracking.robustness import misaligned, with_noise
from codesign.gpu.tracking.settings import PipelineSettings
from codesign.progress import Progress, silent

FAST = Selection(pt_min=0.5)
"""The particles of which the published efficiencies are, in GeV."""
PT_BINS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 20.0)
ETA_BINS = tuple(float(e) for e in np.linspace(-4, 4, 17))


@dataclass(frozen=True)
class EdgesFound:
    """The edges that a stage leaves, over all events.

    efficiency       of the edges between consecutive hits of a particle, how many it holds
    purity           of its edges, how many are such
    same_particle    of its edges, how many are between hits of one particle
    weighted_purity  purity with edges weighed by the momentum of their faster particle: the mean over events
    """

    efficiency: Fraction
    purity: Fraction
    same_particle: Fraction
    weighted_purity: Mean

    def __add__(self, other: EdgesFound) -> EdgesFound:
        return EdgesFound(
            self.efficiency + other.efficiency,
            self.purity + other.purity,
            self.same_particle + other.same_particle,
            self.weighted_purity + other.weighted_purity,
        )


@dataclass(frozen=True)
class Disturbed:
    """The tracks of events that something was done to: `amount` of it."""

    amount: float
    tracks: TrackMetrics
    fast: TrackMetrics


@dataclass(frozen=True)
class Evaluation:
    """All that was found on so many events.

    tracks        of all particles
    fast          of those above 0.5 GeV
    edges         by stage: graph, filter, gnn, and labels where some of these are left out for want of support
    by_pt, by_eta the technical efficiency in each of PT_BINS and ETA_BINS
    noise         with so many noise hits more, as a fraction of the hits
    misalignment  with every module moved along x, y and z by normal numbers of this deviation in mm
    seconds       of each stage, the mean over events
    """

    events: int
    hits: int
    min_hits: int
    tracks: TrackMetrics
    fast: TrackMetrics
    edges: Mapping[str, EdgesFound]
    by_pt: Sequence[Fraction]
    by_eta: Sequence[Fraction]
    noise: Sequence[Disturbed]
    misalignment: Sequence[Disturbed]
    seconds: Mapping[str, float]


def evaluate(
    pipeline: Pipeline,
    events: Sequence[Event],
    *,
    noise: Sequence[float] = (),
    misalignment: Sequence[float] = (),
    min_hits: int = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Runs the pipeline on every event, and again for every amount of noise and of misalignment; particles and tracks
    count from `min_hits` hits on. DataError where no event has a particle with so many, or a hit cannot be."""
    if not any((e.particles["hits"] >= min_hits).any() for e in events):
        raise DataError(f"evaluation: no event has a particle of {min_hits} hits; its truth is needed")
    traces = []
    for k, event in enumerate(events):
        progress("finding tracks", k, len(events))
        traces.append(_trace(pipeline, event, k))

    def disturbed(what: str, change: Callable[[Event, float, int], Event], amounts: Sequence[float]) -> list[Disturbed]:
        found = []
        for amount in amounts:
            changed = []
            for k, event in enumerate(events):
                progress(f"{what} {amount:g}", k, len(events))
                other = change(event, amount, seed + k)
                changed.append((other, _trace(pipeline, other, k).labels))
            found.append(Disturbed(amount, _tracks(changed, None, min_hits), _tracks(changed, FAST, min_hits)))
        return found

    labelled = [(event, trace.labels) for event, trace in zip(events, traces)]
    return Evaluation(
        events=len(events),
        hits=sum(map(len, events)),
        min_hits=min_hits,
        tracks=_tracks(labelled, None, min_hits),
        fast=_tracks(labelled, FAST, min_hits),
        edges=_edges(events, traces, pipeline.settings),
        by_pt=_binned(labelled, "pt", PT_BINS, min_hits),
        by_eta=_binned(labelled, "eta", ETA_BINS, min_hits),
        noise=disturbed("with noise", with_noise, noise),
        misalignment=disturbed("misaligned by", _moved, misalignment),
        seconds={stage: float(np.mean([t.seconds[stage] for t in traces])) for stage in traces[0].seconds},
    )


def _moved(event: Event, shift_mm: float, seed: int) -> Event:
    return misaligned(event, shift_mm, 0.0, seed, modules=True)


def _trace(pipeline: Pipeline, event: Event, k: int) -> Trace:
    try:
        return pipeline.stages(event.hits)
    except DataError as error:
        raise DataError(f"event {k}: {error}") from error


def _tracks(
    labelled: Sequence[tuple[Event, NDArray[np.int64]]], selection: Selection | None, min_hits: int
) -> TrackMetrics:
    found = [track_metrics(event, labels, selection, min_hits) for event, labels in labelled]
    return sum(found[1:], found[0])


def _binned(
    labelled: Sequence[tuple[Event, NDArray[np.int64]]], by: str, bins: Sequence[float], min_hits: int
) -> list[Fraction]:
    limits = np.array(bins)
    found = [efficiency_against(event, labels, by, limits, min_hits=min_hits) for event, labels in labelled]
    return [sum(column[1:], column[0]) for column in zip(*found)]


def _edges(events: Sequence[Event], traces: Sequence[Trace], s: PipelineSettings) -> dict[str, EdgesFound]:
    stages: dict[str, EdgesFound] = {}
    for event, trace in zip(events, traces):
        true = truth_edges(event)
        left = {"graph": trace.graph, "filter": trace.edges, "gnn": trace.edges[:, trace.scores >= s.gnn_cut]}
        if s.support is not None:
            kept = joining(len(event), trace.edges, trace.scores, s.gnn_cut, s.support)
            left["labels"] = trace.edges[:, kept]
        for stage, edges in left.items():
            found = _edges_of(event, edges, true)
            stages[stage] = stages[stage] + found if stage in stages else found
    return stages


def _edges_of(event: Event, edges: Edges, true: Edges) -> EdgesFound:
    found = edge_metrics(event, edges, true)
    weighted = np.array([found.weighted_purity])
    same = Fraction(int(same_particle(event, edges).sum()), edges.shape[1])
    return EdgesFound(found.efficiency, found.purity, same, mean_of(weighted[np.isfinite(weighted)]))
