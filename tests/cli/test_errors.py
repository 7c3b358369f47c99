"""What is wrong is said in one message on stderr, with an exit code and without a traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from codesign.cli.errors import errors_reported
from codesign.errors import IRError, ModelError
from tests.cli.conftest import ENVIRONMENT


def fail(error: BaseException, debug: bool = False) -> tuple[int, str]:
    """(exit code, stderr) of a command that raises `error`; stdout must stay empty."""
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def command(context: typer.Context) -> None:
        context.obj = debug
        with errors_reported(context):
            raise error

    result = CliRunner().invoke(app, [])
    assert result.stdout == ""
    return result.exit_code, result.stderr


def test_the_users_mistake_is_one_message_and_exit_code_2() -> None:
    code, text = fail(ModelError("net.onnx: node fc1: is wrong; do this"))
    assert (code, text) == (2, "codesign: error: net.onnx: node fc1: is wrong; do this\n")


def test_our_mistake_says_so_with_exit_code_3() -> None:
    code, text = fail(IRError("fold_batchnorm: a rule is broken"))
    assert code == 3
    assert text.startswith("codesign: internal error: IRError: fold_batchnorm: a rule is broken\n")
    assert "please report it together with what `codesign --debug` adds" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("error", [IndexError("list index out of range"), AssertionError(), RecursionError("deep")])
def test_any_other_error_is_ours(error: Exception) -> None:
    code, text = fail(error)
    assert code == 3
    assert f"internal error: {type(error).__name__}: {error}" in text


def test_what_the_system_refuses_is_named() -> None:
    code, text = fail(OSError(28, "No space left on device", "build/report.html"))
    assert (code, text) == (2, "codesign: error: build/report.html: No space left on device\n")


def test_an_interrupt_ends_with_the_shells_code() -> None:
    assert fail(KeyboardInterrupt()) == (130, "codesign: interrupted\n")


def test_an_exit_code_passes_through() -> None:
    assert fail(typer.Exit(1)) == (1, "")


@pytest.mark.parametrize("error", [ModelError("wrong"), IRError("wrong"), OSError(2, "none", "x")])
def test_debug_shows_where_it_happened(error: Exception) -> None:
    _, text = fail(error, debug=True)
    assert text.startswith("Traceback (most recent call last):")
    assert "raise error" in text


def test_control_characters_of_a_name_do_not_reach_the_terminal() -> None:
    _, text = fail(ModelError("node \x1b]0;title\x07\x1b[2J\u202egone \udcff [red]x[/red]"))
    assert text == "codesign: error: node \\x1b]0;title\\x07\\x1b[2J\\u202egone \\udcff [red]x[/red]\n"
    assert "\x1b" not in fail(ModelError("\x1b[2J"), debug=True)[1]


def test_a_terminal_without_unicode_gets_it_spelled_out() -> None:
    code = "from codesign.cli.main import app; app()"
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii:strict"}
    show = [sys.executable, "-c", code, "show", "ü.onnx"]
    done = subprocess.run(show, capture_output=True, env=environment, check=False)
    assert done.returncode == 2
    assert b"\\xfc.onnx" in done.stderr
    assert b"Traceback" not in done.stderr
