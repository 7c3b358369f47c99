"""`codesign export --target onnx`: what is written, checked and refused."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from codesign.errors import ModelError, OutputError, ToolError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export import exported
from codesign.gpu.export.exported import Options
from codesign.gpu.export.onnx_target import write_onnx
from codesign.gpu.export.source import read_source
from codesign.gpu.export.trial import Difference, check, differences, trial_inputs
from codesign.gpu.networks import network
from codesign.gpu.spvcnn.settings import Settings
from codesign.gpu.tracking.settings import PipelineSettings
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Input
from codesign.ir.layers.rows import Linear
from codesign.ir.tensor import Tensor
from tests.gpu.checkpoints import attention, edge_filter, embedding, interaction, spvcnn
from tests.gpu.spvcnn.clouds import SMALL


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    interaction().save(tmp_path / "model")
    return tmp_path / "model"


def test_the_folder_has_the_model_and_what_is_known_of_it(checkpoint: Path, tmp_path: Path) -> None:
    found = write_onnx(checkpoint, tmp_path / "out", Options(), version="1")[""]
    out = tmp_path / "out"
    assert {p.name for p in out.iterdir()} == {"model.onnx", "network.txt", "README.md", "codesign.json"}
    assert onnx.load(out / "model.onnx") == found.model
    manifest = json.loads((out / "codesign.json").read_text())
    assert manifest["options"] == {"lowering": "pull", "edges": "any", "precision": "fp32", "maps": "inputs"}
    told = manifest["networks"]["interaction"]
    assert [i["name"] for i in told["inputs"]] == ["x", "edge_index"]
    assert told["check"][0]["output"] == "output"
    assert 0 < told["check"][0]["largest_difference"] < 1e-5
    assert set(told["lint"]) == {"onnxruntime-cpu", "onnxruntime-cuda", "tensorrt", "tensorrt-rtx"}
    readme = (out / "README.md").read_text()
    assert "| `edge_index` | int64 | 2 x edges | the network's |" in readme
    assert "| onnxruntime-cpu | taken |" in readme
    assert "| tensorrt-rtx | refused: NonZero |" in readme
    assert (out / "network.txt").read_text().startswith("graph('interaction'")


def test_the_same_source_gives_the_same_bytes_and_force_replaces_what_is_ours(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_onnx(checkpoint, out, Options(), version="1")
    first = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    with pytest.raises(OutputError, match="--force"):
        write_onnx(checkpoint, out, Options(), version="1")
    write_onnx(checkpoint, out, Options(), version="1", force=True)
    assert first == {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_tables_are_told_from_the_networks_own_inputs(checkpoint: Path, tmp_path: Path) -> None:
    found = write_onnx(checkpoint, tmp_path / "out", Options(edges="sorted"), version="1")[""]
    assert {p.name for p in found.inputs if not p.table} == {"x", "edge_index"}
    assert "target_first" in {p.name for p in found.inputs if p.table}
    assert "feeds(graph, inputs" in (tmp_path / "out" / "README.md").read_text()


def test_every_network_of_a_pipeline_has_a_folder(tmp_path: Path) -> None:
    pipeline = tmp_path / "pipeline"
    for stage, made in (("embedding", embedding()), ("filter", edge_filter()), ("gnn", attention())):
        made.save(pipeline / stage)
    (pipeline / "pipeline.yaml").write_text(PipelineSettings().text())
    found = write_onnx(pipeline, tmp_path / "out", Options(), version="1")
    assert list(found) == ["embedding", "filter", "gnn"]
    for stage in found:
        assert (tmp_path / "out" / stage / "model.onnx").is_file()
    assert json.loads((tmp_path / "out" / "codesign.json").read_text())["top"] == "pipeline"


def test_a_pipeline_whose_networks_do_not_fit_is_not_exported(tmp_path: Path) -> None:
    for stage, made in (("embedding", embedding()), ("filter", edge_filter()), ("gnn", interaction(edge_inputs=2))):
        made.save(tmp_path / stage)
    (tmp_path / "pipeline.yaml").write_text(PipelineSettings().text())
    with pytest.raises(ModelError, match="gnn: its edges have features of their own, which a pipeline does not make"):
        read_source(tmp_path)
    embedding().save(tmp_path / "gnn")
    with pytest.raises(ModelError, match="gnn: a checkpoint of kind embedding, expected interaction or attention"):
        read_source(tmp_path)
    attention().save(tmp_path / "gnn")
    features = {**PipelineSettings().features, "filter": {"r": 1.0}}
    (tmp_path / "pipeline.yaml").write_text(PipelineSettings(features).text())
    with pytest.raises(ModelError, match=r"filter has 1, but the network in .* takes 6 of the two hits of an edge"):
        read_source(tmp_path)


@pytest.mark.parametrize("make", [embedding, edge_filter, interaction, attention])
@pytest.mark.parametrize("edges", ["any", "sorted"])
def test_models_are_tried_on_inputs_that_they_take(make: object, edges: str) -> None:
    graph = network(make())  # type: ignore[operator]
    one = exported.exported(graph, Options(edges=edges), "the model")
    assert all(d.difference <= 1e-5 * max(1, d.largest) and d.largest > 0 for d in one.differences)
    inputs = trial_inputs(graph)
    assert {len(np.atleast_2d(array)) for array in inputs.values()} != {0}


def test_a_model_that_is_off_is_not_written(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = exported.to_onnx

    def broken(*args: object, **options: object) -> onnx.ModelProto:
        model = wrong(*args, **options)  # type: ignore[arg-type]
        weight = next(t for t in model.graph.initializer if len(t.dims) == 2)
        array = onnx.numpy_helper.to_array(weight).copy()
        array[0, 0] += 0.01
        weight.CopyFrom(onnx.numpy_helper.from_array(array, weight.name))
        return model

    monkeypatch.setattr(exported, "to_onnx", broken)
    with pytest.raises(
        ModelError, match=r"model: output output is off by .* in onnxruntime, where fp32 explains 1\.\d+e-05"
    ):
        write_onnx(checkpoint, tmp_path / "out", Options(), version="1")
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_network_of_point_clouds_is_tried_on_a_cloud(tmp_path: Path) -> None:
    checkpoint = spvcnn(Settings(SMALL, inputs=4, classes=3, channels=(4, 4, 6, 8, 8, 8, 6, 6, 4)))
    checkpoint.save(tmp_path / "model")
    found = write_onnx(tmp_path / "model", tmp_path / "out", Options(edges="sorted"), version="1")[""]
    assert [d.output for d in found.differences] == ["semantic", "beta", "embedding"]
    inputs = trial_inputs(found.graph, {"points": 77}, checkpoint)
    assert inputs["features"].shape == (77, 4)
    assert (inputs["around_0"] < len(inputs["around_0"])).sum(axis=1).max() > 1  # voxels have neighbours


def test_a_network_that_makes_much_of_little_is_judged_by_what_it_makes_of_roundings() -> None:
    steep = Difference("beta", largest=0.5, difference=2e-4, sensitivity=1e-5)
    check([steep], "fp32", "m")
    with pytest.raises(ModelError, match="fp32 explains 1e-05"):
        check([replace(steep, sensitivity=1e-9)], "fp32", "m")
    check([Difference("beta", 0.5, 1e-2)], "fp16", "m")
    with pytest.raises(ModelError, match=r"fp16 explains 0\.02"):
        check([Difference("beta", 0.5, 3e-2)], "fp16", "m")


def test_the_sensitivity_is_how_far_outputs_move_with_their_inputs() -> None:
    graph = Graph("line")
    graph.add("x", Input(Tensor((1,), rows="nodes")))
    graph.add("y", Linear(np.array([[3.0]]), np.zeros(1)), "x")
    graph.outputs.append(Output("y", "y", "y"))
    inputs = {"x": np.array([[2.0], [-7.0]], np.float32)}
    [found] = differences(graph, exported.to_onnx(graph), inputs, "pull", "any")
    assert found.largest == 21
    assert found.sensitivity == pytest.approx(21 * 2.0**-24, rel=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize("difference", ["nan", "inf"])
def test_a_difference_that_is_no_number_is_refused(precision: str, difference: str) -> None:
    with pytest.raises(ModelError, match=f"off by {difference} in onnxruntime: {precision} overflows"):
        check([Difference("y", 1.0, float(difference))], precision, "m")
    check([Difference("y", 1.0, 0.0)], precision, "m")


def test_a_model_that_lost_its_sums_is_off(checkpoint: Path) -> None:
    graph = read_source(checkpoint).networks[""]
    model = exported.to_onnx(graph, "scatter", "any", "fp32")
    for node in model.graph.node:
        if node.op_type == "ScatterElements":
            del node.attribute[:]
            node.attribute.append(onnx.helper.make_attribute("axis", 0))
    [found] = differences(graph, model, trial_inputs(graph), "scatter", "any")
    with pytest.raises(ModelError, match="is off by"):
        check([found], "fp32", "the model")


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no such file or folder"):
        read_source(tmp_path / "none")
    with pytest.raises(ModelError, match=r"this is no checkpoint \(model.yaml and weights.npz\) and no pipeline"):
        read_source(tmp_path)
    made = embedding()
    Checkpoint("embedding", {**made.settings, "inputs": 4}, made.weights).save(tmp_path / "odd")
    with pytest.raises(ModelError, match=r"odd: embedding: node network.0: a matrix of 3 x 6 cannot multiply"):
        read_source(tmp_path / "odd")


def test_a_torchscript_file_needs_pytorch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.pt").write_bytes(b"no script")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ToolError, match=r"this needs torch: pip install 'codesign\[gpu\]'"):
        read_source(tmp_path / "net.pt")


@pytest.mark.gpu
def test_a_file_that_is_no_torchscript_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "net.pt").write_bytes(b"no script")
    with pytest.raises(ModelError, match=r"net.pt: PyTorch cannot read this as TorchScript"):
        read_source(tmp_path / "net.pt")


def test_options_that_there_are_not_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    for options, message in (
        (Options(lowering="push"), "lowering is 'push', expected one of pull, padded, scatter"),
        (Options(edges="some"), "edges is 'some', expected one of any, sorted"),
        (Options(precision="fp8"), "precision is 'fp8', expected one of fp32"),
    ):
        with pytest.raises(ModelError, match=message):
            write_onnx(checkpoint, tmp_path / "out", options, version="1")
        assert not (tmp_path / "out").exists()
