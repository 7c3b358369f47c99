"""The tracking pipeline on the server: the code in codesign/ beside, which is that of any other machine, around the
networks that were exported from it."""

import os
from pathlib import Path

import onnxruntime

from codesign.errors import CodesignError
from codesign.gpu.tracking.pipeline import Pipeline
from codesign.gpu.tracking.settings import FILE, STAGES, PipelineSettings

BadEvent = CodesignError


def load(folder, threads, gpu):
    """A function from hits (n, 3) in mm to their tracks (n,)."""
    settings = PipelineSettings.read(Path(folder) / FILE)
    networks = [network(os.path.join(folder, f"{stage}.onnx"), threads, gpu) for stage in STAGES]
    return Pipeline(settings, *networks).labels


def network(path, threads, gpu):
    """A function of the arrays that an exported network takes, in their order."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    wanted = ["CUDAExecutionProvider"] if gpu else []
    session = onnxruntime.InferenceSession(path, options, providers=[*wanted, "CPUExecutionProvider"])
    if gpu and "CUDAExecutionProvider" not in session.get_providers():
        raise RuntimeError("an instance on the GPU needs the package onnxruntime-gpu in the Python of the server")
    names = [i.name for i in session.get_inputs()]

    def run(*arrays):
        (result,) = session.run(None, dict(zip(names, arrays, strict=True)))
        return result

    return run
