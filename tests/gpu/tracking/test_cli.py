"""`codesign tracking` from events to tracks."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codesign.cli.main import app
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.trackml import event_names, read_event

Run = Callable[..., tuple[int, str, str]]
CONFIG = """
validation: 0.3
features:
  embedding: {r: 1000, cos_phi: 1, sin_phi: 1, eta: 3}
  filter: {r: 1000, cos_phi: 1, sin_phi: 1, eta: 3}
  gnn: {r: 1000, cos_phi: 1, sin_phi: 1, eta: 3}
embedding: {network: {hidden: [16], outputs: 3}, training: {epochs: 2, learning_rate: 0.01}}
filter: {network: {hidden: [8]}, training: {epochs: 1}}
gnn: {kind: attention, network: {hidden: 8, steps: 2}, training: {epochs: 1}}
"""


def run(*arguments: object) -> tuple[int, str, str]:
    """A command line's (exit code, stdout, stderr)."""
    result = CliRunner().invoke(app, ["tracking", *(str(a) for a in arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tracking") / "events"
    code, out, err = run("generate", "-o", folder, "--events", 6, "--particles", 12, "--vertices", 2, "--pt-min", 1)
    assert (code, err.count("error")) == (0, 0), err
    assert f"events: {folder}: 6 of " in out
    return folder


def test_generated_events_are_those_of_their_seeds(events: Path) -> None:
    assert event_names(events) == [f"event{k:09d}" for k in range(1, 7)]
    wanted = generate(Settings(particles=12, vertices=2, pt_min=1), 3)
    found = read_event(events, "event000000003")
    assert (found.hits == wanted.hits).all() and (found.particle == wanted.particle).all()


def test_a_folder_that_is_there_is_left_alone(events: Path) -> None:
    before = sorted(p.name for p in events.iterdir())
    code, _, err = run("generate", "-o", events)
    assert code == 2 and "this exists; choose another folder" in err
    assert sorted(p.name for p in events.iterdir()) == before


def test_wrong_numbers_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    code, _, err = run("generate", "-o", tmp_path / "events", "--noise", 3)
    assert code == 2 and "noise is 3" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.gpu
def test_a_pipeline_is_trained_evaluated_and_run(events: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "config.yaml").write_text(CONFIG)
    pipeline = tmp_path / "pipeline"

    code, out, err = run("train", tmp_path / "config.yaml", "--events", events, "-o", pipeline, "--threads", 1)
    assert code == 0, err
    assert "embedding: best validation" in out and f"pipeline: {pipeline}" in out

    code, out, err = run("evaluate", pipeline, "--events", events, "-o", tmp_path / "report", "--noise", "0.5",
                         "--misalignment", "1,5")  # fmt: skip
    assert code == 0, err
    assert "technical efficiency" in out and "edges by stage" in out
    written = json.loads((tmp_path / "report" / "evaluation.json").read_text())
    assert written["events"] == 6 and len(written["misalignment_mm"]) == 2

    # Running needs no truth.
    (events / "event000000001-truth.csv").unlink()
    (events / "event000000001-particles.csv").unlink()
    code, out, err = run("run", pipeline, "--events", events, "-o", tmp_path / "labels", "--max-events", 2)
    assert code == 0, err
    names = sorted(p.name for p in (tmp_path / "labels").iterdir())
    assert names == ["event000000001-labels.csv", "event000000002-labels.csv"]
    rows = list(csv.DictReader((tmp_path / "labels" / names[0]).open()))
    hits = read_event(events, "event000000001", truth=False).hits
    assert [int(row["hit_id"]) for row in rows] == list(range(1, len(hits) + 1))
    assert {int(row["track_id"]) >= -1 for row in rows} == {True}

    # A hit that cannot be is named with its event, and nothing is left behind.
    path = events / "event000000002-hits.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], "3,4000,0,0,8,2,1", *lines[4:]]) + "\n")
    code, out, err = run("run", pipeline, "--events", events, "-o", tmp_path / "other")
    assert code == 2 and "event000000002: hits: hit 2 at [4000.0, 0.0, 0.0] mm is outside" in err
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("run", "nowhere", "--events", "EVENTS", "-o", "OUT"), "there is no pipeline.yaml"),
        (("evaluate", "nowhere", "--events", "EVENTS", "-o", "OUT"), "there is no pipeline.yaml"),
    ],
)
def test_what_is_missing_is_named(command: tuple[str, ...], message: str, events: Path, tmp_path: Path) -> None:
    places = {"EVENTS": str(events), "OUT": str(tmp_path / "out"), "nowhere": str(tmp_path / "nowhere")}
    code, _, err = run(*(places.get(part, part) for part in command))
    assert code == 2 and message in err
    assert list(tmp_path.iterdir()) == []
