"""A float network for published jets: trained in numpy on a thousand of them, for the others to be scanned with.

The data (`../shared/data/l1jets_constituents`) are the first 1,500 test jets of the hls4ml data set, each by the pT,
eta and phi (from the jet's axis) of its hardest constituents, with five classes. The network is given log(1 + pT) and
pT times the distance from the axis, of 16 constituents. So few jets make no good tagger: what is measured is what
quantization costs it.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from benchmarks.networks import DATA

FOLDER = DATA / "l1jets_constituents"
TRAINED = 1000
SIZES = (32, 16)
EPOCHS, BATCH, LEARNING_RATE, DECAY = 40, 50, 3e-3, 0.3
SEED = 7
Floats = NDArray[np.float64]
Layers = list[tuple[Floats, Floats]]


def files(folder: Path) -> tuple[Path, Path, Path] | None:
    """(model, inputs, labels) in `folder`, the jets those that training has not seen; None without the data."""
    if not FOLDER.is_dir():
        return None
    pt, eta, phi = np.moveaxis(np.load(FOLDER / "x_test_16const.npy").astype(np.float64), -1, 0)
    y = np.load(FOLDER / "y_test_16const.npy").argmax(axis=1)
    x = np.concatenate([np.log1p(pt), pt * np.hypot(eta, phi)], axis=1)
    mean, spread = x[:TRAINED].mean(axis=0), x[:TRAINED].std(axis=0)
    x = (x - mean) / spread
    layers = trained(x[:TRAINED], y[:TRAINED])
    found = folder / "constituents.onnx", folder / "constituents_x.npy", folder / "constituents_y.npy"
    save(layers, found[0])
    np.save(found[1], x[TRAINED:].astype(np.float32))
    np.save(found[2], y[TRAINED:])
    return found


def trained(x: Floats, y: NDArray[np.int64]) -> Layers:
    """Weights and biases of a multilayer perceptron with ReLUs: Adam (Kingma and Ba, 2015) on the cross entropy."""
    rng = np.random.default_rng(SEED)
    sizes = (x.shape[1], *SIZES, int(y.max()) + 1)
    layers = [(rng.normal(0, np.sqrt(2 / n), (n, m)), np.zeros(m)) for n, m in pairwise(sizes)]
    moments = [[np.zeros_like(p) for p in layer for _ in range(2)] for layer in layers]
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for rows in order.reshape(-1, BATCH):
            step += 1
            gradients = _gradients(layers, x[rows], y[rows])
            for layer, gradient, moment in zip(layers, gradients, moments, strict=True):
                for i, (value, slope) in enumerate(zip(layer, gradient, strict=True)):
                    first, second = moment[2 * i], moment[2 * i + 1]
                    first += 0.1 * (slope - first)
                    second += 0.001 * (slope**2 - second)
                    size = LEARNING_RATE * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
                    value -= size * first / (np.sqrt(second) + 1e-8) + LEARNING_RATE * DECAY * value
    return layers


def _gradients(layers: Layers, x: Floats, y: NDArray[np.int64]) -> Layers:
    """Of the mean cross entropy."""
    seen = [x]
    for weights, bias in layers[:-1]:
        seen.append(np.maximum(seen[-1] @ weights + bias, 0))
    scores = seen[-1] @ layers[-1][0] + layers[-1][1]
    chance = np.exp(scores - scores.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    chance[np.arange(len(y)), y] -= 1
    slope = chance / len(y)
    found = []
    for (weights, _), given in zip(reversed(layers), reversed(seen), strict=True):
        found.append((given.T @ slope, slope.sum(axis=0)))
        slope = (slope @ weights.T) * (given > 0)
    return found[::-1]


def save(layers: Layers, path: Path) -> None:
    """The network as ONNX, a jet at a time."""
    nodes, constants, name = [], [], "jet"
    for k, (weights, bias) in enumerate(layers):
        for key, value in ((f"w{k}", weights), (f"b{k}", bias)):
            constants.append(numpy_helper.from_array(value.astype(np.float32), key))
        last = k == len(layers) - 1
        nodes.append(helper.make_node("Gemm", [name, f"w{k}", f"b{k}"], ["scores" if last else f"g{k}"], f"dense_{k}"))
        if not last:
            nodes.append(helper.make_node("Relu", [f"g{k}"], [f"r{k}"], f"relu_{k}"))
            name = f"r{k}"
    ends = [
        helper.make_tensor_value_info(key, TensorProto.FLOAT, [1, size])
        for key, size in (("jet", layers[0][0].shape[0]), ("scores", layers[-1][0].shape[1]))
    ]
    graph = helper.make_graph(nodes, "constituents", ends[:1], ends[1:], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
