"""The file of a trained network, whatever its format: the network in it, and its content for a copy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from codesign.frontends import qonnx, reading
from codesign.frontends.embed import embedded
from codesign.frontends.keras import container, reader
from codesign.frontends.names import identifier
from codesign.ir.graph import Graph


@dataclass(frozen=True)
class ModelFile:
    """The network as the file has it, notes on what the file says in vain, and the file's content as one piece."""

    path: Path
    graph: Graph
    notes: tuple[str, ...]
    content: Callable[[], bytes]

    @property
    def digest(self) -> str:
        """The sha256 of the content."""
        return hashlib.sha256(self.content()).hexdigest()

    def copied(self, folder: Path) -> Path:
        """The path of a copy in the new `folder`, with all data in it."""
        suffix = self.path.suffix.lower() if is_keras(self.path) else ".onnx"
        copy = folder / f"{identifier(self.path.stem, 'model')}{suffix}"
        folder.mkdir()
        copy.write_bytes(self.content())
        return copy


def is_keras(path: Path) -> bool:
    """Whether the file is one of Keras, by its suffix; all others are taken for ONNX."""
    return path.suffix.lower() in container.SUFFIXES


def read(path: Path) -> ModelFile:
    """What the file holds; ModelError names file, node and cure."""
    if is_keras(path):
        file = container.read(path)
        graph, notes = reader.load_file(file)
        return ModelFile(path, graph, notes, path.read_bytes)
    proto = reading.read(path)
    graph = qonnx.load_model(proto, path.name, path.parent)
    return ModelFile(
        path, graph, (), lambda: embedded(proto, path.name, path.parent).SerializeToString(deterministic=True)
    )
