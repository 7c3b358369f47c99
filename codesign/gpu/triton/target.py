"""Model repositories for Triton from a trained pipeline, or from one network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx

from codesign.errors import ConfigError, ModelError
from codesign.gpu.export.calibration import read_calibration
from codesign.gpu.export.model import to_onnx
from codesign.gpu.export.source import read_source
from codesign.gpu.tracking.pipeline import Pipeline
from codesign.gpu.tracking.settings import FILE
from codesign.gpu.triton.carried import carried
from codesign.gpu.triton.config import Kind, ModelConfig, Port, Type
from codesign.gpu.triton.ensemble import ensemble
from codesign.gpu.triton.repository import Model, Serving, labels_model, template, write_repository
from codesign.ir.graph import Graph
from codesign.ir.layers import Input

NETWORKS = ("python", "onnxruntime", "tensorrt")
"""What runs the networks of an ensemble, or one network: onnxruntime in the Python backend, the backend of onnxruntime,
or this one with TensorRT below."""

_TYPES: dict[int, Type] = {
    onnx.TensorProto.FLOAT: Type.FP32,
    onnx.TensorProto.FLOAT16: Type.FP16,
    onnx.TensorProto.INT64: Type.INT64,
}


def write(
    model: Path,
    output: Path,
    *,
    version: str,
    serving: Serving | None = None,
    stages: bool = False,
    networks: str = "python",
    lowering: str = "pull",
    precision: str = "fp32",
    calibration: Path | None = None,
    force: bool = False,
) -> str:
    """A repository in the folder `output` of the pipeline or the checkpoint in the folder `model`, or of the network in
    a TorchScript file; gives the digest by which a client knows the model.

    A pipeline is one model of the Python backend, or with `stages` an ensemble of its stages, whose networks are run by
    `networks`. ModelError and ConfigError for what cannot be served."""
    serving = serving or Serving()
    if networks not in NETWORKS:
        raise ConfigError(f"networks is {networks!r}, expected one of {', '.join(NETWORKS)}")
    source = read_source(model)
    events = read_calibration(calibration, source, precision)
    onnx_files = {
        stage: exported(graph, lowering, precision, events.get(stage)) for stage, graph in source.networks.items()
    }
    if "" in onnx_files:
        if stages:
            raise ConfigError(f"{model}: one network has no stages")
        found = network_model(serving, serving.name, source.networks[""], onnx_files[""], networks)
        write_repository([found], output, version=version, force=force)
        return found.digest
    Pipeline.load(model, threads=1)  # what is wrong with it is told as everywhere else
    files = {FILE: (model / FILE).read_bytes(), **carried("codesign.gpu.tracking.pipeline")}
    if not stages:
        if networks != "python":
            raise ConfigError(f"networks {networks}: one model runs its networks itself; ask for the stages as models")
        files |= {f"{stage}.onnx": content for stage, content in onnx_files.items()}
        whole = labels_model(serving, {"labeller.py": template("tracking.py"), **files})
        write_repository([whole], output, version=version, force=force)
        return whole.digest
    parts = {
        stage: network_model(serving, f"{serving.name}_{stage}", graph, onnx_files[stage], networks)
        for stage, graph in source.networks.items()
    }
    models, digest = ensemble(serving, parts, files)
    write_repository(models, output, version=version, force=force)
    return digest


def exported(graph: Graph, lowering: str, precision: str, calibration: Mapping[str, np.ndarray] | None = None) -> bytes:
    """The network as an ONNX model that takes edges in any order."""
    found: bytes = to_onnx(graph, lowering, "any", precision, calibration=calibration).SerializeToString()
    return found


def network_model(serving: Serving, name: str, network: Graph, content: bytes, networks: str) -> Model:
    """A network as a model of its own, with the inputs and outputs of `content`, its ONNX file."""
    if serving.batching is not None:
        raise ConfigError(f"{name}: events of a network are not batched by the server: it takes one graph at a time")
    if networks == "tensorrt" and serving.kind is not Kind.GPU:
        raise ConfigError(f"{name}: TensorRT runs on GPUs; ask for instances on the GPU, or for onnxruntime")
    graph = onnx.load_from_string(content).graph
    inputs, outputs = (tuple(_port(name, value) for value in values) for values in (graph.input, graph.output))
    python, threads = networks == "python", str(serving.threads)
    config = ModelConfig(
        name, "python" if python else "onnxruntime", inputs, outputs, serving.kind, serving.instances,
        tensorrt=networks == "tensorrt",
        parameters={"threads": threads, "sets": sets(network)} if python else {"intra_op_thread_count": threads},
    )  # fmt: skip
    return Model(config, {"model.onnx": content, **({"model.py": template("network.py")} if python else {})})


def sets(network: Graph) -> str:
    """For each input of a network, as JSON: the axis of its rows, the set that they are of, and where it holds row
    numbers, the set that these are of and whether one past its last stands for none. By these its model.py checks what
    a runtime does not: onnxruntime broadcasts one row to many, and on CUDA reads zeros for rows that do not exist."""
    found = {}
    for node in network.inputs:
        assert isinstance(node.layer, Input)
        found[node.origin] = (-1 if node.layer.rows_last else 0, node.type.rows, node.type.index, node.type.missing)
    return json.dumps(found)


def _port(model: str, value: onnx.ValueInfoProto) -> Port:
    tensor = value.type.tensor_type
    if tensor.elem_type not in _TYPES:
        raise ModelError(f"{model}: {value.name} is of ONNX type {tensor.elem_type}, which is not served")
    dims = tuple(d.dim_value if d.HasField("dim_value") else -1 for d in tensor.shape.dim)
    return Port(value.name, _TYPES[tensor.elem_type], dims)
