"""A stage of the tracking pipeline as a model of its own, for an ensemble: what happens between the networks.

Needs numpy, scipy and pyyaml. The code in codesign/ beside is that of any other machine.
"""

import json
import os
import sys
import traceback
from pathlib import Path

import triton_python_backend_utils as pb_utils

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import numpy as np  # noqa: E402

from codesign.errors import CodesignError  # noqa: E402
from codesign.gpu.tracking.features import features  # noqa: E402
from codesign.gpu.tracking.graphs import radius_graph  # noqa: E402
from codesign.gpu.tracking.pipeline import checked, outwards, sigmoid, tracks  # noqa: E402
from codesign.gpu.tracking.settings import FILE, STAGES, PipelineSettings  # noqa: E402


def prepare(s, told, hits):
    """What each network sees of the hits."""
    most = int(told["max_hits"])
    if len(hits) > most:
        raise CodesignError(f"an event of {len(hits)} hits; this model takes at most {most}")
    hits = checked(hits, s.detector)
    return [features(hits, s.features[stage]) for stage in STAGES]


def graph(s, told, hits, points):
    """The edges between hits that are near each other in the embedding."""
    return [outwards(hits, radius_graph(points, s.radius, s.max_neighbours))]


def cut(s, told, edges, logits):
    """The edges that the filter keeps."""
    return [edges[:, sigmoid(logits) >= s.filter_cut]]


def labels(s, told, hits, edges, logits):
    """The tracks, and which model made them."""
    found = tracks(len(hits), edges, sigmoid(logits), s)
    return [found, np.array([told["digest"].encode()], dtype=np.object_)]


class TritonPythonModel:
    """One of the functions above, on the inputs in the order of config.pbtxt."""

    def initialize(self, args):
        """Which stage it is, and how the stages are joined."""
        config = json.loads(args["model_config"])
        self.told = {name: value["string_value"] for name, value in config["parameters"].items()}
        self.stage = {"prepare": prepare, "graph": graph, "cut": cut, "labels": labels}[self.told["stage"]]
        self.inputs = [port["name"] for port in config["input"]]
        self.outputs = [port["name"] for port in config["output"]]
        self.settings = PipelineSettings.read(Path(HERE) / FILE)

    def execute(self, requests):
        """A response for every request: what is wrong with one is no matter to the others."""
        return [self.respond(request) for request in requests]

    def respond(self, request):
        """The outputs that were asked for, or an error that says why there are none."""
        arrays = [pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs]
        try:
            found = self.stage(self.settings, self.told, *arrays)
        except CodesignError as error:
            return refusal(str(error))
        except Exception as error:  # whatever this event does, the server goes on
            pb_utils.Logger.log_error(traceback.format_exc())
            return refusal(f"the model failed: {type(error).__name__}: {error}")
        wanted = request.requested_output_names()
        results = zip(self.outputs, found, strict=True)
        return pb_utils.InferenceResponse(
            [pb_utils.Tensor(name, np.ascontiguousarray(array)) for name, array in results if name in wanted]
        )


def refusal(why):
    """The response to a request that has no labels."""
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(why, pb_utils.TritonError.INVALID_ARG))
