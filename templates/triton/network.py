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
        told = {name: value["string_value"] for name, value in config["parameters"].items()}
        options.intra_op_num_threads = int(told["threads"])
        self.sets = json.loads(told["sets"])
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
            check(arrays, self.sets)
            found = self.session.run(self.outputs, arrays)
        except Exception as error:  # whatever this request does, the server goes on
            pb_utils.Logger.log_error(traceback.format_exc())
            why = f"the network failed: {type(error).__name__}: {error}"
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(why, pb_utils.TritonError.INVALID_ARG))
        return pb_utils.InferenceResponse(
            [pb_utils.Tensor(name, array) for name, array in zip(self.outputs, found, strict=True)]
        )


def check(arrays, sets):
    """ValueError for what is no number, for inputs that disagree about the size of a set, and for the number of a row
    that does not exist: with none of these does the runtime have to fail, or its outputs to look wrong."""
    sizes = {}
    for name, (axis, rows, _, _) in sets.items():
        size = arrays[name].shape[axis]
        first, other = sizes.setdefault(rows, (size, name))
        if size != first:
            raise ValueError(f"{name} is for {size} {rows}, {other} is for {first}")
    for name, (_, _, into, missing) in sets.items():
        array = arrays[name]
        if not into and not np.isfinite(array).all():
            raise ValueError(f"{name} has a value that is not a number (NaN or infinite)")
        if into and array.size:
            size, low, high = sizes[into][0], int(array.min()), int(array.max())
            last = size if missing else size - 1
            if low < 0 or high > last:
                bad = low if low < 0 else high
                raise ValueError(
                    f"{name} has the row {bad} of {into}, which does not exist, there are {size} (0..{last})"
                )
