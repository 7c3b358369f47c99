"""What is exported: the networks of a checkpoint, a pipeline or a TorchScript file, as the user's path names them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesign.errors import CodesignError, ModelError
from codesign.gpu.checkpoint import MODEL, WEIGHTS, Checkpoint, is_checkpoint
from codesign.gpu.extra import check_installed
from codesign.gpu.networks import network
from codesign.gpu.tracking.settings import FILE, STAGES
from codesign.gpu.tracking.stages import read_pipeline
from codesign.ir.graph import Graph


@dataclass(frozen=True)
class Source:
    """One network by the empty name, or those of a pipeline by their stage, and the sha256 of the files."""

    name: str
    networks: Mapping[str, Graph]
    checkpoints: Mapping[str, Checkpoint]
    """Of the networks that have one."""
    digest: str


def read_source(path: Path) -> Source:
    """The networks in a checkpoint folder, a pipeline folder or a TorchScript file; ModelError for anything else, and
    ToolError for a file where PyTorch, which reads it, is not installed."""
    if not path.exists():
        raise ModelError(f"{path}: there is no such file or folder")
    if path.is_dir() and (path / FILE).is_file():
        checkpoints = read_pipeline(path)[1]
        networks = {stage: _network(path / stage, checkpoint) for stage, checkpoint in checkpoints.items()}
        files = [path / FILE, *(path / stage / name for stage in STAGES for name in (MODEL, WEIGHTS))]
        return Source("pipeline", networks, checkpoints, _digest(path, files))
    if path.is_dir() and is_checkpoint(path):
        checkpoint = Checkpoint.load(path)
        graph = _network(path, checkpoint)
        return Source(graph.name, {"": graph}, {"": checkpoint}, _digest(path, [path / MODEL, path / WEIGHTS]))
    if path.is_dir():
        raise ModelError(
            f"{path}: this is no checkpoint ({MODEL} and {WEIGHTS}) and no pipeline ({FILE} and the checkpoints "
            f"{', '.join(STAGES)})"
        )
    check_installed("torch")
    from codesign.gpu.networks.torchscript import read

    graph = read(path)
    return Source(graph.name, {"": graph}, {}, _digest(path.parent, [path]))


def _network(folder: Path, checkpoint: Checkpoint) -> Graph:
    try:
        return network(checkpoint)
    except CodesignError as error:
        raise ModelError(f"{folder}: {error}") from error


def _digest(root: Path, files: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        total.update(f"{file.relative_to(root)}\0{len(content)}\0".encode() + content)
    return f"sha256:{total.hexdigest()}"
