"""`codesign export`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codesign.gpu.tensorrt import target
from tests.gpu.checkpoints import embedding, interaction

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    interaction().save(tmp_path / "gnn")
    return tmp_path / "gnn"


def test_export_writes_onnx_and_says_how_exact_it_is(run: Run, checkpoint: Path, tmp_path: Path) -> None:
    code, out, _ = run("export", checkpoint, "-o", tmp_path / "out")
    assert code == 0
    assert "interaction: output differs by " in out
    assert "onnxruntime-cpu taken; onnxruntime-cuda taken; tensorrt refused: " in out
    assert out.endswith(f"wrote {tmp_path / 'out'}\n")
    assert (tmp_path / "out" / "model.onnx").is_file()
    code, _, errors = run("export", checkpoint, "-o", tmp_path / "out")
    assert (code, "--force" in errors) == (2, True)


def test_export_for_tensorrt_says_that_nothing_was_parsed_without_the_wheel(
    run: Run, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "available", lambda: False)
    arguments = ("export", checkpoint, "-o", tmp_path / "out", "--target", "tensorrt", "--capability", "8.0")
    code, out, _ = run(*arguments, "--max", "nodes=1000,edges=9000", "--opt", "nodes=500")
    assert code == 0
    assert "model.onnx was not parsed here: tensorrt-rtx is not installed" in out
    assert "--optShapes=x:500x3,edge_index:2x9000," in (tmp_path / "out" / "trtexec.sh").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "tensort"), "--target 'tensort' is not known; did you mean tensorrt?"),
        (("--max", "nodes=5"), "--max is for --target tensorrt, not onnx"),
        (("--capability", "8.0"), "--capability is for --target tensorrt, not onnx"),
        (("--target", "tensorrt", "--capability", "9.9"), "--capability: 9.9 is none that tensorrt-rtx builds for"),
        (("--target", "tensorrt", "--max", "nodes=x"), "--max: 'nodes=x' is no size"),
        (("--target", "tensorrt", "--max", "rows=5"), "--max: rows is no dynamic axis of the model"),
        (("--target", "tensorrt", "--edges", "any"), "refuses the model with --lowering pull --edges any"),
        (("--target", "tensorrt", "--lowering", "scatter"), "refuses the model with --lowering scatter"),
        (("--maps", "model"), "maps are made in the model for spvcnn, this is of the kind interaction"),
        (("--maps", "all"), "maps is 'all', expected one of inputs, model, events"),
        (
            ("--maps", "model", "--target", "triton"),
            "--maps model is for --target onnx, not triton; leave it out: voxels",
        ),
        (
            ("--maps", "model", "--target", "tensorrt"),
            "--maps model is for --target onnx, not tensorrt, which has no Unique; leave it out",
        ),
        (("--precision", "fp4"), "precision is 'fp4', expected one of fp32"),
    ],
)
def test_export_refuses_what_does_not_go_together(
    run: Run, checkpoint: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, _, errors = run("export", checkpoint, "-o", tmp_path / "out", *arguments)
    assert (code, message in errors) == (2, True), errors
    assert not (tmp_path / "out").exists()


@pytest.mark.gpu
def test_export_prints_what_tensorrt_rtx_built(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    embedding().save(tmp_path / "embedding")
    code, out, _ = run("export", tmp_path / "embedding", "-o", tmp_path / "out", "--target", "tensorrt")
    assert code == 0
    for file, capability in (("model", "8.0"), ("model", "8.9"), ("model_fp16", "7.5")):
        assert f"embedding: {file}.onnx, engine for {capability} by tensorrt-rtx " in out


def test_export_writes_a_repository_for_triton(run: Run, checkpoint: Path, tmp_path: Path) -> None:
    arguments = ("export", checkpoint, "-o", tmp_path / "out", "--target", "triton", "--name", "gnn")
    code, out, errors = run(*arguments, "--networks", "onnxruntime", "--instances", "2")
    assert (code, errors) == (0, "")
    assert out.startswith("gnn: sha256:")
    config = (tmp_path / "out" / "gnn" / "config.pbtxt").read_text()
    assert 'backend: "onnxruntime"' in config
    assert (tmp_path / "out" / "gnn" / "1" / "model.onnx").is_file()


def test_export_for_triton_says_what_to_install(
    run: Run, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tritonclient", None)
    code, _, errors = run("export", checkpoint, "-o", tmp_path / "out", "--target", "triton")
    assert (code, errors) == (2, "codesign: error: this needs tritonclient: pip install 'codesign[gpu]'\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--name", "gnn"), "--name is for --target triton, not onnx"),
        (("--stages",), "--stages is for --target triton, not onnx"),
        (("--target", "tensorrt", "--threads", "0"), "--threads is for --target triton, not tensorrt"),
        (("--target", "triton", "--opt", "nodes=5"), "--opt is for --target tensorrt, not triton"),
        (("--target", "triton", "--edges", "sorted"), "--edges sorted: clients of a server send edges in any order"),
        (("--target", "triton", "--device", "tpu"), "--device 'tpu': expected cpu or gpu"),
        (("--target", "triton", "--delay-us", "5"), "--delay-us is how long an event waits for others"),
        (("--target", "triton", "--networks", "mine"), "networks is 'mine', expected one of python, onnxruntime"),
        (("--target", "triton", "--name", "../x"), "the model's name '../x' is none"),
    ],
)
def test_export_refuses_options_of_other_targets(
    run: Run, checkpoint: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, _, errors = run("export", checkpoint, "-o", tmp_path / "out", *arguments)
    assert (code, message in errors) == (2, True), errors
    assert not (tmp_path / "out").exists()
