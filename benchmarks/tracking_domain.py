"""At which stage the tracks of a real event are lost to a pipeline trained on generated ones, and to what.

    python -m benchmarks.tracking_domain PIPELINE FOLDER

From events like those of the training to the real one in three steps, each with one difference more: as many hits; the
particles of the real event, followed through the generator's detector; its own hits. Then the real one with other noise
and without resolution. Printed is the technical
efficiency above 500 MeV if all that follows a stage were perfect, that is, if just its edges within particles made the
tracks; and what is found. Markdown; one thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.measure import table
from benchmarks.tracking import FIRST_TEST, MIN_HITS, SETTINGS
from codesign.gpu.tracking.evaluation import FAST
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.figures import Fraction
from codesign.gpu.tracking.generator import generate
from codesign.gpu.tracking.graphs import Edges, same_particle
from codesign.gpu.tracking.labelling import connected_components
from codesign.gpu.tracking.metrics import match, particle_outcomes
from codesign.gpu.tracking.pipeline import Pipeline, Trace
from codesign.gpu.tracking.robustness import with_noise
from codesign.gpu.tracking.trackml import event_names, read_event

EVENTS = 20
BEAM = 1.0
"""mm: what starts within this radius is from the beam."""


def sets(folder: Path) -> dict[str, list[Event]]:
    """The events of each step."""
    real = [read_event(folder, name) for name in event_names(folder)]
    seeds = range(FIRST_TEST, FIRST_TEST + EVENTS)
    like_training = [generate(SETTINGS, seed) for seed in seeds]
    denser = np.mean([len(e) for e in real]) / np.mean([len(e) for e in like_training])
    dense = replace(SETTINGS, particles=round(denser * SETTINGS.particles), vertices=round(denser * SETTINGS.vertices))
    tables = [e.particles[(e.particles["hits"] > 0) & (np.abs(e.particles["charge"]) == 1)] for e in real]
    return {
        "generated": like_training,
        "generated, as many hits": [generate(dense, seed) for seed in seeds],
        "the real particles, generated hits": [generate(SETTINGS, seed, t) for t in tables for seed in seeds],
        "real": real,
        "real, generated noise": [_with_generated_noise(e, seed) for e in real for seed in seeds],
        "real, at the true positions": [replace(e, hits=e.truth[:, :3]) for e in real if e.truth is not None],
    }


def _with_generated_noise(event: Event, seed: int) -> Event:
    noise = float((event.particle == 0).mean())
    return with_noise(event.take(event.particle != 0), noise / (1 - noise), seed)


def row(name: str, events: Sequence[Event], pipeline: Pipeline) -> list[object]:
    """What the table says of one set."""
    traces = [pipeline.stages(event.hits) for event in events]
    cut = pipeline.settings.gnn_cut
    stages: tuple[Callable[[Trace], Edges], ...] = (
        lambda t: t.graph,
        lambda t: t.edges,
        lambda t: t.edges[:, t.scores >= cut],
    )
    cells = [str(_efficiency(events, [_perfect(e, s(t), pipeline) for e, t in zip(events, traces)])) for s in stages]
    found = [t.labels for t in traces]
    cells += [str(_efficiency(events, found)), str(_efficiency(events, found, True))]
    right = [(t.scores >= cut)[same_particle(e, t.edges)] for e, t in zip(events, traces)]
    passed = Fraction(sum(int(r.sum()) for r in right), sum(map(len, right)))
    hits = np.mean([len(e) for e in events])
    edges = sum(t.graph.shape[1] for t in traces) / sum(map(len, events))
    return [name, f"{hits:,.0f}", f"{edges:.1f}", *cells, str(passed)]


def _perfect(event: Event, edges: Edges, pipeline: Pipeline) -> np.ndarray:
    """The labels that those of the edges make that are within particles."""
    return connected_components(len(event), edges[:, same_particle(event, edges)], pipeline.settings.min_hits)


def _efficiency(events: Sequence[Event], labels: Sequence[np.ndarray], beam: bool = False) -> Fraction:
    """The technical efficiency above 500 MeV, of particles from the beam alone or of all."""
    total = Fraction(0, 0)
    for event, found in zip(events, labels):
        chosen, long, matched = particle_outcomes(event, match(event, found), FAST, MIN_HITS)
        wanted = chosen & long
        if beam:
            wanted &= np.hypot(*event.particles["vertex"][:, :2].T) < BEAM
        total += Fraction(int((wanted & matched).sum()), int(wanted.sum()))
    return total


def main() -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("events", type=Path)
    given = parser.parse_args()
    pipeline = Pipeline.load(given.pipeline, threads=1)
    heading = ("events", "hits", "edges per hit", "graph", "filter", "graph network", "found", "of these from the beam",
               "right edges above the cut")  # fmt: skip
    print(table(heading, [row(name, events, pipeline) for name, events in sets(given.events).items()]))


if __name__ == "__main__":
    main()
