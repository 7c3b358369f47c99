"""How well the tracking pipeline finds tracks: on generated events, on published segment graphs, on a real event.

    python -m benchmarks.tracking train -o PIPELINE          trains configs/tracking/small.yaml on 220 generated events
    python -m benchmarks.tracking generated PIPELINE         50 other generated events, with noise and misalignment
    python -m benchmarks.tracking real PIPELINE FOLDER       an event of TrackML
    python -m benchmarks.tracking labelling PIPELINE FOLDER  both ways to make tracks of scored edges, on all of these
    python -m benchmarks.tracking graphs FOLDER              the graph network alone on the graphs of HEP.TrkX

Each prints tables in markdown. One thread each; seeded.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.measure import surroundings, table
from codesign.gpu.tracking.baseline import helix_labels
from codesign.gpu.tracking.evaluation import FAST, Disturbed, Evaluation, evaluate
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.figures import Fraction
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.heptrkx import SegmentGraph, read_graph
from codesign.gpu.tracking.labelling import connected_components
from codesign.gpu.tracking.metrics import Selection, TrackMetrics, track_metrics
from codesign.gpu.tracking.pipeline import Pipeline, tracks
from codesign.gpu.tracking.trackml import event_names, read_event

CONFIG = Path(__file__).parent / "configs" / "tracking" / "small.yaml"
SETTINGS = Settings(particles=180, vertices=36)
"""Of generated events: 2,100 hits, all else as the generator has it."""
TRAIN, TEST, FIRST_TEST = 220, 50, 10_000
"""How many events, and the seed of the first one that no training saw."""
VALIDATION, DENSER = 20, 3
"""How many of the training's events are for validation; how much denser than these the dense ones are."""
NOISE, MISALIGNMENT = (0.1, 0.2, 0.5), (0.1, 0.3, 1.0)
MIN_HITS = 5
MIRRORS = ((1, 1, 1), (1, -1, 1), (1, 1, -1), (1, -1, -1))
"""Factors of r, phi and z."""


def train_pipeline(output: Path) -> None:
    """The pipeline, and how its training went."""
    import torch

    from codesign.gpu.tracking.training.config import TrainingConfig
    from codesign.gpu.tracking.training.run import train

    torch.set_num_threads(1)
    began = time.process_time()
    trained = train(TrainingConfig.read(CONFIG), [generate(SETTINGS, seed) for seed in range(TRAIN)], output, _said)
    rows = [(name, len(f.losses), f.best_epoch + 1, f.figures[f.best_epoch]) for name, f in trained.fitted.items()]
    print(table(("stage", "epochs", "best", "validation"), rows))
    s = trained.settings
    print(f"\nradius {s.radius:.3g}, filter cut {s.filter_cut:.3g}, graph network cut {s.gnn_cut:.3g}")
    print(f"{time.process_time() - began:,.0f} s of CPU; {surroundings('torch', 'onnxruntime')}")


def generated(folder: Path) -> None:
    """The pipeline and the classical baseline on events that no training saw."""
    events = [generate(SETTINGS, FIRST_TEST + k) for k in range(TEST)]
    found = evaluate(
        Pipeline.load(folder, threads=1),
        events,
        noise=NOISE,
        misalignment=MISALIGNMENT,
        min_hits=MIN_HITS,
        progress=_said,
    )
    print(f"{found.events} events of {found.hits / found.events:,.0f} hits\n")
    _tracks_table(found, events)
    _edges_table(found)
    for title, rows in (("noise hits added", found.noise), ("modules moved, mm", found.misalignment)):
        _disturbed_table(title, [Disturbed(0.0, found.tracks, found.fast), *rows])
    print(f"{sum(found.seconds.values()) * 1e3:,.0f} ms per event; {surroundings('onnxruntime')}")


def real(folder: Path, events: Path) -> None:
    """The same on events of TrackML."""
    pipeline = Pipeline.load(folder, threads=1)
    read = [read_event(events, name) for name in event_names(events)]
    found = evaluate(pipeline, read, min_hits=MIN_HITS)
    print(f"{found.events} event(s), {found.hits:,} hits\n")
    _tracks_table(found, read)
    _edges_table(found)


