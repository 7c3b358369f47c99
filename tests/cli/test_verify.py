"""`codesign verify`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import codesign.compiler
from codesign.report.model import Rung, Verification

Run = Callable[..., tuple[int, str, str]]


def test_rungs_that_differ_give_exit_code_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rungs = (Rung("design", "integer network", 10, 50, 0), Rung("csim", "integer network", 10, 50, 3))
    monkeypatch.setattr(codesign.compiler, "verify", lambda *_, **__: Verification(rungs))
    code, out, errors = run("verify", "build")
    assert (code, errors) == (1, "")
    assert out.splitlines() == [
        "exact    design = integer network on 10 inputs, 50 values",
        "DIFFERS  csim ≠ integer network in 3 of 50 values on 10 inputs",
    ]


def test_every_option_reaches_the_ladder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def record(build: Path, **options: object) -> Verification:
        seen.update(options, build=build)
        return Verification((Rung("design", "integer network", 5, 5, 0),))

    monkeypatch.setattr(codesign.compiler, "verify", record)
    assert run("verify", "build", "--data", "x.npy", "--inputs", "5", "--seed", "7", "--no-cosim")[0] == 0
    assert callable(seen.pop("progress"))
    assert seen == {"build": Path("build"), "data": Path("x.npy"), "inputs": 5, "seed": 7, "cosim": False}
    assert run("verify", "build")[0] == 0
    assert seen["cosim"] is True


@pytest.mark.slow
def test_the_jet_tagger_is_exact_on_its_validation_data(run: Run, build: Path, jets: Path) -> None:
    code, out, errors = run("verify", build, "--data", jets.parent / "validation_x.npy", "--inputs", "100")
    assert code == 0 and errors.splitlines()[:2] == ["reading the project", "evaluating exactly"]
    lines = out.splitlines()
    assert len(lines) == 8 and all(line.startswith("exact ") and "on 100 inputs, 500 values" in line for line in lines)
    assert ["cosim" in line for line in lines] == [False] * 5 + [True] * 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("none.npy", "none.npy: the data cannot be read"),
        ("text.npy", "text.npy: the data cannot be read as .npy or .npz"),
        ("objects.npy", "objects.npy: the data cannot be read"),
        ("wide.npy", "the input has shape (17,), the network expects (16,)"),
        ("nan.npy", "not numbers"),
        ("empty.npy", "no samples"),
        ("words.npy", "expected an array of real numbers"),
        ("other.npz", "there is no array for input"),
    ],
)
def test_data_that_cannot_be_used_is_refused(run: Run, build: Path, tmp_path: Path, data: str, message: str) -> None:
    (tmp_path / "text.npy").write_text("1 2 3")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "wide.npy", np.zeros((3, 17)))
    np.save(tmp_path / "nan.npy", np.full((3, 16), np.nan))
    np.save(tmp_path / "empty.npy", np.zeros((0, 16)))
    np.save(tmp_path / "words.npy", np.array(["a"]))
    np.savez(tmp_path / "other.npz", unknown=np.zeros((3, 16)))
    code, out, errors = run("verify", build, "--data", tmp_path / data)
    assert (code, out) == (2, "")
    assert message in errors


def test_a_folder_that_is_no_project_is_refused(run: Run, tmp_path: Path) -> None:
    code, out, errors = run("verify", tmp_path)
    assert (code, out) == (2, "")
    assert str(tmp_path) in errors and "codesign compile" in errors
