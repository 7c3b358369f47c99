"""The networks of a pipeline folder in onnxruntime, through the ONNX models that are exported for every runtime."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.export.model import to_onnx
from codesign.gpu.networks import network
from codesign.gpu.tracking.graphs import Edges
from codesign.gpu.tracking.settings import STAGES

Floats = NDArray[np.float32]


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

    def __call__(self, *arrays: Floats | Edges) -> Floats:
        """The one output. Edges must end at hits that there are."""
        (found,) = self.session.run(None, dict(zip(self.names, arrays, strict=True)))
        result: Floats = found
        return result


def sessions(checkpoints: Mapping[str, Checkpoint], threads: int | None = None) -> tuple[Session, Session, Session]:
    """The embedding, the filter and the graph network of `stages.read_pipeline`."""
    embedding, edge_filter, gnn = (Session(checkpoints[stage], threads) for stage in STAGES)
    return embedding, edge_filter, gnn
