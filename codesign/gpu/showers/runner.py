"""A trained network in onnxruntime, through the ONNX model that is exported for every runtime."""

from __future__ import annotations

import numpy as np
import onnxruntime

from codesign.gpu.export.model import feeds, to_onnx
from codesign.gpu.networks.spvcnn import prepare, spvcnn
from codesign.gpu.showers.clustering import Predicted, TrainedClustering, clusters
from codesign.gpu.showers.detectors import detector
from codesign.gpu.showers.evaluation import Clustering
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.inputs import sample


class Runner:
    """What the network says of events of its detector, and their clusters."""

    def __init__(self, trained: TrainedClustering, threads: int | None = None) -> None:
        self.trained = trained
        self.graph = spvcnn(trained.network)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        model = to_onnx(self.graph).SerializeToString()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.names = [o.name for o in self.session.get_outputs()]

    def predicted(self, event: ShowerEvent) -> Predicted:
        """Of one event; an empty event has an empty answer."""
        of = sample(detector(self.trained.detector), event)
        arrays = feeds(self.graph, prepare(self.trained.network, of.points, of.features))
        found = dict(zip(self.names, self.session.run(None, arrays), strict=True))
        logits = found["semantic"] - found["semantic"].max(axis=1, initial=-np.inf, keepdims=True)
        shares = np.exp(logits)
        return Predicted(shares / shares.sum(axis=1, keepdims=True), found["beta"], found["embedding"])

    def __call__(self, event: ShowerEvent) -> Clustering:
        return clusters(self.predicted(event), event, self.trained.thresholds)
