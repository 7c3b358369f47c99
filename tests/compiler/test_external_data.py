"""A model with external data, and the generated code called again and again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest

import codesign
from tests.cli.conftest import JETS


def test_a_model_with_external_data_is_whole_in_its_project(tmp_path: Path) -> None:
    folder = tmp_path / "user"
    folder.mkdir()
    onnx.save_model(
        onnx.load(str(JETS)), str(folder / "jets.onnx"), save_as_external_data=True, location="weights.bin",
        size_threshold=0, convert_attribute=True,
    )  # fmt: skip
    assert (folder / "weights.bin").stat().st_size > 10_000
    build = tmp_path / "build"
    codesign.compile(folder / "jets.onnx", output=build, csim=False)
    (folder / "weights.bin").unlink()
    (folder / "jets.onnx").unlink()
    rungs = codesign.verify(build, inputs=30, cosim=False).rungs
    assert [(r.against, r.inputs, r.mismatches) for r in rungs] == [
        ("qonnx in float32", 30, 0),
        ("exact meaning of the model", 30, 0),
        ("integer network", 30, 0),
        ("integer network", 30, 0),
        ("integer network", 30, 0),
    ]


def test_a_second_csim_runs_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = codesign.compile(JETS, output=tmp_path / "build", csim=False)
    x = np.load(JETS.parent / "validation_x.npy")[:10]
    first = compiled.csim(x)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a program was run")

    monkeypatch.setattr(subprocess, "run", fail)
    np.testing.assert_array_equal(compiled.csim(x), first)
