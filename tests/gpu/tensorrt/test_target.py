"""`codesign export --target tensorrt`: what is written, and what tensorrt-rtx makes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from codesign.errors import ConfigError, ModelError, OutputError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export.exported import Options
from codesign.gpu.export.trial import trial_inputs
from codesign.gpu.networks import network
from codesign.gpu.spvcnn.settings import Settings
from codesign.gpu.tensorrt import target
from codesign.gpu.tensorrt.gate import KNOWN, available
from codesign.gpu.tensorrt.target import Engine, Wishes, write_tensorrt
from tests.gpu.checkpoints import attention, edge_filter, embedding, interaction, spvcnn
from tests.gpu.spvcnn.clouds import SMALL as GRID

SHARED = Path(__file__).parents[4] / "shared" / "models"
SORTED = Options(edges="sorted")
SMALL = {"nodes": 1000, "edges": 5000}


def write(
    checkpoint: Checkpoint, tmp_path: Path, wishes: Wishes | None = None, options: Options = SORTED, force: bool = False
) -> Engine:
    checkpoint.save(tmp_path / "model")
    asked = wishes or Wishes({}, {}, SMALL if checkpoint.kind != "embedding" else {}, ("7.5", "8.0"))
    return write_tensorrt(tmp_path / "model", tmp_path / "out", options, asked, version="1", force=force)[""]


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "available", lambda: False)


@pytest.mark.usefixtures("no_wheel")
def test_the_folder_is_whole_and_says_that_nothing_was_parsed(tmp_path: Path) -> None:
    engine = write(interaction(), tmp_path)
    out = tmp_path / "out"
    assert {p.name for p in out.iterdir()} == {
        "model.onnx", "model_fp16.onnx", "network.txt", "profile.json", "gate.json", "trtexec.sh", "build_engine.py",
        "example", "README.md", "codesign.json",
    }  # fmt: skip
    assert json.loads((out / "gate.json").read_text()) == {"model": None, "model_fp16": None}
    assert "`model.onnx`: not parsed here, tensorrt-rtx is not installed" in (out / "README.md").read_text()
    manifest = json.loads((out / "codesign.json").read_text())
    assert manifest["networks"]["interaction"]["variants"][0]["gate"].startswith("not parsed here")
    assert set(manifest["files"]) == {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} - {
        "codesign.json"
    }
    assert not engine.stopped


@pytest.mark.usefixtures("no_wheel")
def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    write(edge_filter(), tmp_path)
    first = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    write(edge_filter(), tmp_path, force=True)
    assert first == {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}


@pytest.mark.usefixtures("no_wheel")
def test_trtexec_gets_the_shapes_of_every_dynamic_input(tmp_path: Path) -> None:
    write(edge_filter(), tmp_path)
    text = (tmp_path / "out" / "trtexec.sh").read_text()
    commands = [line for line in text.splitlines() if line.startswith("    --")]
    assert commands == [
        "    --onnx=model.onnx \\",
        "    --stronglyTyped \\",
        "    --minShapes=x:1x3,edge_index:2x1 \\",
        "    --optShapes=x:1000x3,edge_index:2x5000 \\",
        "    --maxShapes=x:1000x3,edge_index:2x5000 \\",
        "    --saveEngine=model.plan \\",
        "    --skipInference",
    ]
    assert text.startswith("#!/bin/sh\n")
    assert "--stronglyTyped" in text.splitlines()[-1]
    assert text.splitlines()[-1].startswith("#trtexec --onnx=model_fp16.onnx")
    assert subprocess.run(["sh", "-n", tmp_path / "out" / "trtexec.sh"], check=False).returncode == 0


@pytest.mark.usefixtures("no_wheel")
def test_the_example_is_an_event_that_the_profile_takes(tmp_path: Path) -> None:
    engine = write(interaction(), tmp_path)
    engine.profile.check(engine.example)
    for port in engine.exported.inputs:
        content = (tmp_path / "out" / "example" / f"{port.name}.bin").read_bytes()
        array = np.frombuffer(content, np.float32 if port.type == "float" else np.int64)
        assert array.size == np.prod(engine.example[port.name])
    index = np.frombuffer((tmp_path / "out" / "example" / "edge_index.bin").read_bytes(), np.int64)
    assert 0 <= index.min() <= index.max() < engine.example["x"][0]


@pytest.mark.usefixtures("no_wheel")
def test_the_model_of_turing_computes_in_float16_within_its_precision(tmp_path: Path) -> None:
    engine = write(attention(), tmp_path)
    single, half = engine.variants
    assert (single.precision, half.precision) == ("fp32", "fp16")
    assert single.differences[0].difference < 1e-5 < half.differences[0].difference < 2e-2
    model = onnx.load(tmp_path / "out" / "model_fp16.onnx")
    assert all(t.data_type != onnx.TensorProto.FLOAT for t in model.graph.initializer)
    assert {i.type.tensor_type.elem_type for i in model.graph.input} <= {1, 7}


@pytest.mark.usefixtures("no_wheel")
def test_a_weight_that_float16_does_not_have_is_refused(tmp_path: Path) -> None:
    checkpoint = embedding()
    weights = {name: w.copy() for name, w in checkpoint.weights.items()}
    weights["network.0.bias"][0] = 1e6
    large = Checkpoint("embedding", checkpoint.settings, weights)
    with pytest.raises(ModelError, match="1e\\+06, and float16 ends at 65504"):
        write(large, tmp_path, Wishes({}, {}, {}, ("7.5",)))
    assert not (tmp_path / "out").exists()
    write(large, tmp_path, Wishes({}, {}, {}, ("8.0",)))


@pytest.mark.usefixtures("no_wheel")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(), r"tensorrt refuses the model with --lowering pull --edges any: .*\(NonZero\)|\(CumSum\)"),
        (Options("scatter"), r"tensorrt refuses the model with --lowering scatter --edges any: sum_0.*ScatterElements"),
    ],
)
def test_models_that_the_parsers_refuse_are_not_written(options: Options, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        write(interaction(), tmp_path, options=options)
    assert not (tmp_path / "out").exists()


def test_a_capability_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"--capability: 7.0 is none that tensorrt-rtx builds for: 7.5, 8.0"):
        Wishes({}, {}, {}, ("7.0",))


@pytest.mark.usefixtures("no_wheel")
def test_a_folder_of_the_users_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(OutputError, match="the folder is not empty"):
        write(embedding(), tmp_path, force=True)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.gpu
@pytest.mark.parametrize("make", [edge_filter, interaction, attention])
def test_tensorrt_rtx_builds_the_networks_for_every_card(make: object, tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    assert available()
    engine = write(make(), tmp_path, Wishes({}, {}, SMALL, KNOWN))  # type: ignore[operator]
    assert not engine.stopped
    gates = json.loads((tmp_path / "out" / "gate.json").read_text())
    assert [b["compute_capability"] for b in gates["model"]["built"]] == list(KNOWN[1:])
    assert [b["compute_capability"] for b in gates["model_fp16"]["built"]] == ["7.5"]
    assert all(b["engine_bytes"] > 0 for gate in gates.values() for b in gate["built"])
    assert "| 8.0 | " in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.gpu
def test_tensorrt_rtx_builds_a_network_of_point_clouds(tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    checkpoint = spvcnn(Settings(GRID, inputs=4, classes=3, channels=(4, 4, 6, 8, 8, 8, 6, 6, 4)))
    engine = write(checkpoint, tmp_path, Wishes({}, {"points": 300}, {"points": 1000}, ("8.0",)))
    assert not engine.stopped
    assert engine.profile.sizes["voxels_3"] == (1, 300, 1000)


@pytest.mark.usefixtures("no_wheel")
def test_a_network_that_float16_has_no_numbers_for_says_how_to_leave_turing_out(tmp_path: Path) -> None:
    checkpoint = spvcnn(Settings(GRID, inputs=4, classes=3, channels=(4, 4, 6, 8, 8, 8, 6, 6, 4)), gain=9.0)
    with pytest.raises(ModelError, match=r"in float16: output .* leave Turing out: --capability 8.0, for instance"):
        write(checkpoint, tmp_path, Wishes({}, {}, {"points": 1000}, ("7.5", "8.0")))
    assert not (tmp_path / "out").exists()


@pytest.mark.gpu
@pytest.mark.skipif(not SHARED.is_dir(), reason="the published models are not beside the checkout")
@pytest.mark.parametrize("name", ["filter", "gnn"])
def test_tensorrt_rtx_builds_the_published_networks_from_their_torchscript(name: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("tensorrt_rtx")
    script = SHARED / f"exatrkx_trackml_{name}" / "model_torchscript.pt"
    wishes = Wishes({}, {}, {}, ("7.5", "8.0"))
    engine = write_tensorrt(script, tmp_path / "out", SORTED, wishes, version="1")[""]
    assert not engine.stopped
    assert [v.file for v in engine.variants] == ["model", "model_fp16"]


@pytest.mark.gpu
def test_tensorrt_rtx_builds_for_empty_events_where_they_are_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    engine = write(interaction(), tmp_path, Wishes({"nodes": 0, "edges": 0}, {}, SMALL, ("8.0",)))
    assert not engine.stopped
    engine.profile.check({**engine.example, "edge_index": (2, 0)})


@pytest.mark.gpu
@pytest.mark.parametrize(("precision", "kept"), [("fp16", ["7.5", "8.0"]), ("int8", ["8.0"])])
def test_tensorrt_rtx_builds_the_other_precisions(precision: str, kept: list[str], tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    event = tmp_path / "event.npz"
    np.savez(event, **trial_inputs(network(interaction())))  # type: ignore[arg-type]
    options = Options(edges="sorted", precision=precision, calibration=event if precision == "int8" else None)
    engine = write(interaction(), tmp_path, options=options)
    assert not engine.stopped
    assert [list(v.capabilities) for v in engine.variants] == [kept, *([["7.5"]] if precision == "int8" else [])]
    assert engine.variants[0].precision == precision


def test_sizes_that_the_example_event_does_not_fit_are_refused(tmp_path: Path) -> None:
    few = Wishes({}, {}, {"nodes": 5, "edges": 500, "degree": 20}, ("8.0",))
    message = r"the example event of 5 nodes, 500 edges does not fit the sizes: input \w+_table: \d+ \w+_table_columns"
    with pytest.raises(ModelError, match=message):
        write(interaction(), tmp_path, few, Options("padded", "sorted"))
    assert not (tmp_path / "out").exists()


@pytest.mark.gpu
def test_the_padded_lowering_builds_too(tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    engine = write(
        interaction(), tmp_path, Wishes({}, {}, {**SMALL, "degree": 200}, ("8.0",)), Options("padded", "sorted")
    )
    assert not engine.stopped
    assert engine.profile.sizes["target_table_columns"] == (1, 16, 200)


@pytest.mark.gpu
def test_the_script_builds_an_engine_on_its_own(tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    write(edge_filter(), tmp_path)
    script = tmp_path / "out" / "build_engine.py"
    call = [sys.executable, "-I", script, "--rtx", "--capability", "8.6", "--engine", tmp_path / "engine.plan"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "engine.plan").stat().st_size > 0
    (tmp_path / "out" / "model.onnx").write_bytes(b"no model")
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Failed to parse the ONNX model" in done.stderr


@pytest.mark.gpu
def test_a_model_that_the_gate_refuses_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorrt_rtx")
    monkeypatch.setattr(target, "TURING", "none")  # so that the float32 model is tried for 7.5
    engine = write(edge_filter(), tmp_path)
    assert engine.stopped
    assert "FP32 GEMM is not supported" in (tmp_path / "out" / "gate.json").read_text()
    assert "| 7.5 | refused: " in (tmp_path / "out" / "README.md").read_text()
