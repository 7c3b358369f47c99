"""The bytes of a Keras file (HDF5, or a .keras archive) parsed into its configuration and its weights."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import h5py
import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.frontends.keras.container import CURE
from codesign.frontends.keras.hdf5 import array, subgroup, text, texts
from codesign.frontends.names import spelled

MAX_BYTES = (1 << 31) - 1
"""The largest member of a .keras file that is unpacked; no device holds more weights."""

_MEMBERS = {"config": "config.json", "metadata": "metadata.json", "weights": "model.weights.h5"}

Arrays = Mapping[str, NDArray[np.generic]]
"""The weights of one layer by their name or number."""


@dataclass(frozen=True, eq=False)
class Parsed:
    """The configuration, the major version of Keras, and the weights by layer, `numbered` as .keras files have them."""

    config: Mapping[str, object]
    version: int
    weights: Mapping[str, Arrays]
    numbered: bool = False


def parse(data: bytes, zipped: bool) -> Parsed:
    """What a file of these bytes holds: a .keras archive if `zipped`, else HDF5.

    LayerError where it is no whole model. Where it is damaged inside, h5py and zipfile raise many things, or nothing
    for ever: `apart.read_apart` is the way to call this.
    """
    return _zipped(data) if zipped else _hdf5(data)


def _hdf5(data: bytes) -> Parsed:
    if not data.startswith(b"\x89HDF\r\n\x1a\n"):
        raise LayerError(f"not an HDF5 file; {CURE}")
    with h5py.File(io.BytesIO(data), "r") as file:
        stated = text(file.attrs, "model_config")
        if stated is None:
            raise LayerError(
                "it holds weights but no architecture (model.save_weights() writes such files); "
                "save the whole model with model.save()"
            )
        group = subgroup(file, "model_weights")
        version = _major(text(file.attrs, "keras_version") or text(group.attrs, "keras_version"))
        weights = {name: _by_name(group, name) for name in texts(group.attrs, "layer_names")}
    return Parsed(_json(stated, "model_config"), version, weights)


def _by_name(group: h5py.Group, name: str) -> Arrays:
    """The weights of a layer by the last part of their name: phi1/phi1/kernel:0 is `kernel`."""
    layer = subgroup(group, name)
    found: dict[str, NDArray[np.generic]] = {}
    for path in texts(layer.attrs, "weight_names"):
        key = re.sub(r":\d+$", "", path.rpartition("/")[2])
        if key in found:
            raise LayerError(
                f"layer {spelled(name)} has two weights {spelled(key)}: it holds several layers; "
                "save a model whose layers are not models themselves"
            )
        found[key] = array(layer, path)
    return found


def _zipped(data: bytes) -> Parsed:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {key: _member(archive, name) for key, name in _MEMBERS.items()}
    config, metadata = (_json(_decoded(parts[k]), _MEMBERS[k]) for k in ("config", "metadata"))
    stated = metadata.get("keras_version")
    with h5py.File(io.BytesIO(parts["weights"]), "r") as file:
        weights = dict(_by_number(file, config))
    return Parsed(config, _major(stated if isinstance(stated, str) else None), weights, numbered=True)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A file of the archive, which must stand in it once and fit the memory."""
    found = [i for i in archive.infolist() if i.filename == name]
    if len(found) != 1:
        raise LayerError(f"it has {len(found)} files {name}, expected 1; {CURE}")
    if found[0].file_size > MAX_BYTES or found[0].flag_bits & 1:
        raise LayerError(f"its {name} is encrypted, or larger than {MAX_BYTES >> 20} MiB; {CURE}")
    with archive.open(found[0]) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise LayerError(f"its {name} is larger than {MAX_BYTES >> 20} MiB; {CURE}")
    return data


def _by_number(file: h5py.File, config: Mapping[str, object]) -> Iterator[tuple[str, Arrays]]:
    """Each layer's weights. Groups are named by the layers' classes, in order, and newer files state the layer too."""
    place = next((p for p in ("layers", "_layer_checkpoint_dependencies") if p in file), None)
    if place is None:
        return
    group = subgroup(file, place)
    expected = dict(_group_names(config))
    for key in group:
        layer = subgroup(group, key)
        stated = text(subgroup(layer, "vars").attrs, "name") if "vars" in layer else None
        name = stated or expected.get(key)
        if name is None:
            raise LayerError(f"its weights {spelled(key)} belong to no layer of its configuration; {CURE}")
        yield name, dict(_numbered(layer, ""))


def _numbered(group: h5py.Group, prefix: str, depth: int = 0) -> Iterator[tuple[str, NDArray[np.generic]]]:
    if depth > MAX_DEPTH:
        raise LayerError(f"its weights are nested deeper than {MAX_DEPTH}; {CURE}")
    for key in group:
        if key == "vars":
            variables = subgroup(group, key)
            yield from ((f"{prefix}{number}", array(variables, number)) for number in variables)
        else:
            yield from _numbered(subgroup(group, key), f"{prefix}{key}/", depth + 1)


MAX_DEPTH = 8
"""Groups within groups: a wrapped layer with a batch normalization inside has 2."""


def _group_names(config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """(group, layer): q_dense for the first QDense, q_dense_1 for the second, as Keras counts them."""
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, Mapping) else None
    counts: dict[str, int] = {}
    for layer in layers if isinstance(layers, list) else []:
        own = layer.get("config") if isinstance(layer, Mapping) else None
        if isinstance(own, Mapping):
            key = _snake(str(layer.get("class_name")))
            counts[key] = counts.get(key, -1) + 1
            yield f"{key}_{counts[key]}" if counts[key] else key, str(own.get("name"))


def _snake(name: str) -> str:
    """QConv2DBatchnorm as q_conv2d_batchnorm: what Keras makes of a class name."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LayerError(f"its configuration is no text; {CURE}") from error


def _json(stated: str, name: str) -> Mapping[str, object]:
    try:
        found = json.loads(stated)
    except (ValueError, RecursionError) as error:
        raise LayerError(f"its {name} is no JSON; {CURE}") from error
    if not isinstance(found, dict):
        raise LayerError(f"its {name} is no mapping; {CURE}")
    return found


def _major(version: str | None) -> int:
    """The major version in 2.13.1; 2 where the file does not say."""
    match = re.match(r"\d{1,4}", version or "2")
    return int(match[0]) if match else 2
