"""Repositories of pipelines and of single networks: what is written, what is refused, and what a server answers."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from google.protobuf import text_format
from tritonclient.grpc import InferenceServerClient, InferInput, InferResult, model_config_pb2
from tritonclient.utils import InferenceServerException

from codesign.errors import ConfigError, IRError, ModelError, OutputError
from codesign.gpu.networks.spvcnn import prepare
from codesign.gpu.spvcnn.settings import Settings as Tiny
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.labelling import support
from codesign.gpu.tracking.pipeline import Pipeline
from codesign.gpu.tracking.settings import PipelineSettings
from codesign.gpu.triton.carried import carried
from codesign.gpu.triton.client import Client
from codesign.gpu.triton.config import Batching, Kind
from codesign.gpu.triton.launch import Running, start
from codesign.gpu.triton.protocol import Refused
from codesign.gpu.triton.repository import Serving, template
from codesign.gpu.triton.server import Server
from codesign.gpu.triton.target import write
from tests.gpu.checkpoints import spvcnn
from tests.gpu.spvcnn.clouds import SMALL, cloud
from tests.gpu.tracking.test_sessions import DIRECTION, checkpoints

STAGES = ("embedding", "filter", "gnn")
SPVCNN = spvcnn(Tiny(SMALL, inputs=4, classes=3, channels=(4, 4, 6, 8, 8, 8, 6, 6, 4)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of networks that nobody trained, whose cuts leave a part of the edges."""
    place = tmp_path_factory.mktemp("pipeline")
    for name, checkpoint in checkpoints(np.random.default_rng(1)).items():
        checkpoint.save(place / name)
    settings = PipelineSettings(features=dict.fromkeys(STAGES, DIRECTION), radius=0.03, filter_cut=0.0, gnn_cut=0.0)
    for cut, stage in (("filter_cut", "filtered"), ("gnn_cut", "scores")):
        (place / "pipeline.yaml").write_text(settings.text())
        found = getattr(Pipeline.load(place, threads=1).stages(event(0)), stage)
        settings = replace(settings, **{cut: float(np.quantile(found, 0.3))})
    (place / "pipeline.yaml").write_text(settings.text())
    return place


