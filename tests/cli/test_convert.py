"""`codesign convert`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.frontends.keras.files import L, save_keras, source

Run = Callable[..., tuple[int, str, str]]


def test_convert_writes_qonnx(run: Run, tmp_path: Path) -> None:
    path = save_keras(tmp_path / "net.keras", [source((3,)), L("QActivation", "a", {"activation": "binary()"}, ["x"])])
    assert run("convert", path, "-o", tmp_path / "net.onnx") == (0, f"wrote {tmp_path / 'net.onnx'}\n", "")
    assert (tmp_path / "net.onnx").is_file()


def test_convert_names_the_layer_that_it_cannot_read(run: Run, tmp_path: Path) -> None:
    path = save_keras(tmp_path / "net.keras", [source((3,)), L("Lambda", "mine", {}, ["x"])])
    code, out, errors = run("convert", path, "-o", tmp_path / "net.onnx")
    assert (code, out) == (2, "")
    assert "net.keras: layer mine: the layer class Lambda is not supported: it holds Python code" in errors
    assert not (tmp_path / "net.onnx").exists()
