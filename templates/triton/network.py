"""An exported network in the Python backend, for a server that has no backend for onnxruntime.

Needs numpy and onnxruntime.
"""

import json
import os
import traceback

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

HERE = os.path.dirname(os.path.abspath(__file__))


class TritonPythonModel:
    """Runs model.onnx on the inputs of each request."""

    def initialize(self, args):
        """Reads the network."""
        config = json.loads(args["model_config"])
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = int(config["parameters"]["threads"]["string_value"])
        gpu = args["model_instance_kind"] == "GPU"
        providers = [*(["CUDAExecutionProvider"] if gpu else []), "CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(os.path.join(HERE, "model.onnx"), options, providers=providers)
        if gpu and "CUDAExecutionProvider" not in self.session.get_providers():
            raise pb_utils.TritonModelException("an instance on the GPU needs onnxruntime-gpu in the server's Python")
        self.inputs = [port["name"] for port in config["input"]]
        self.outputs = [port["name"] for port in config["output"]]

    def execute(self, requests):
        """A response for every request."""
        return [self.respond(request) for request in requests]

    def respond(self, request):
        """The outputs of the network, or an error that says why there are none."""
        arrays = {name: pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs}
        try:
            check_rows(arrays)
            found = self.session.run(self.outputs, arrays)
        except Exception as error:  # whatever this request does, the server goes on
            pb_utils.Logger.log_error(traceback.format_exc())
            why = f"the network failed: {type(error).__name__}: {error}"
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(why, pb_utils.TritonError.INVALID_ARG))
        return pb_utils.InferenceResponse(
            [pb_utils.Tensor(name, array) for name, array in zip(self.outputs, found, strict=True)]
        )


def check_rows(arrays):
    """ValueError for a row below 0, which onnxruntime would count from the end, and for an edge to no node."""
    for name, array in arrays.items():
        if array.dtype == np.int64 and array.size and array.min() < 0:
            raise ValueError(f"{name} has the row {array.min()}; rows are counted from 0")
    edges = arrays.get("edge_index")
    if edges is not None and edges.size and edges.max() >= len(arrays["x"]):
        raise ValueError(f"edge_index has the node {edges.max()}, but the nodes are 0..{len(arrays['x']) - 1}")
