"""A small quantized classifier as a file, and what the compiler makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper

from codesign.config import Config
from codesign.frontends.qonnx import load
from codesign.ir.graph import Graph
from codesign.ir.layers import Dense, Input
from codesign.passes import pipeline
from codesign.passes.builder import Fold
from codesign.passes.pipeline import Passed, build_design
from codesign.verification.climb import Ladder
from tests.frontends.models import model, node

SCALE = np.float32(0.1)
WEIGHTS = (np.random.default_rng(0).integers(-7, 8, (4, 6)) * 0.25).astype(np.float32)
LAST = (np.random.default_rng(1).integers(-7, 8, (6, 3)) * 0.5).astype(np.float32)


def classifier(scale: float = SCALE, last: np.ndarray = LAST, softmax: bool = False, rounding: str = "ROUND") -> Any:
    """Quant -> product -> Relu -> Quant -> product -> Quant or Softmax, on 4 inputs."""
    constants: dict[str, Any] = {"w": WEIGHTS, "v": last, "zero": np.float32(0)}
    constants |= {"s": np.float32(scale), "one": np.float32(1), "bits": np.float32(6)}
    end = node("Softmax", ["g"], "y", "end") if softmax else quant("g", "one", "y", "end", rounding)
    nodes = [
        quant("x", "s", "a", "first", rounding),
        node("MatMul", ["a", "w"], "h", "fc"),
        node("Relu", ["h"], "r", "relu"),
        quant("r", "s", "b", "second", rounding),
        node("MatMul", ["b", "v"], "g", "out"),
        end,
    ]
    proto = model(nodes, constants)
    for o in proto.graph.output:
        o.type.tensor_type.elem_type = TensorProto.FLOAT
    return proto


def quant(x: str, scale: str, y: str, name: str, rounding: str) -> Any:
    return node("Quant", [x, scale, "zero", "bits"], y, name, signed=1, narrow=0, rounding_mode=rounding)


def mutated(proto: Any, tensor: str, change: float) -> Any:
    """The model with the first element of this initializer changed."""
    for t in proto.graph.initializer:
        if t.name == tensor:
            array = numpy_helper.to_array(t).copy()
            array.flat[0] += np.float32(change)
            t.CopyFrom(numpy_helper.from_array(array, tensor))
    return proto


def saved(proto: Any, folder: Path) -> Path:
    path = folder / "net.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def passed(path: Path) -> Passed:
    return pipeline.run(load(path), Config(), {})


def ladder(path: Path, project: Path | None = None) -> Ladder:
    """All meanings of the file, every product folded fully."""
    result = passed(path)
    folding = {n.name: Fold(*reversed(n.layer.weights.shape)) for n in result.network if isinstance(n.layer, Dense)}
    design = build_design(result.network, folding, {}, 200)
    return Ladder(result.typed, result.network, design, result.exact, path, project, safe=result.safe)


def layers(graph: Graph) -> list[Input]:
    return [n.layer for n in graph.inputs if isinstance(n.layer, Input)]
