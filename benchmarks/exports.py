"""Exported networks in onnxruntime beside PyTorch, run in turn in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnxruntime

from codesign.gpu.export.model import feeds, to_onnx
from codesign.ir.graph import Graph

EAGER = "PyTorch eager"
"""The way that the others are compared with."""
Outputs = list[np.ndarray]


@dataclass
class Measured:
    """One way to run the network."""

    run: Callable[[], Outputs]
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    difference: float = 0.0


def exported(
    graph: Graph, inputs: Mapping[str, np.ndarray], options: Mapping[str, Any], threads: int
) -> Callable[[], Outputs]:
    """The network as `to_onnx` exports it with these options, ready to run on the inputs."""
    arrays = feeds(graph, inputs, options["lowering"], options.get("edges", "any"))
    return running(to_onnx(graph, **options), arrays, threads)


def running(model: onnx.ModelProto, arrays: Mapping[str, np.ndarray], threads: int) -> Callable[[], Outputs]:
    """The model ready to run on these arrays."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])

    def run() -> Outputs:
        return [np.asarray(part) for part in session.run(None, arrays)]

    return run


def measure_in_turn(ways: Mapping[str, Measured], repeat: int) -> None:
    """Each way run `repeat` times, in turn, after a run that is not measured and gives its difference to `EAGER`."""
    expected = ways[EAGER].run()
    for way in ways.values():
        way.difference = max(float(np.abs(a - b).max(initial=0)) for a, b in zip(way.run(), expected, strict=True))
    for _ in range(repeat):
        for way in ways.values():
            cpu, wall = time.process_time(), time.perf_counter()
            way.run()
            way.cpu.append(time.process_time() - cpu)
            way.wall.append(time.perf_counter() - wall)