def labelling(folder: Path, events: Path) -> None:
    """Components of the edges above a cut, and of those that have support: cut and support from the generated events
    that training kept for validation, and from no other."""
    from codesign.gpu.tracking.training.cuts import best_cut, best_support

    pipeline = Pipeline.load(folder, threads=1)

    def scored(found: Sequence[Event]) -> list[tuple[Event, np.ndarray, np.ndarray]]:
        traces = [pipeline.stages(event.hits) for event in found]
        return [(event, trace.edges, trace.scores) for event, trace in zip(found, traces)]

    s = pipeline.settings
    validation = scored([generate(SETTINGS, seed) for seed in range(TRAIN - VALIDATION, TRAIN)])
    cut, least = best_support(validation, s.min_hits)
    plain = replace(s, gnn_cut=best_cut(validation, s.min_hits), support=None)
    ways = {"components": plain, "supported": replace(s, gnn_cut=cut, support=least)}
    dense = replace(SETTINGS, particles=DENSER * SETTINGS.particles, vertices=DENSER * SETTINGS.vertices)
    sets = {
        "validation": validation,
        "generated": scored([generate(SETTINGS, FIRST_TEST + k) for k in range(TEST)]),
        f"generated, {DENSER} times as dense": scored([generate(dense, FIRST_TEST + k) for k in range(TEST // 5)]),
        "real": scored([read_event(events, name) for name in event_names(events)]),
    }
    rows = []
    for title, found in sets.items():
        for way, of in ways.items():
            began = time.process_time()
            labelled = [(event, tracks(len(event), edges, scores, of)) for event, edges, scores in found]
            spent = (time.process_time() - began) / len(found)
            every, fast = (_metrics(labelled, selection) for selection in (None, FAST))
            figures = (fast.technical_efficiency, every.technical_efficiency, every.purity)
            rows.append((title, way, *map(str, figures), f"{100 * every.score.value:.1f} %", f"{1e3 * spent:.1f}"))
    heading = ("events", "method", "efficiency above 500 MeV", "efficiency", "purity", "TrackML score", "ms per event")
    print(table(heading, rows) + "\n")
    print(f"components: cut {plain.gnn_cut:.3g}; supported: cut {cut:.3g}, least support {least:.3g}")


def graphs(folder: Path, epochs: int = 40, seed: int = 1) -> None:
    """The graph network on segment graphs: trained on all events but the last two, a fifth of the graphs for
    validation, and on the mirror images of each graph: the detector is the same across phi = 0 and z = 0."""
    import torch

    from codesign.gpu.tracking.models.interaction import Interaction
    from codesign.gpu.tracking.models.settings import InteractionSettings
    from codesign.gpu.tracking.training.config import GnnStage, Schedule
    from codesign.gpu.tracking.training.cuts import best_cut
    from codesign.gpu.tracking.training.filter import classified
    from codesign.gpu.tracking.training.gnn import train_gnn

    torch.set_num_threads(1)
    files = sorted(folder.glob("event*.npz"))
    names = sorted({file.name.partition("_")[0] for file in files})
    read = {file: read_graph(file) for file in files}
    test = [g for file, g in read.items() if file.name.partition("_")[0] in names[-2:]]
    rest = [g for file, g in read.items() if file.name.partition("_")[0] not in names[-2:]]
    kept, train = rest[::5], [g for k, g in enumerate(rest) if k % 5]

    def tensors(found: Sequence[SegmentGraph]) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        return [(torch.from_numpy(g.x), torch.from_numpy(g.edges), torch.from_numpy(g.true).float()) for g in found]

    stage = GnnStage(InteractionSettings(hidden=(64, 32), steps=6), Schedule(epochs=epochs, learning_rate=3e-3))
    torch.manual_seed(seed)
    network = Interaction(stage.network)
    began = time.process_time()
    mirrored = [replace(g, x=g.x * np.array(m, np.float32)) for g in train for m in MIRRORS]
    fitted = train_gnn(network, stage, tensors(mirrored), tensors(kept), _said)
    seconds = time.process_time() - began

    def scored(found: Sequence[SegmentGraph]) -> list[tuple[Event, np.ndarray, np.ndarray]]:
        return [(g.event(), g.edges, classified(network, torch.from_numpy(g.x), g.edges, None)) for g in found]

    cut = best_cut(scored(kept), 3)
    efficiency, purity, right = Fraction(0, 0), Fraction(0, 0), Fraction(0, 0)
    measured: list[TrackMetrics] = []
    for g, (event, edges, scores) in zip(test, scored(test)):
        passed = scores >= cut
        efficiency += Fraction(int((passed & g.true).sum()), int(g.true.sum()))
        purity += Fraction(int((passed & g.true).sum()), int(passed.sum()))
        right += Fraction(int((passed == g.true).sum()), len(passed))
        measured.append(track_metrics(event, connected_components(len(event), edges[:, passed], 3), None, MIN_HITS))
    total = sum(measured[1:], measured[0])
    all_edges = sum((Fraction(int(g.true.sum()), len(g.true)) for g in test), Fraction(0, 0))
    rows = [
        (
            "graphs for training, validation, test",
            f"{len(train)}, {len(kept)}, {len(test)} (events {', '.join(names[-2:])})",
        ),
        ("true edges before", str(all_edges)),
        ("edge efficiency", str(efficiency)),
        ("edge purity", str(purity)),
        ("edges classified right", str(right)),
        ("technical efficiency of tracks", str(total.technical_efficiency)),
        ("purity of tracks", str(total.purity)),
    ]
    print(table(("", "interaction network [64, 32], 6 steps"), rows))
    print(f"\ncut {cut:.3g}, best epoch {fitted.best_epoch + 1} of {epochs}; {seconds:,.0f} s of CPU")


def _tracks_table(found: Evaluation, events: Sequence[Event]) -> None:
    """The pipeline beside the baseline."""
    rows = []
    baseline = (_summed(events, helix_labels, None), _summed(events, helix_labels, FAST))
    for name, (every, fast) in (("pipeline", (found.tracks, found.fast)), ("helix baseline", baseline)):
        figures = (fast.technical_efficiency, every.technical_efficiency, every.physics_efficiency, every.purity)
        rows.append((name, *map(str, figures), f"{100 * every.score.value:.1f} %"))
    heading = ("tracks by", "efficiency above 500 MeV", "efficiency", "physics efficiency", "purity", "TrackML score")
    print(table(heading, rows) + "\n")


def _summed(
    events: Sequence[Event], labels: Callable[[Event], np.ndarray], selection: Selection | None
) -> TrackMetrics:
    return _metrics([(event, labels(event)) for event in events], selection)


def _metrics(labelled: Sequence[tuple[Event, np.ndarray]], selection: Selection | None) -> TrackMetrics:
    found = [track_metrics(event, labels, selection, MIN_HITS) for event, labels in labelled]
    return sum(found[1:], found[0])


def _edges_table(found: Evaluation) -> None:
    rows = [
        (stage, f"{e.purity.all / found.events:,.0f}", str(e.efficiency), str(e.purity), str(e.same_particle),
         f"{100 * e.weighted_purity.value:.1f} %")
        for stage, e in found.edges.items()
    ]  # fmt: skip
    print(table(("edges after", "per event", "efficiency", "purity", "same particle", "weighted purity"), rows) + "\n")


def _disturbed_table(title: str, found: Sequence[Disturbed]) -> None:
    rows = [
        (f"{d.amount:g}", str(d.fast.technical_efficiency), str(d.tracks.technical_efficiency), str(d.tracks.purity))
        for d in found
    ]
    print(table((title, "efficiency above 500 MeV", "efficiency", "purity"), rows) + "\n")


def _said(what: str, done: int = 0, of: int = 0) -> None:
    if done % 10 == 0:
        print(f"{what} {done}/{of}", file=sys.stderr, flush=True)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("train").add_argument("-o", "--output", type=Path, required=True)
    commands.add_parser("generated").add_argument("pipeline", type=Path)
    of_real = commands.add_parser("real")
    of_real.add_argument("pipeline", type=Path)
    of_real.add_argument("events", type=Path)
    of_labelling = commands.add_parser("labelling")
    of_labelling.add_argument("pipeline", type=Path)
    of_labelling.add_argument("events", type=Path)
    commands.add_parser("graphs").add_argument("graphs", type=Path)
    given = parser.parse_args()
    match given.command:
        case "train":
            train_pipeline(given.output)
        case "generated":
            generated(given.pipeline)
        case "real":
            real(given.pipeline, given.events)
        case "labelling":
            labelling(given.pipeline, given.events)
        case _:
            graphs(given.graphs)


if __name__ == "__main__":
    main()
