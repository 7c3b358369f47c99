"""The commands on our own model, and the jet tagger compiled once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codesign.cli.main import app

MODELS = Path(__file__).parents[2] / "models"
JETS = MODELS / "jet_tagger" / "jet_tagger.onnx"

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(MODELS.parent)}
"""Of commands run as processes of their own."""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def run() -> Run:
    """A command line's (exit code, stdout, stderr)."""

    def invoke(*arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        return result.exit_code, result.stdout, result.stderr

    return invoke


@pytest.fixture(scope="session")
def jets() -> Path:
    """The jet tagger's file."""
    return JETS


@pytest.fixture(scope="session")
def build(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The jet tagger compiled for the U50, without csim."""
    folder = tmp_path_factory.mktemp("cli") / "build"
    code, _, errors = run("compile", JETS, "--target", "u50", "-o", folder, "--no-csim", "--dump-passes")
    assert code == 0, errors
    return folder
