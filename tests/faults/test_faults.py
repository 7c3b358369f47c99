"""`faults` on the jet tagger, with its weights in memories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from codesign.cli.main import app
from codesign.compiler import compile
from codesign.errors import CodesignError
from codesign.faults import FaultResult, faults
from codesign.faults.protect import Criterion
from codesign.faults.ranking import spearman

MODEL = Path(__file__).parents[2] / "models" / "jet_tagger"
GIVEN: dict[str, Any] = {
    "data": MODEL / "validation_x.npy", "labels": MODEL / "validation_y.npy", "metric_name": "accuracy", "samples": 200
}  # fmt: skip


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults") / "build"
    compile(MODEL / "jet_tagger.onnx", target="u50", output=folder, reuse=8, csim=False)
    return folder


@pytest.fixture(scope="session")
def found(build: Path) -> FaultResult:
    return faults(build, **GIVEN, loss=0.02, inject=600)


def test_the_ranking_is_that_of_the_output_error(found: FaultResult) -> None:
    assert found.rho_error is not None
    assert found.rho_error > 0.8


def test_every_plane_is_flipped_in_its_share(found: FaultResult) -> None:
    assert found.total == sum(w.bits for w in found.layers)
    assert all(p.flipped > 0 for p in found.planes)
    assert sum(u.weight for u in found.upsets) == pytest.approx(found.total)


def test_protecting_the_ranked_bits_leaves_less_than_protecting_others(found: FaultResult) -> None:
    quarter = found.total // 4
    first = sum(u.error * u.weight for u in found.upsets if u.rank >= quarter)
    everything = sum(u.error * u.weight for u in found.upsets)
    assert first < everything / 4  # a random quarter leaves three quarters


def test_protection_reaches_the_loss_and_says_its_price(found: FaultResult) -> None:
    for p in found.protections:
        assert (p.worst if p.criterion is Criterion.WORST else p.mean) <= 0.02
    planes = next(p for p in found.protections if p.planes and p.criterion is Criterion.WORST)
    assert planes.bits > 0
    assert planes.price.extra_bits == 2 * planes.bits
    lanes = [found.layers[k].memory.words.shape[1] for k, _ in planes.chosen]
    assert planes.price.voters == sum(lanes)
    assert planes.price.resources.lut >= planes.price.voters
    left = [u.loss for u in found.upsets if (u.layer, u.bit) not in planes.chosen and u.loss is not None]
    assert max(left) <= 0.02
    for plane in planes.chosen:
        assert max(u.harm for u in found.upsets if (u.layer, u.bit) == plane) > 0.02


def test_the_files_hold_what_was_found(build: Path, found: FaultResult) -> None:
    again = faults(build, **GIVEN, loss=0.02, inject=600)
    data = json.loads((build / "faults.json").read_text())
    assert again.upsets == found.upsets
    assert (data["bits"], data["flipped"], data["reference"]) == (found.total, len(found.upsets), found.reference)
    assert [u["loss"] for u in data["upsets"]] == [u.loss for u in found.upsets]
    page = (build / "faults.html").read_text()
    assert "node_linear_3" in page
    assert "<script" not in page


def test_ranks_are_correlated() -> None:
    one, other = np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])
    assert spearman(one, other) == pytest.approx(0.8)
    assert spearman(one, -one) == pytest.approx(-1)
    assert spearman(one, np.ones(4)) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": -1.0}, r"--loss -1.0: give how much of the metric may be lost"),
        ({"loss": float("nan")}, r"--loss nan: give how much"),
        ({"inject": 0}, r"--inject 0: give how many bits to flip, at least 1"),
        ({"goal": "up"}, r"--goal up: choose max or min"),
        ({"metric_name": "best"}, r"metric 'best': there is none; choose accuracy, auc, mae, iqr"),
        ({"labels": MODEL / "validation_x.npy"}, r"metric accuracy: labels of shape"),
        ({"data": MODEL / "none.npy"}, r"none.npy: the data cannot be read"),
    ],
)
def test_bad_input_is_told_and_writes_nothing(build: Path, options: dict[str, Any], message: str) -> None:
    before = {p.name: p.read_bytes() for p in build.glob("*faults*")}
    with pytest.raises(CodesignError, match=message):
        faults(build, **{**GIVEN, "inject": 5, **options})
    assert {p.name: p.read_bytes() for p in build.glob("*faults*")} == before


def test_adder_graphs_have_no_bits_to_flip(tmp_path: Path) -> None:
    compile(MODEL / "jet_tagger.onnx", target="u50", output=tmp_path / "b", csim=False)
    with pytest.raises(CodesignError, match=r"no memory of weights.*the products of node_linear, .* are adder graphs"):
        faults(tmp_path / "b", **GIVEN)


def test_the_command_prints_the_tables(build: Path) -> None:
    words = ["faults", build, "--data", GIVEN["data"], "--labels", GIVEN["labels"], "--metric", "accuracy"]
    more = ["--loss", "0.02", "--inject", "60", "--samples", "50"]
    result = CliRunner().invoke(app, [str(w) for w in (*words, *more)])
    assert result.exit_code == 0, result.stderr
    for text in ("loss of one upset by bit", "bits to protect for a loss of 0.02", "rank correlation", "faults.html"):
        assert text in result.stdout
