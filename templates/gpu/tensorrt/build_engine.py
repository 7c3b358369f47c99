"""Builds the engine of model.onnx for the profile in profile.json: python build_engine.py [--rtx] [--onnx ...].

Needs the Python package tensorrt (or, with --rtx, tensorrt_rtx), and nothing else. TensorRT builds for the card of the
machine it runs on; TensorRT-RTX needs none, and builds for --capability.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """0 where the engine was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--onnx", type=Path, default=HERE / "model.onnx", help="the model")
    parser.add_argument("--engine", type=Path, help="the file to write; by default beside the model, .plan")
    parser.add_argument("--rtx", action="store_true", help="with TensorRT-RTX")
    parser.add_argument("--capability", default="8.0", help="compute capability, with --rtx")
    given = parser.parse_args()
    trt = importlib.import_module("tensorrt_rtx" if given.rtx else "tensorrt")
    profile = json.loads((HERE / "profile.json").read_text())
    engine = build(trt, given.onnx, profile, given.capability if given.rtx else None)
    if engine is None:
        return 1
    path = given.engine or given.onnx.with_suffix(".plan")
    path.write_bytes(memoryview(engine))
    print(f"wrote {path}: {engine.nbytes} bytes, {trt.__name__} {trt.__version__}")
    return 0


def build(trt, onnx, profile, capability):
    """The engine, or None: what was wrong has then been printed."""
    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(onnx.read_bytes()):
        for number in range(parser.num_errors):
            error = parser.get_error(number)
            print(f"{error.node_name()} ({error.node_operator()}): {error.desc()}", file=sys.stderr)
        return None
    config = builder.create_builder_config()
    if capability is not None:
        config.num_compute_capabilities = 1
        config.set_compute_capability(getattr(trt.ComputeCapability, "SM" + capability.replace(".", "")), 0)
    shapes = builder.create_optimization_profile()
    for one in profile["inputs"]:
        if any(isinstance(axis, str) for axis in one["axes"]):
            shapes.set_shape(one["name"], one["min"], one["opt"], one["max"])
    config.add_optimization_profile(shapes)
    return builder.build_serialized_network(network, config)


if __name__ == "__main__":
    sys.exit(main())
