"""Float networks with data: a tagger of generated jets, and a regression on small images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from models.jet_tagger.generate import jets as generated_jets
from tests.frontends.models import model, node


@dataclass(frozen=True)
class Case:
    """Files of a network, of inputs and of what is true of them."""

    model: Path
    data: Path
    labels: Path
    x: np.ndarray
    y: np.ndarray

    def options(self, **more: Any) -> dict[str, Any]:
        """Of `scan`."""
        return {"model": self.model, "data": self.data, "labels": self.labels, **more}


@pytest.fixture(scope="session")
def jets(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """16-24-12-5: random hidden layers, and a last one that is fitted to the classes; on 400 jets."""
    x, y = generated_jets(1200, 5)
    rng = np.random.default_rng(1)
    constants, last = {}, x.astype(np.float64)
    nodes, name = [], "x"
    for k, width in enumerate((24, 12)):
        weights = (rng.normal(0, 1, (last.shape[1], width)) / np.sqrt(last.shape[1])).astype(np.float32)
        bias = rng.normal(0, 0.3, width).astype(np.float32)
        constants |= {f"w{k}": weights, f"b{k}": bias}
        nodes += [node("Gemm", [name, f"w{k}", f"b{k}"], f"g{k}", f"dense_{k}")]
        nodes += [node("Relu", [f"g{k}"], f"r{k}", f"relu_{k}")]
        last, name = np.maximum(last @ weights + bias, 0), f"r{k}"
    full = np.column_stack([last, np.ones(len(last))])
    fitted = np.linalg.lstsq(full, np.eye(5)[y.astype(int)], rcond=None)[0].astype(np.float32)
    constants |= {"w2": fitted[:-1], "b2": fitted[-1]}
    nodes.append(node("Gemm", [name, "w2", "b2"], "y", "dense_2"))
    return _case(tmp_path_factory.mktemp("jets"), model(nodes, constants, x=(1, 16)), x[:400], y[:400])


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Convolution with batch norm, pool, convolution, dense: the sum of images 2 x 8 x 6 is to be found."""
    rng = np.random.default_rng(2)
    x = rng.gamma(1.0, 1.0, (60, 2, 8, 6)).astype(np.float32)
    constants = {
        "w0": rng.normal(0, 0.3, (4, 2, 3, 3)).astype(np.float32),
        "scale": rng.uniform(0.5, 2, 4).astype(np.float32),
        "shift": rng.normal(0, 0.2, 4).astype(np.float32),
        "mean": rng.normal(0, 0.2, 4).astype(np.float32),
        "var": rng.uniform(0.5, 2, 4).astype(np.float32),
        "w1": rng.normal(0, 0.3, (5, 4, 3, 3)).astype(np.float32),
        "w2": rng.normal(0, 0.3, (5 * 4 * 3, 1)).astype(np.float32),
        "b2": np.float32([0.5]),
    }
    nodes = [
        node("Conv", ["x", "w0"], "c0", "conv_0", pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["c0", "scale", "shift", "mean", "var"], "n0", "norm_0"),
        node("Relu", ["n0"], "r0", "relu_0"),
        node("MaxPool", ["r0"], "p0", "pool_0", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p0", "w1"], "c1", "conv_1", pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], "r1", "relu_1"),
        node("Flatten", ["r1"], "f1", "flatten", axis=1),
        node("Gemm", ["f1", "w2", "b2"], "y", "dense"),
    ]
    y = x.sum(axis=(1, 2, 3))[:, None].astype(np.float32)
    return _case(tmp_path_factory.mktemp("images"), model(nodes, constants, x=(1, 2, 8, 6)), x, y)


def _case(folder: Path, proto: Any, x: np.ndarray, y: np.ndarray) -> Case:
    files = folder / "net.onnx", folder / "x.npy", folder / "y.npy"
    onnx.save(proto, files[0])
    np.save(files[1], x)
    np.save(files[2], y)
    return Case(*files, x, y)
