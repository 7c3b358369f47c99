"""`codesign clustering`, with the baselines and with a network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from codesign.cli.main import app
from codesign.gpu.showers.files import read_events

Run = Callable[..., tuple[int, str, str]]


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["clustering", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "events.npz"
    code, out, errors = run("generate", "--detector", "hcal", "--events", 12, "-o", file, "--particles", "2-4")
    assert code == 0, errors
    assert "12 events of hcal" in out
    return file


def test_generated_events_are_as_asked(data: Path) -> None:
    events = read_events(data, "hcal")
    assert len(events) == 12 and {len(e.particles) for e in events} <= {2, 3, 4}


def test_evaluate_prints_and_writes_the_comparison(data: Path, tmp_path: Path) -> None:
    code, out, errors = run("evaluate", "--data", data, "-o", tmp_path / "page")
    assert code == 0, errors
    assert "topological" in out and "density" in out and "PQ HAD" in out
    assert (tmp_path / "page" / "clustering.html").is_file() and (tmp_path / "page" / "clustering.json").is_file()


@pytest.mark.parametrize("way", ["topological", "density"])
def test_run_writes_a_label_for_every_hit(data: Path, tmp_path: Path, way: str) -> None:
    code, _, errors = run("run", way, "--data", data, "-o", tmp_path / "labels.npz")
    assert code == 0, errors
    events = read_events(data)
    with np.load(tmp_path / "labels.npz") as found:
        assert set(found.files) == {"labels", "hits_of_event"}
        assert found["hits_of_event"].tolist() == [len(e) for e in events]
        assert len(found["labels"]) == sum(map(len, events)) and found["labels"].max() > 0


def test_what_exists_is_kept(data: Path, tmp_path: Path) -> None:
    before = data.read_bytes()
    code, _, errors = run("generate", "--detector", "hcal", "--events", 1, "-o", data)
    assert code == 2 and "this exists" in errors and data.read_bytes() == before
    assert run("generate", "--detector", "hcal", "--events", 1, "-o", data, "--force")[0] == 0
    code, _, errors = run("run", "density", "--data", data, "-o", data)
    assert code == 2 and "this exists" in errors
    code, _, errors = run("run", "density", "--data", data, "-o", tmp_path, "--force")
    assert code == 2 and "there is a folder of this name" in errors
    code, out, errors = run("evaluate", "--data", data, "-o", data)
    assert code == 2 and "this is no folder" in errors and "topological" not in out + errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--detector", "ecal"], "--detector: 'ecal' is not known; there are hgcal, hcal"),
        (["--particles", "many"], "--particles: 'many', expected LOW-HIGH such as 3-8"),
        (["--particles", "3.7-8.9"], "--particles: '3.7-8.9', expected LOW-HIGH such as 3-8"),
        (["--energy", "ten"], "--energy: 'ten', expected LOW-HIGH such as 2.5-100"),
        (["--energy", "100-10"], "energy_gev (100.0, 10.0) is out of range"),
        (["--pileup", "-1"], "pileup -1.0 is out of range"),
    ],
)
def test_what_cannot_be_generated_is_refused(tmp_path: Path, arguments: list[str], message: str) -> None:
    code, _, errors = run("generate", *arguments, "-o", tmp_path / "x.npz")
    assert code == 2 and message in " ".join(errors.split()) and not (tmp_path / "x.npz").exists()


def test_a_folder_that_is_no_network_is_refused(data: Path, tmp_path: Path) -> None:
    code, _, errors = run("run", tmp_path, "--data", data, "-o", tmp_path / "labels.npz")
    assert code == 2 and "clustering.yaml" in errors


@pytest.mark.gpu
def test_a_network_is_trained_compared_and_run(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    config = tmp_path / "c.yaml"
    config.write_text(
        "detector: hcal\nvalidation: 0.2\ntraining: {epochs: 1, batch: 4}\n"
        "network: {channels: [4, 4, 4, 4, 4, 4, 4, 4, 4], resolution: 1}\n"
    )
    network = tmp_path / "network"
    code, out, errors = run("train", config, "--data", data, "-o", network, "--threads", 1)
    assert code == 0, errors
    assert "best loss" in out and "parameters" in out
    assert {p.name for p in network.iterdir()} == {"clustering.yaml", "spvcnn", "training.json"}
    code, out, errors = run("evaluate", "--data", data, "--model", network, "-o", tmp_path / "page", "--threads", 1)
    assert code == 0, errors
    assert "SPVCNN" in out
    code, _, errors = run("run", network, "--data", data, "-o", tmp_path / "labels.npz", "--threads", 1)
    assert code == 0, errors
    with np.load(tmp_path / "labels.npz") as found:
        assert set(found.files) == {"labels", "hits_of_event", "kind"}
    other = tmp_path / "hgcal.npz"
    assert run("generate", "--events", 1, "-o", other)[0] == 0
    for command in (("run", network), ("evaluate", "--model", network)):
        code, _, errors = run(*command, "--data", other, "-o", tmp_path / "other")
        assert code == 2 and "the network is for" in " ".join(errors.split())
    code, _, errors = run("train", config, "--data", other, "-o", tmp_path / "second")
    assert code == 2 and "the events are of the detector hgcal" in " ".join(errors.split())
    assert not (tmp_path / "second").exists()
    code, _, errors = run("train", config, "--data", data, "-o", network)
    assert code == 2 and "this exists" in errors
