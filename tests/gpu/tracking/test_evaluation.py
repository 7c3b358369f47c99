"""How well a pipeline finds tracks: figures, files and pages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from codesign.cli.tracks import told_of
from codesign.errors import DataError
from codesign.gpu.tracking.evaluation import ETA_BINS, PT_BINS, Evaluation, evaluate
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.graphs import Edges
from codesign.gpu.tracking.pipeline import Pipeline
from codesign.gpu.tracking.report import plain, write_evaluation
from codesign.gpu.tracking.settings import PipelineSettings

Floats = NDArray[np.float32]
CURVED = {"cos_phi": 1.0, "sin_phi": 1.0, "eta": 1.0}


def pipeline(cut: float = 0.5) -> Pipeline:
    """Fast tracks from the middle of the detector are straight lines: hits in one direction."""

    def embed(x: Floats) -> Floats:
        return x

    def classify(x: Floats, edges: Edges) -> Floats:
        return np.full(edges.shape[1], 1.0, np.float32)

    settings = PipelineSettings(dict.fromkeys(("embedding", "filter", "gnn"), CURVED), radius=0.02, gnn_cut=cut)
    return Pipeline(settings, embed, classify, classify)


def events(count: int = 3) -> list[Event]:
    """Few particles, all above 10 GeV."""
    return [
        generate(Settings(particles=8, vertices=1, vertex_spread=(0.0, 0.0), pt_min=10, noise=0.1, overlap=0), k)
        for k in range(count)
    ]


@pytest.fixture(scope="module")
def found() -> Evaluation:
    return evaluate(pipeline(), events(), noise=[0.5, 100.0], misalignment=[0.0, 15.0])


def test_straight_tracks_are_found_and_every_stage_is_told(found: Evaluation) -> None:
    assert (found.events, found.hits) == (3, sum(map(len, events())))
    assert found.tracks.technical_efficiency.all == sum((e.particles["hits"] >= 5).sum() for e in events())
    assert found.tracks.technical_efficiency.value > 0.9
    assert found.fast == found.tracks  # all are above 500 MeV
    assert list(found.edges) == ["graph", "filter", "gnn"]
    assert found.edges["graph"] == found.edges["gnn"]  # nothing is cut
    assert found.edges["graph"].efficiency.value > 0.9
    assert found.edges["graph"].same_particle.value >= found.edges["graph"].purity.value
    assert list(found.seconds) == ["features", "embedding", "graph", "filter", "gnn", "labels"]


def test_bins_hold_each_particle_once(found: Evaluation) -> None:
    assert len(found.by_pt) == len(PT_BINS) - 1 and len(found.by_eta) == len(ETA_BINS) - 1
    assert sum(b.all for b in found.by_eta) == found.tracks.technical_efficiency.all
    inside = sum(((e.particles["pt"] < PT_BINS[-1]) & (e.particles["hits"] >= 5)).sum() for e in events())
    assert sum(b.all for b in found.by_pt) == inside


def test_noise_and_moved_modules_cost_tracks(found: Evaluation) -> None:
    assert [d.amount for d in found.noise] == [0.5, 100.0]
    assert found.noise[1].tracks.purity.value < found.tracks.purity.value
    still, moved = found.misalignment
    assert still.tracks.technical_efficiency == found.tracks.technical_efficiency
    assert moved.tracks.technical_efficiency.value < found.tracks.technical_efficiency.value


def test_a_cut_that_nothing_passes_leaves_no_edge_and_no_track() -> None:
    found = evaluate(pipeline(cut=0.9), events(1))
    assert found.edges["gnn"].purity.all == 0
    assert found.tracks.technical_efficiency.passed == 0
    text = json.dumps(plain(found))
    assert "NaN" not in text
    edges = json.loads(text)["edges"]["gnn"]
    assert edges["purity"]["value"] is None and edges["efficiency"]["value"] == 0


def test_edges_that_make_tracks_are_told_where_they_need_support(found: Evaluation, tmp_path: Path) -> None:
    each = pipeline()
    some = evaluate(replace(each, settings=replace(each.settings, support=3.0)), events())
    assert list(some.edges) == ["graph", "filter", "gnn", "labels"]
    assert some.edges["gnn"] == found.edges["gnn"]
    assert 0 < some.edges["labels"].purity.all < some.edges["gnn"].purity.all
    assert some.tracks.technical_efficiency.all == found.tracks.technical_efficiency.all
    assert some.tracks != found.tracks
    with (tmp_path / "told.txt").open("w") as file:
        Console(file=file, width=120).print(*told_of(some))
    stages = [line.split()[0] for line in (tmp_path / "told.txt").read_text().splitlines() if line.strip()]
    assert stages.count("labels") == 1


def test_both_files_say_what_was_found(found: Evaluation, tmp_path: Path) -> None:
    write_evaluation(found, tmp_path / "new" / "folder", "<pipeline>", "events")
    folder = tmp_path / "new" / "folder"
    assert sorted(p.name for p in folder.iterdir()) == ["evaluation.html", "evaluation.json"]
    written = json.loads((folder / "evaluation.json").read_text())
    efficiency = found.tracks.technical_efficiency
    assert written["tracks"]["technical_efficiency"]["passed"] == efficiency.passed
    assert written["tracks"]["technical_efficiency"]["error"] == efficiency.error
    html = (folder / "evaluation.html").read_text()
    assert "<pipeline>" not in html and "&lt;pipeline&gt;" in html
    assert html.count("<svg") == 5
    assert str(efficiency) in html


def test_events_without_truth_cannot_be_evaluated() -> None:
    event = events(1)[0]
    unknown = Event(event.hits, event.layer, np.zeros(len(event), np.int64))
    with pytest.raises(DataError, match="no event has a particle of 5 hits; its truth is needed"):
        evaluate(pipeline(), [unknown])


def test_a_hit_outside_the_detector_is_named_with_its_event() -> None:
    first, second = events(2)
    hits = second.hits.copy()
    hits[4] = (5000, 0, 0)
    moved = Event(hits, second.layer, second.particle, second.particles, second.weight)
    with pytest.raises(DataError, match=r"event 1: hits: hit 4 at \[5000.0, 0.0, 0.0\] mm is outside"):
        evaluate(pipeline(), [first, moved])
