"""The networks of a pipeline folder in onnxruntime, through the ONNX models that are exported for every runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export.model import to_onnx
from codesign.gpu.networks import network
from codesign.gpu.tracking.graphs import Edges
from codesign.gpu.tracking.settings import FILE, STAGES, PipelineSettings

Floats = NDArray[np.float32]
KINDS: Mapping[str, tuple[str, ...]] = {
    "embedding": ("embedding",),
    "filter": ("filter",),
    "gnn": ("interaction", "attention"),
}
"""What each stage can be."""


class Session:
    """An exported network: called with features, and with edges where it has some."""

    def __init__(self, checkpoint: Checkpoint, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        model = to_onnx(network(checkpoint)).SerializeToString()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.names = [i.name for i in self.session.get_inputs()]

    @property
    def inputs(self) -> int:
        """Features of a hit that it takes."""
        return int(self.session.get_inputs()[0].shape[1])

    def __call__(self, *arrays: Floats | Edges) -> Floats:
        """The one output. Edges must end at hits that there are."""
        (found,) = self.session.run(None, dict(zip(self.names, arrays, strict=True)))
        result: Floats = found
        return result


def sessions(folder: Path, settings: PipelineSettings, threads: int | None = None) -> tuple[Session, Session, Session]:
    """The embedding, the filter and the graph network; ModelError where one is missing, of another kind, or does not
    take the features of pipeline.yaml."""
    found = []
    for stage in STAGES:
        checkpoint = Checkpoint.load(folder / stage)
        if checkpoint.kind not in KINDS[stage]:
            expected = " or ".join(KINDS[stage])
            raise ModelError(f"{folder / stage}: a checkpoint of kind {checkpoint.kind}, expected {expected}")
        session = Session(checkpoint, threads)
        if "edge_attr" in session.names:
            raise ModelError(f"{folder / stage}: its edges have features of their own, which a pipeline does not make")
        features = len(settings.features[stage])
        if session.inputs != features:
            raise ModelError(
                f"{folder / FILE}: features: {stage} has {features}, but the network in {folder / stage} takes "
                f"{session.inputs} of each hit"
            )
        found.append(session)
    return found[0], found[1], found[2]
