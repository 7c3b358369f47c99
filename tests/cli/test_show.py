"""`codesign show`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import codesign.compiler

Run = Callable[..., tuple[int, str, str]]


def test_the_network_is_printed_as_text(run: Run, jets: Path) -> None:
    code, out, errors = run("show", jets)
    assert (code, errors) == (0, "")
    assert out.startswith("graph(") and "Requantize(" in out


def test_the_import_has_no_requantizers_yet(run: Run, jets: Path) -> None:
    code, out, _ = run("show", jets, "--after", "import")
    assert code == 0
    assert "Quantize(" in out and "Requantize(" not in out


def test_the_design_is_printed_as_text(run: Run, jets: Path) -> None:
    code, out, _ = run("show", jets, "--design", "--target", "u50")
    assert code == 0
    assert "MatVec" in out


def test_an_unknown_pass_is_refused_with_those_there_are(run: Run, jets: Path) -> None:
    code, out, errors = run("show", jets, "--after", "fold_batchnrom")
    assert (code, out) == (2, "")
    assert "there is no pass 'fold_batchnrom'; there are import, " in errors and "fold_batchnorm" in errors


def test_control_characters_are_spelled_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codesign.compiler, "show", lambda *_, **__: "a\x1b[2J\nb\n")
    assert run("show", "m.onnx")[1] == "a\\x1b[2J\nb\n"
