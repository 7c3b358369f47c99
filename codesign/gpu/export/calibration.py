"""The events by which an export in int8 finds its scales."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from codesign.errors import ConfigError, ModelError
from codesign.gpu.export.source import Source
from codesign.gpu.inputs import checked
from codesign.ir.graph import Graph

Inputs = dict[str, np.ndarray]


def read_calibration(path: Path | None, source: Source, precision: str) -> dict[str, Inputs]:
    """For each network of a source, by its stage, an event: the network's inputs by their names.

    `path` is an .npz of one network, or for a pipeline a folder with an .npz for each of its stages. Several events
    are one whose rows lie behind each other. ConfigError where int8 has none, or another precision has one.
    """
    if precision != "int8":
        if path is not None:
            raise ConfigError(f"--calibration is for --precision int8, not {precision}")
        return {}
    if path is None:
        raise ConfigError(
            "--precision int8 finds its scales on an event: give --calibration, an .npz with the network's inputs by "
            "name (of a pipeline, a folder with an .npz for each stage)"
        )
    if "" in source.networks:
        return {"": _read(path, source.networks[""])}
    return {stage: _read(path / f"{stage}.npz", graph) for stage, graph in source.networks.items()}


def _read(file: Path, graph: Graph) -> Inputs:
    try:
        with np.load(file, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, BadZipFile, AttributeError, TypeError) as error:
        raise ConfigError(f"{file}: this cannot be read as an .npz of arrays: {error}") from error
    wanted = [node.origin for node in graph.inputs]
    missing = [name for name in wanted if name not in arrays]
    if missing:
        raise ConfigError(
            f"{file}: there is no array {missing[0]}; the network's inputs are {', '.join(wanted)}, "
            f"and the file has {', '.join(arrays) or 'none'}"
        )
    inputs = {name: arrays[name] for name in wanted}
    try:
        checked(graph, inputs)
    except ModelError as error:
        raise ConfigError(f"{file}: {error}") from error
    return inputs
