"""Keras files written by hand, as model.save() would: small networks for tests."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np


@dataclass(frozen=True)
class L:
    """A layer: its class, name and configuration, what it reads, its weights by name (batchnorm/gamma within)."""

    kind: str
    name: str
    config: Mapping[str, object] = field(default_factory=dict)
    inputs: Sequence[str] = ()
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)


def entry(layer: L, version: int) -> dict[str, object]:
    """What model_config says of the layer."""
    config = {"name": layer.name, "trainable": True, "dtype": "float32", **layer.config}
    if version == 2:
        nodes: list[object] = [[[name, 0, 0, {}] for name in layer.inputs]] if layer.inputs else []
    else:
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"shape": [None], "keras_history": [name, 0, 0]}}
            for name in layer.inputs
        ]
        args = tensors if len(tensors) == 1 else [tensors]
        nodes = [{"args": args, "kwargs": {}}] if tensors else []
    return {"class_name": layer.kind, "name": layer.name, "config": config, "inbound_nodes": nodes}


def source(shape: Sequence[int | None], name: str = "x", dtype: str = "float32") -> L:
    return L("InputLayer", name, {"batch_input_shape": [None, *shape], "dtype": dtype})


def functional(layers: Sequence[L], outputs: Sequence[str] = (), version: int = 2) -> dict[str, object]:
    """The configuration of a Functional model; its last layer is the output unless others are named."""
    ends = [[name, 0, 0] for name in outputs or [layers[-1].name]]
    begins = [[layer.name, 0, 0] for layer in layers if layer.kind == "InputLayer"]
    entries = [entry(layer, version) for layer in layers]
    config = {"name": "net", "layers": entries, "input_layers": begins, "output_layers": ends}
    return {"class_name": "Functional", "config": config}


def save_h5(
    path: Path, layers: Sequence[L], outputs: Sequence[str] = (), config: Mapping[str, object] | None = None
) -> Path:
    """An HDF5 file of Keras 2."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.13.1"
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(config or functional(layers, outputs))
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [layer.name for layer in layers]
        for layer in layers:
            place = group.create_group(layer.name)
            names = [f"{layer.name}/{key}:0" for key in layer.weights]
            place.attrs["weight_names"] = names
            for name, x in zip(names, layer.weights.values(), strict=True):
                place[name] = x
    return path


def save_keras(path: Path, layers: Sequence[L], outputs: Sequence[str] = (), version: int = 3) -> Path:
    """A .keras file: numbered weights in groups named by class, the layer's name beside them in Keras 3."""
    buffer = io.BytesIO()
    counts: dict[str, int] = {}
    with h5py.File(buffer, "w") as file:
        for layer in layers:
            base = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", layer.kind)).lower()
            counts[base] = counts.get(base, -1) + 1
            key = f"{base}_{counts[base]}" if counts[base] else base
            own = file.create_group(f"layers/{key}/vars")
            if version == 3:
                own.attrs["name"] = layer.name
            numbers: dict[str, int] = {}
            for name, x in layer.weights.items():
                part = name.rpartition("/")[0]
                number = numbers[part] = numbers.get(part, -1) + 1
                file["/".join(p for p in ("layers", key, part, "vars", str(number)) if p)] = x
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1" if version == 3 else "2.21.0"}))
        archive.writestr("config.json", json.dumps(functional(layers, outputs, version)))
        archive.writestr("model.weights.h5", buffer.getvalue())
    return path


def bits(n: int, integer: int = 0, **more: object) -> dict[str, object]:
    """quantized_bits as files have it."""
    config = {"bits": n, "integer": integer, "symmetric": 0, "keep_negative": True, "alpha": 1, **more}
    return {"class_name": "quantized_bits", "config": config}
