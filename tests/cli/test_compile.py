"""`codesign compile`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import onnx
import pytest

import codesign.compiler
from tests.cli.conftest import ENVIRONMENT
from tests.report import samples

Run = Callable[..., tuple[int, str, str]]


def test_every_option_reaches_the_compiler(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, object] = {}

    def record(model: Path, **options: object) -> SimpleNamespace:
        seen.update(options, model=model)
        return SimpleNamespace(report=samples.chain())

    monkeypatch.setattr(codesign.compiler, "compile", record)
    code, _, errors = run(
        "compile", "m.onnx", "--target", "u50", "-o", tmp_path / "out", "--input-type", "x=int<8>", "--input-type",
        "uint<4>", "--precision", "fixed<16,6>", "--config", "my.yaml", "--reuse", "4", "--clock-mhz", "250.5",
        "--streams", "single", "--interval", "100", "--latency-us", "2.5", "--budget", "dsp=10",
        "--compute-units", "2", "--banks", "HBM[3]", "--max-batch", "50",
        "--name", "tagger", "--force", "--no-csim", "--cosim", "--dump-passes",
    )  # fmt: skip
    assert (code, errors) == (0, "")
    assert callable(seen.pop("progress"))
    assert seen == {
        "model": Path("m.onnx"), "target": "u50", "output": tmp_path / "out",
        "input_type": {"x": "int<8>", "": "uint<4>"}, "precision": "fixed<16,6>", "config": Path("my.yaml"),
        "reuse": 4, "clock_mhz": 250.5, "streams": "single", "name": "tagger", "force": True, "csim": False,
        "cosim": True, "dump_passes": True, "interval": 100, "latency_us": 2.5, "budget": "dsp=10",
        "compute_units": 2, "banks": "HBM[3]", "max_batch": 50,
    }  # fmt: skip


def test_what_is_not_given_is_left_to_the_compiler(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def record(model: Path, **options: object) -> SimpleNamespace:
        seen.update(options)
        return SimpleNamespace(report=samples.chain())

    monkeypatch.setattr(codesign.compiler, "compile", record)
    code, out, _ = run("compile", "m.onnx")
    assert code == 0
    assert callable(seen.pop("progress"))
    given = {key: value for key, value in seen.items() if value not in (None, False, {})}
    assert given == {"output": Path("build"), "csim": True}
    assert out.endswith("project: build\nreport:  build/report.html\n")


def test_the_jet_tagger_becomes_a_project_with_a_report(build: Path) -> None:
    report = json.loads((build / "report.json").read_text())
    assert report["target"] == "AMD Alveo U50" and report["fits"] and report["exact"]
    assert {layer["kind"] for layer in report["layers"]} >= {"Input", "Dense", "Requantize"}
    text = (build / "report.html").read_text()
    assert text.startswith("<!doctype html>") and text.endswith("</html>\n")
    assert list((build / "passes").iterdir())


def test_the_same_model_gives_the_same_folder(run: Run, build: Path, jets: Path, tmp_path: Path) -> None:
    again = tmp_path / "elsewhere" / "again"
    again.parent.mkdir()
    code, _, errors = run("compile", jets, "--target", "u50", "-o", again, "--no-csim", "--dump-passes")
    assert code == 0, errors

    def files(folder: Path) -> dict[str, bytes]:
        found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        return {name: path.read_bytes() for name, path in found.items() if not name.endswith((".so", "seconds.json"))}

    assert files(again) == files(build)


def test_an_existing_folder_is_kept_without_force(run: Run, jets: Path, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    code, out, errors = run("compile", jets, "-o", folder, "--no-csim")
    assert (code, out) == (2, "")
    assert "--force" in errors and str(folder) in errors
    assert (folder / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.onnx"], "none.onnx"),
        (["bad.onnx"], "bad.onnx"),
        (["jets", "--target", "u51"], "there is no target 'u51'; did you mean u50"),
        (["jets", "--config", "list.yaml"], "list.yaml: ['a'] is not a mapping"),
        (["jets", "--config", "typo.yaml"], "LayerType.Dense.ReuseFacto: unknown key; did you mean ReuseFactor?"),
        (["jets", "--config", "layer.yaml"], "layer.yaml: LayerName.dense_99: no such layer in the network"),
        (["jets", "--precision", "float"], "'float' is not a type"),
        (["jets", "--input-type", "zzz=int<8>"], "zzz"),
        (["jets", "--name", "1;rm"], "1;rm"),
        (["jets", "--clock-mhz", "1e9"], "MHz"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    run: Run, jets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.onnx").write_bytes(b"this is no network")
    Path("list.yaml").write_text("- a")
    Path("typo.yaml").write_text("LayerType: {Dense: {ReuseFacto: 2}}")
    Path("layer.yaml").write_text("LayerName: {dense_99: {ReuseFactor: 2}}")
    before = sorted(tmp_path.iterdir())

    code, out, errors = run("compile", *(jets if a == "jets" else a for a in arguments), "--no-csim")

    assert (code, out) == (2, ""), errors
    steps, _, said = errors.partition("codesign: error: ")
    assert message in said and "Traceback" not in errors
    assert all(line.startswith(("reading ", "network passes")) for line in steps.splitlines())
    assert sorted(tmp_path.iterdir()) == before


def test_names_meant_to_do_harm_come_out_as_text(run: Run, jets: Path, tmp_path: Path) -> None:
    harm = "</title></svg><script>alert(1)</script>\x1b[2J\u202e'\"\n../../escaped ${x} `id`"
    model = onnx.load(jets)
    for node in model.graph.node:
        node.name = f"{harm}{node.name}"
    model.graph.name = harm
    place = tmp_path / "<script>.onnx"
    onnx.save(model, place)

    code, out, errors = run("compile", place, "-o", tmp_path / "build", "--no-csim")

    assert code == 0 and errors.startswith("reading <script>.onnx\n")
    assert "\x1b" not in out + errors and "\u202e" not in out + errors
    text = (tmp_path / "build" / "report.html").read_text()
    assert "<script" not in text and "\x1b" not in text and "&lt;script&gt;" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["<script>.onnx", "build"]
    origin = json.loads((tmp_path / "build" / "report.json").read_text())["layers"][1]["origin"]
    assert origin.startswith("</title></svg><script>alert(1)</script>")


def test_the_installed_command_gives_its_exit_code_to_the_shell(tmp_path: Path) -> None:
    code = "from codesign.cli.main import app; app()"
    command = [sys.executable, "-c", code, "compile", "\x1b[2Jnone.onnx"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "\\x1b[2Jnone.onnx" in done.stderr and "\x1b" not in done.stderr
