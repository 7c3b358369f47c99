"""The tracking pipeline as an ensemble: its networks as models of any backend, and Python between them.

One event in a request. Edges are int64 (2, E), as the networks take them; logits are (E,).
"""

from __future__ import annotations

from collections.abc import Mapping

from codesign.errors import ConfigError
from codesign.gpu.tracking.settings import STAGES
from codesign.gpu.triton.config import ModelConfig, Port, Step, Type
from codesign.gpu.triton.protocol import DIGEST, FEATURES, LABELS, MODEL
from codesign.gpu.triton.repository import Model, Serving, digest, template

_HITS = Port(FEATURES, Type.FP32, (-1, 3))
_EDGES, _LOGITS = Port("EDGES", Type.INT64, (2, -1)), Port("LOGITS", Type.FP32, (-1,))
_ANSWER = (Port(LABELS, Type.INT64, (-1,)), Port(MODEL, Type.BYTES, (1,)))


def ensemble(serving: Serving, networks: Mapping[str, Model], files: Mapping[str, bytes]) -> tuple[list[Model], str]:
    """All models, the ensemble last, and the digest of all that makes the labels. `networks` are those of the stages,
    `files` what the stages in Python need beside their model.py."""
    if serving.batching is not None:
        raise ConfigError(f"{serving.name}: an ensemble of stages takes one event in a request; leave the batches out")
    columns = {stage: networks[stage].config.inputs[0].dims[1] for stage in STAGES}
    points = Port("POINTS", Type.FP32, networks["embedding"].config.outputs[0].dims)
    seen = tuple(Port(f"{stage.upper()}_X", Type.FP32, (-1, columns[stage])) for stage in STAGES)
    files = {"model.py": template("stage.py"), **files}
    parts = {stage: model.digest.encode() for stage, model in networks.items()}
    total = digest({"stages": digest(files).encode(), **parts})
    ports: dict[str, tuple[tuple[Port, ...], tuple[Port, ...]]] = {
        "prepare": ((_HITS,), seen),
        "graph": ((_HITS, points), (_EDGES,)),
        "cut": ((_EDGES, _LOGITS), (Port("KEPT", Type.INT64, (2, -1)),)),
        "labels": ((_HITS, _EDGES, _LOGITS), _ANSWER),
    }
    python = {stage: _stage(serving, stage, *found, files, total) for stage, found in ports.items()}
    tensors = {
        "prepare": ({FEATURES: FEATURES}, {port.name: port.name for port in seen}),
        "embedding": _network(networks["embedding"], ("EMBEDDING_X",), "points", points.dims),
        "graph": ({FEATURES: FEATURES, "POINTS": "points"}, {"EDGES": "edges"}),
        "filter": _network(networks["filter"], ("FILTER_X", "edges"), "filter_logits"),
        "cut": ({"EDGES": "edges", "LOGITS": "filter_logits"}, {"KEPT": "kept"}),
        "gnn": _network(networks["gnn"], ("GNN_X", "kept"), "gnn_logits"),
        "labels": (
            {FEATURES: FEATURES, "EDGES": "kept", "LOGITS": "gnn_logits"}, {p.name: p.name for p in _ANSWER},
        ),
    }  # fmt: skip
    models = {**networks, **python}
    config = ModelConfig(
        serving.name, "ensemble", (_HITS,), _ANSWER, parameters={DIGEST: total},
        steps=tuple(Step(models[stage].config.name, *found) for stage, found in tensors.items()),
    )  # fmt: skip
    return [*models.values(), Model(config, {})], total


def _stage(serving: Serving, stage: str, inputs: tuple[Port, ...], outputs: tuple[Port, ...],
           files: Mapping[str, bytes], total: str) -> Model:  # fmt: skip
    told = {"stage": stage, DIGEST: total, "max_hits": str(serving.max_hits)}
    name = f"{serving.name}_{stage}"
    return Model(ModelConfig(name, "python", inputs, outputs, instances=serving.instances, parameters=told), files)


def _network(
    model: Model, reads: tuple[str, ...], writes: str, dims: tuple[int, ...] = _LOGITS.dims
) -> tuple[dict[str, str], dict[str, str]]:
    """The tensors of a network of the contract (x, edge_index) -> output."""
    names = [port.name for port in model.config.inputs]
    [output] = model.config.outputs
    if output.dims != dims:
        raise ConfigError(f"{model.config.name}: its output has the dims {output.dims}, the ensemble takes {dims}")
    return dict(zip(names, reads, strict=True)), {output.name: writes}
