"""The command line as a whole: help, version, and what it leaves unloaded."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

import codesign
from codesign.cli.main import app
from tests.cli.conftest import ENVIRONMENT

HEAVY = ("numpy", "onnx", "qonnx", "onnxruntime", "jinja2", "networkx", "scipy")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_help_lists_the_commands() -> None:
    code, text = run("--help")
    assert code == 0
    for command in ("compile", "verify", "report", "show", "targets"):
        assert f" {command} " in text


@pytest.mark.parametrize("command", ["compile", "verify", "report", "show", "targets"])
def test_every_command_explains_itself(command: str) -> None:
    code, text = run(command, "--help")
    assert code == 0
    assert f"{command} [OPTIONS]" in text


def test_the_version_is_printed() -> None:
    assert run("--version") == (0, f"codesign {codesign.__version__}\n")


@pytest.mark.parametrize("module", ["codesign", "codesign.cli.main"])
def test_nothing_heavy_is_loaded_before_a_command_runs(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compile"], "model"),
        (["compile", "m.onnx", "--reuse", "0"], "--reuse"),
        (["compile", "m.onnx", "--targte", "u50"], "--target"),
        (["compil"], "compile"),
        (["verify", "build", "--inputs", "many"], "--inputs"),
    ],
)
def test_a_wrong_command_line_is_refused_with_a_hint(arguments: list[str], message: str) -> None:
    code, text = run(*arguments)
    assert code == 2
    assert message in text.lower()
