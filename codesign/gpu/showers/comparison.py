"""Ways to cluster compared: a trained network, topological and density clusters, the latter two tuned alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from codesign.errors import ModelError
from codesign.gpu.showers.algorithm import Algorithm
from codesign.gpu.showers.clustering import TrainedClustering
from codesign.gpu.showers.density import Density
from codesign.gpu.showers.detectors import Detector, detector
from codesign.gpu.showers.evaluation import Clusterer, Clustering, evaluate
from codesign.gpu.showers.event import FEWEST_HITS, ShowerEvent
from codesign.gpu.showers.page import Comparison, Shown
from codesign.gpu.showers.runner import Runner
from codesign.gpu.showers.selection import Selection
from codesign.gpu.showers.topological import Topological
from codesign.gpu.showers.tuning import DENSITY, TOPOLOGICAL, tuned
from codesign.progress import Progress, silent

BASELINES = ("topological", "density")
DEFAULTS: Mapping[str, Mapping[str, Algorithm]] = {
    "hgcal": {
        "topological": Topological(4, 2, 0, 1, 2, least_gev=6, least_layers=30),
        "density": Density(2, 2, 4, 0.3, least_gev=6, least_layers=30),
    },
    "hcal": {
        "topological": Topological(4, 2, 0, 1, 2, least_gev=8, least_layers=6),
        "density": Density(1, 2, 1.5, 0.3, least_gev=8, least_layers=6),
    },
}
"""By detector: what `tuned` found on generated events of the default mixture."""


def baseline(way: Algorithm, where: Detector) -> Clusterer:
    """As something to evaluate."""
    return lambda event: Clustering(way.clusters(where, event))


def compare(
    name: str, data: str, events: Sequence[ShowerEvent], trained: TrainedClustering | None = None,
    tuning: Sequence[ShowerEvent] | None = None, threads: int | None = None, progress: Progress = silent,
) -> Comparison:  # fmt: skip
    """The network where there is one, and the baselines, set for `tuning` events where there are some. ModelError where
    the network is for another detector, or there are no events."""
    if not events:
        raise ModelError(f"{data}: there are no events")
    if trained is not None and trained.detector != name:
        raise ModelError(f"{data}: the events are of the detector {name}, the network is for {trained.detector}")
    where = detector(name)
    ways: dict[str, Clusterer] = {}
    settings: dict[str, str] = {}
    if trained is not None:
        ways["SPVCNN"] = Runner(trained, threads)
        settings["SPVCNN"] = shown(trained.thresholds)
    if tuning is not None and not any((e.sizes >= FEWEST_HITS).any() for e in tuning):
        raise ModelError(f"--tune: the events hold no particle of {FEWEST_HITS} hits; give others")
    grids: dict[str, Sequence[Algorithm]] = {"topological": TOPOLOGICAL[name], "density": DENSITY[name]}
    for kind in BASELINES:
        way, best_of = DEFAULTS[name][kind], ""
        if tuning is not None:
            progress(f"tuning {kind}", 0, 0)
            way, _ = tuned(grids[kind], where, tuning)
            best_of = f"; the best of {len(grids[kind])} on {len(tuning)} events"
        ways[kind] = baseline(way, where)
        settings[kind] = shown(way) + best_of
    found = []
    for k, (title, run) in enumerate(ways.items()):
        progress(f"clustering: {title}", k, len(ways))
        found.append(evaluate(title, run, events))
    example = next((e for e in events if len(e)), events[0])
    return Comparison(name, data, found, settings, Shown(example, {t: w(example).labels for t, w in ways.items()}))


def clusterer(what: str, name: str, threads: int | None = None) -> Clusterer:
    """`topological`, `density`, or the network in the folder `what`; ModelError where it is for another detector."""
    if what in BASELINES:
        return baseline(DEFAULTS[name][what], detector(name))
    trained = TrainedClustering.load(Path(what))
    if trained.detector != name:
        raise ModelError(f"{what}: the network is for the detector {trained.detector}, the events are of {name}")
    return Runner(trained, threads)


def shown(way: Selection) -> str:
    """The settings on one line, which clusters are kept last."""
    names = sorted((f.name for f in fields(way)), key=lambda name: name in {f.name for f in fields(Selection)})
    return ", ".join(f"{name} {getattr(way, name):g}" for name in names)
