"""One network from its file to results, by hls4ml, in a process of its own: prints one line of JSON.

    PEER_PYTHON drive_hls4ml.py MODEL.onnx INPUTS.npy OUTPUTS.npy FOLDER [STRATEGY PRECISION]

The steps are those of hls4ml's documentation for QONNX: clean-up and Gemm to MatMul by qonnx, a configuration by layer
name, the Vitis backend with io_parallel (io_stream for images, which are made channels-last first), and the default
fixed<16,6>, or PRECISION. STRATEGY is that of its products: `distributed_arithmetic` makes adder
graphs, by da4ml, and finds the inputs of layers by name only where tensors are named as the nodes that make them. CPU
seconds of each stage (of this process and of g++) and the rate of `predict`; where a stage fails, its name and the
error. It imports nothing of this project.
"""

import contextlib
import json
import os
import resource
import sys
import warnings

LEAST_SECONDS = 2.0


def cpu_seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usages)


class Stages:
    """CPU seconds by stage; the one that is running, should it fail."""

    def __init__(self):
        self.seconds = {}
        self.bytes = 0
        self.running = ""

    @contextlib.contextmanager
    def stage(self, name):
        self.running, start = name, cpu_seconds()
        yield
        self.seconds[name] = cpu_seconds() - start


def prepared(path, images):
    """The model as hls4ml wants it."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.gemm_to_matmul import GemmToMatMul
    from qonnx.util.cleanup import cleanup_model

    model = cleanup_model(ModelWrapper(path))
    if any(node.op_type == "Gemm" for node in model.graph.node):
        model = cleanup_model(model.transform(GemmToMatMul()))
    if images:
        from qonnx.transformation.channels_last import ConvertToChannelsLastAndClean

        model = cleanup_model(model.transform(ConvertToChannelsLastAndClean(make_input_channels_last=True)))
    return model


def measure(stages, path, inputs, outputs, folder, strategy=None, precision="fixed<16,6>"):
    import hls4ml
    import numpy as np
    import qonnx.util.cleanup  # noqa: F401  (imports are not part of a stage)

    x = np.load(inputs)
    images = x.ndim == 4
    if images:
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    with stages.stage("prepare"):
        model = prepared(path, images)
    with stages.stage("convert"):
        config = hls4ml.utils.config_from_onnx_model(
            model, granularity="name", backend="Vitis", default_precision=precision
        )
        if strategy is not None:
            last = {value.name for value in model.graph.output}
            for node in model.graph.node:
                if node.output[0] not in last:
                    model.rename_tensor(node.output[0], node.name)
            for name, layer in config["LayerName"].items():
                if name.startswith(("MatMul", "Conv")):
                    layer["Strategy"] = strategy
        converted = hls4ml.converters.convert_from_onnx_model(
            model,
            output_dir=folder,
            io_type="io_stream" if images else "io_parallel",
            backend="Vitis",
            hls_config=config,
        )
    with stages.stage("write"):
        converted.write()
    with stages.stage("compile"):
        converted._compile()  # what `compile()` does after `write()`
    stages.bytes = sum(os.path.getsize(os.path.join(d, f)) for d, _, names in os.walk(folder) for f in names)
    with stages.stage("predict"):
        y = np.asarray(converted.predict(x)).reshape(len(x), -1)
    np.save(outputs, y)
    samples, start = 0, cpu_seconds()
    while (spent := cpu_seconds() - start) < LEAST_SECONDS:
        converted.predict(x)
        samples += len(x)
    return samples / spent


def main():
    warnings.filterwarnings("ignore")
    stages, found = Stages(), {}
    # hls4ml and g++ write to the standard output, which is for the result.
    keep = os.dup(1)
    os.dup2(2, 1)
    try:
        found["samples per second"] = measure(stages, *sys.argv[1:7])
    except Exception as error:  # whatever the peer raises is a result
        found["failed"] = f"{stages.running}: {type(error).__name__}: {error}"[:300]
    sys.stdout.flush()
    os.dup2(keep, 1)
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    found["megabytes"] = max(u.ru_maxrss for u in usages) / 1024
    found["project megabytes"] = stages.bytes / 1e6
    print(json.dumps({**stages.seconds, **found, "process": cpu_seconds()}), flush=True)


if __name__ == "__main__":
    main()
