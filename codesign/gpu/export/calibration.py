"""The events by which an export in int8 finds its scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from codesign.data import read_arrays
from codesign.errors import ConfigError, ModelError
from codesign.gpu.export.source import Source
from codesign.gpu.inputs import fed
from codesign.ir.graph import Graph

Inputs = dict[str, np.ndarray]


def read_calibration(path: Path | None, source: Source, precision: str) -> dict[str, Inputs]:
    """For each network of a source, by its stage, an event: the network's inputs by their names.

    `path` is an .npz of one network, or for a pipeline a folder with an .npz for each of its stages. Several events
    are one whose rows lie behind each other. ConfigError where int8 has none, or another precision has one; ModelError
    for a file that holds no such event.
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
    names = [node.origin for node in graph.inputs]
    inputs = dict(zip(names, read_arrays(file, [(name, name) for name in names]), strict=True))
    try:
        return fed(graph, inputs)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error
