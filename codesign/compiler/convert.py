"""`convert`: a model file in, a QONNX file of the same network out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from codesign import __version__
from codesign.backends.onnx import write
from codesign.backends.swap import check_new_file, replace_file
from codesign.errors import IRError, OutputError
from codesign.frontends.model_file import read
from codesign.frontends.qonnx import load_model
from codesign.ir.graph import Graph

SAMPLES = 2
"""Random inputs on which the file must mean what the network does."""


def convert(model: str | Path, output: str | Path, *, force: bool = False) -> tuple[str, ...]:
    """Writes the network in the file `model` as QONNX to `output`; what the file says in vain comes back as notes.

    The new file is read again and must give the same numbers, exactly. ModelError names the layer that QONNX cannot
    express; OutputError for a file that exists, unless `force` is given.
    """
    place = Path(output)
    if place.suffix.lower() != ".onnx":
        raise OutputError(f"{place}: a QONNX file ends in .onnx; choose such a name")
    check_new_file(place, force)
    source = read(Path(model))
    proto = write(source.graph, __version__)
    _check(source.graph, load_model(proto, place.name))
    replace_file(place, proto.SerializeToString(deterministic=True))
    return source.notes


def _check(graph: Graph, again: Graph) -> None:
    """IRError where the two networks differ on random numbers, which lie on all sides of their thresholds."""
    random = np.random.default_rng(0)
    inputs = [random.integers(-512, 513, (SAMPLES, *node.type.shape)) / 128 for node in graph.inputs]
    for wanted, found in zip(graph.values(inputs), again.values(inputs), strict=True):
        if (wanted != found.reshape(wanted.shape)).any():
            raise IRError(f"convert: {graph.origin} and its QONNX differ")