@pytest.fixture(scope="module")
def supported(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pipeline, where an edge makes a track only with the support of others."""
    place = shutil.copytree(folder, tmp_path_factory.mktemp("supported") / "pipeline")
    settings = PipelineSettings.read(place / "pipeline.yaml")
    trace = Pipeline.load(folder, 1).stages(event(0))
    passed = trace.scores >= settings.gnn_cut
    found = np.sort(support(len(event(0)), trace.edges[:, passed], trace.scores[passed]))
    middle = found[found > 0][: int((found > 0).sum()) // 2]
    widest = int(np.argmax(np.diff(middle)))  # where no support is as close to the least as sums of scores round
    least = float(middle[widest] + middle[widest + 1]) / 2
    (place / "pipeline.yaml").write_text(replace(settings, support=least).text())
    assert (Pipeline.load(place, 1).labels(event(0)) != trace.labels).any()
    return place


def event(seed: int) -> np.ndarray:
    return generate(Settings(particles=60), seed).hits


def configs(repository: Path) -> dict[str, model_config_pb2.ModelConfig]:
    paths = repository.glob("*/config.pbtxt")
    found = [text_format.Parse(p.read_text(), model_config_pb2.ModelConfig()) for p in paths]
    assert {c.name for c in found} == {p.name for p in repository.iterdir() if p.is_dir()}
    return {c.name: c for c in found}


def test_a_pipeline_is_one_model_with_all_that_it_needs(folder: Path, tmp_path: Path) -> None:
    digest = write(folder, tmp_path / "r", version="1")
    files = {p.relative_to(tmp_path / "r" / "tracking").as_posix() for p in (tmp_path / "r" / "tracking").rglob("*.*")}
    assert {"config.pbtxt", "1/model.py", "1/labeller.py", "1/pipeline.yaml", "1/gnn.onnx"} <= files
    assert "onnxruntime" in (tmp_path / "r" / "requirements.txt").read_text()
    assert "1/codesign/gpu/tracking/pipeline.py" in files and "1/codesign/gpu/tracking/sessions.py" not in files
    assert configs(tmp_path / "r")["tracking"].parameters["digest"].string_value == digest
    assert json.loads((tmp_path / "r" / "codesign.json").read_text())["models"] == {"tracking": digest}
    assert write(folder, tmp_path / "again", version="1") == digest, "the same pipeline gives the same files"
    with pytest.raises(OutputError, match="give --force to replace it"):
        write(folder, tmp_path / "r", version="1")


def test_what_serves_it_is_in_the_configuration(folder: Path, tmp_path: Path) -> None:
    serving = Serving("farm", Kind.GPU, 4, Batching(16, 300), threads=2, max_hits=1000)
    write(folder, tmp_path / "r", version="1", serving=serving)
    [config] = configs(tmp_path / "r").values()
    assert (config.name, config.max_batch_size, config.instance_group[0].count) == ("farm", 16, 4)
    assert config.input[0].allow_ragged_batch and config.dynamic_batching.max_queue_delay_microseconds == 300
    told = {k: v.string_value for k, v in config.parameters.items()}
    assert (told["threads"], told["max_hits"]) == ("2", "1000")


@pytest.mark.parametrize("networks", ["python", "onnxruntime", "tensorrt"])
def test_the_stages_are_models_whose_tensors_meet(folder: Path, tmp_path: Path, networks: str) -> None:
    kind = Kind.GPU if networks == "tensorrt" else Kind.CPU
    digest = write(folder, tmp_path / "r", version="1", serving=Serving(kind=kind), stages=True, networks=networks)
    found = configs(tmp_path / "r")
    top = found.pop("tracking")
    assert top.platform == "ensemble" and top.parameters["digest"].string_value == digest
    shapes = {p.name: (p.data_type, list(p.dims)) for p in top.input}
    for step in top.ensemble_scheduling.step:
        model = found.pop(step.model_name)
        for port in model.input:
            kind_and_dims = shapes[step.input_map[port.name]]
            assert kind_and_dims == (port.data_type, list(port.dims)), (step.model_name, port.name)
        for port in model.output:
            shapes[step.output_map[port.name]] = (port.data_type, list(port.dims))
        is_network = step.model_name.removeprefix("tracking_") in STAGES
        assert model.backend == ("python" if networks == "python" or not is_network else "onnxruntime")
        accelerators = model.optimization.execution_accelerators.gpu_execution_accelerator
        assert [a.name for a in accelerators] == (["tensorrt"] if networks == "tensorrt" and is_network else [])
    assert not found, "every model is a step"
    settings = (folder / "pipeline.yaml").read_text()
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "pipeline.yaml").write_text(settings.replace("min_hits: 3", "min_hits: 4"))
    assert (
        write(other, tmp_path / "o", version="1", serving=Serving(kind=kind), stages=True, networks=networks) != digest
    )
    assert all(shapes[p.name] == (p.data_type, list(p.dims)) for p in top.output)


def test_what_cannot_be_served_is_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "r"
    for options, message in (
        ({"networks": "onnxruntime"}, "one model runs its networks itself; ask for the stages"),
        (
            {"stages": True, "networks": "pytorch"},
            "networks is 'pytorch', expected one of python, onnx",
        ),
        ({"stages": True, "networks": "tensorrt"}, "TensorRT runs on GPUs"),
        ({"stages": True, "serving": Serving(batching=Batching(2))}, "are not batched by the server"),
    ):
        with pytest.raises(ConfigError, match=message):
            write(folder, out, version="1", **options)
    with pytest.raises(ConfigError, match="gnn: one network has no stages"):
        write(folder / "gnn", out, version="1", stages=True)
    with pytest.raises(ModelError, match=r"this is no checkpoint .* and no pipeline"):
        write(tmp_path, out, version="1")
    (tmp_path / "pipeline.yaml").write_text((folder / "pipeline.yaml").read_text())
    with pytest.raises(ModelError, match=r"embedding.model.yaml: cannot be read"):
        write(tmp_path, out, version="1")
    with pytest.raises(ConfigError, match="max_hits 0, expected"):
        Serving(max_hits=0)
    assert not out.exists()


def test_only_what_the_server_has_is_imported_by_what_is_carried() -> None:
    assert "codesign/gpu/tracking/graphs.py" in carried("codesign.gpu.tracking.pipeline")
    with pytest.raises(IRError, match=r"imports tritonclient.*, which the server need not have"):
        carried("codesign.gpu.triton.health")
    with pytest.raises(IRError, match="no module of codesign that is one file"):
        carried("codesign.gpu.tracking")


def test_all_that_a_stage_imports_is_carried() -> None:
    wanted = {
        node.module
        for node in ast.walk(ast.parse(template("stage.py")))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("codesign")
    }
    assert "codesign.gpu.tracking.pipeline" in wanted
    assert {f"{module.replace('.', '/')}.py" for module in wanted} <= set(carried("codesign.gpu.tracking.pipeline"))


@pytest.fixture(scope="module")
def running(
    folder: Path, supported: Path, tritonserver: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A server with the pipeline in three ways, and with a network of it."""
    place = tmp_path_factory.mktemp("served")
    write(folder, place / "repository", version="1", serving=Serving(threads=1))
    others = {
        "batched": (folder, {"serving": Serving("batched", instances=2, batching=Batching(4, 1000), threads=1)}),
        "staged": (folder, {"serving": Serving("staged", threads=1), "stages": True}),
        "supported": (supported, {"serving": Serving("supported", threads=1)}),
        "supported_staged": (supported, {"serving": Serving("supported_staged", threads=1), "stages": True}),
        "net": (folder / "gnn", {"serving": Serving("net", threads=1)}),
        "points": (place / "spvcnn", {"serving": Serving("points", threads=1)}),
    }
    SPVCNN.save(place / "spvcnn")
    for name, (model, options) in others.items():
        write(model, place / name, version="1", **options)  # type: ignore[arg-type]
        for found in (place / name).glob("*/config.pbtxt"):
            found.parent.rename(place / "repository" / found.parent.name)
    with start(place / "repository", server=tritonserver) as server:
        yield server


@pytest.fixture(scope="module")
def hits() -> list[np.ndarray]:
    return [*map(event, range(3)), np.zeros((0, 3), np.float32)]


@pytest.mark.gpu
@pytest.mark.parametrize("model", ["tracking", "batched", "staged", "supported", "supported_staged"])
def test_labels_from_the_server_are_those_of_the_pipeline(
    folder: Path, supported: Path, running: Running, hits: list[np.ndarray], model: str
) -> None:
    pipeline = Pipeline.load(supported if model.startswith("supported") else folder, threads=1)
    events = [*hits, hits[0][:1], hits[0][::2]]
    expected = [pipeline.labels(event).tolist() for event in events]
    assert max(len(set(labels)) for labels in expected) > 10, "there are tracks to find"
    with Client(running.url, model) as client:
        assert [client.labels(event).tolist() for event in events] == expected
        answers = client.batch(events)
    assert [a if isinstance(a, Refused) else a.tolist() for a in answers] == expected


@pytest.mark.gpu
@pytest.mark.parametrize("model", ["tracking", "batched", "staged"])
def test_bad_events_are_told_as_the_pipeline_does(
    folder: Path, running: Running, hits: list[np.ndarray], model: str
) -> None:
    nan, far = hits[0].copy(), hits[0].copy()
    nan[7, 1], far[3] = np.nan, (5000, 0, 0)
    with Client(running.url, model) as client:
        answers = client.batch([nan, hits[1], far, hits[2]])
    assert [isinstance(a, Refused) for a in answers] == [True, False, True, False]
    assert "hit 7 has the coordinates" in str(answers[0])
    assert "hit 3 at [5000.0, 0.0, 0.0] mm is outside the detector" in str(answers[2])


def infer(running: Running, model: str, arrays: dict[str, np.ndarray]) -> InferResult:
    inputs = []
    for name, array in arrays.items():
        inputs.append(InferInput(name, list(array.shape), "FP32" if array.dtype == np.float32 else "INT64"))
        inputs[-1].set_data_from_numpy(array)
    client = InferenceServerClient(running.url)
    try:
        return client.infer(model, inputs)
    finally:
        client.close()


@pytest.mark.gpu
def test_an_spvcnn_takes_several_clouds_in_one_request(running: Running, tmp_path: Path) -> None:
    SPVCNN.save(tmp_path / "spvcnn")
    write(tmp_path / "spvcnn", tmp_path / "r", version="1")
    session = onnxruntime.InferenceSession(str(tmp_path / "r" / "tracking" / "1" / "model.onnx"))
    names = [output.name for output in session.get_outputs()]
    features = np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32)
    arrays = prepare(SPVCNN, cloud(60), features, np.sort(np.arange(60) % 3))
    found = infer(running, "points", arrays)
    for name, expected in zip(names, session.run(names, arrays), strict=True):
        # The server's onnxruntime may be of another version: float32 sums in another order.
        np.testing.assert_allclose(found.as_numpy(name), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    voxels = len(arrays["around_1"])
    for input_, row, message in (
        ("around_1", -1, f"around_1 has the row -1 of voxels_1, which does not exist, there are {voxels} "),
        ("around_1", voxels + 1, rf"around_1 has the row {voxels + 1} of voxels_1, .* \(0..{voxels}\)"),
        ("corners_0", len(arrays["share_0"]), r"corners_0 has the row \d+ of voxels_0, which does not exist"),
    ):
        wrong = arrays[input_].copy()
        wrong.flat[0] = row
        with pytest.raises(InferenceServerException, match=message):
            infer(running, "points", {**arrays, input_: wrong})
    with pytest.raises(InferenceServerException, match=r"\w+ is for \d+ voxels_0, \w+ is for \d+"):
        infer(running, "points", {**arrays, "share_0": arrays["share_0"][:1]})  # which would be broadcast
    nothing = infer(running, "points", prepare(SPVCNN, cloud(0), features[:0]))
    assert nothing.as_numpy("semantic").shape == (0, 3)


@pytest.mark.gpu
def test_a_single_network_is_served_as_it_is(folder: Path, running: Running, tmp_path: Path) -> None:
    write(folder / "gnn", tmp_path / "r", version="1")
    session = onnxruntime.InferenceSession(str(tmp_path / "r" / "tracking" / "1" / "model.onnx"))
    random = np.random.default_rng(0)
    x, edges = random.normal(size=(9, 3)).astype(np.float32), random.integers(0, 9, (2, 20))

    def ask(edges: np.ndarray, x: np.ndarray = x) -> np.ndarray:
        return infer(running, "net", {"x": x, "edge_index": edges}).as_numpy("output")

    for bad in (np.nan, np.inf):
        with pytest.raises(InferenceServerException, match=r"x has a value that is not a number \(NaN or infinite\)"):
            ask(edges, np.where(np.arange(9)[:, None] == 4, np.float32(bad), x))

    np.testing.assert_allclose(ask(edges), session.run(None, {"x": x, "edge_index": edges})[0], rtol=1e-5, atol=1e-6)
    assert ask(edges[:, :0]).shape[0] == 0
    for wrong, message in (
        (9, r"edge_index has the row 9 of nodes, which does not exist, there are 9 \(0\.\.8\)"),
        (-1, "edge_index has the row -1 of nodes"),
    ):
        with pytest.raises(InferenceServerException, match=message):
            ask(np.array([[0], [wrong]]))
