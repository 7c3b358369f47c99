"""Progress: lines where nobody watches, a moving one per step on a terminal; never on stdout."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from codesign.cli import terminal

Run = Callable[..., tuple[int, str, str]]


class Screen(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_line_says_when_a_step_begins_and_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 12.0, 13.0, 14.0])
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))
    out = io.StringIO()
    lines = terminal._Lines(Console(file=out))

    for step in [("compiling", 0, 0), ("evaluating", 0, 9), ("evaluating", 4, 9), ("evaluating", 5, 9)]:
        lines(*step)
    lines("evil\x1b[2Jname", 0, 0)

    assert out.getvalue().splitlines() == ["compiling", "evaluating", "evaluating 4/9", "evil\\x1b[2Jname"]


def test_on_a_terminal_each_step_keeps_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with terminal.progress() as told:
        told("reading [bold]x", 0, 0)
        told("evaluating", 0, 16)
        told("evaluating", 16, 16)
    last = screen.getvalue().split("\x1b[2K")[-1]
    assert "reading [bold]x" in last and "evaluating" in last and "16/16" in last
    assert "0:00:0" in last


def test_the_steps_of_a_compilation_go_to_stderr(run: Run, jets: Path, tmp_path: Path) -> None:
    code, out, errors = run("compile", jets, "-o", tmp_path / "build", "--no-csim")

    assert code == 0
    assert errors.splitlines() == [
        "reading jet_tagger.onnx", "network passes", "choosing the folding, timing the design", "writing the project",
        "evaluating exactly", "evaluating the design",
    ]  # fmt: skip
    assert "reading" not in out
