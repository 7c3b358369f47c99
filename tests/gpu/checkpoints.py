"""Small untrained networks of each kind, as checkpoints."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from codesign.gpu.checkpoint import Checkpoint
from codesign.gpu.spvcnn.settings import Settings


class _Weights:
    def __init__(self, seed: int, layer_norm: bool) -> None:
        self.rng, self.layer_norm = np.random.default_rng(seed), layer_norm
        self.found: dict[str, Any] = {}

    def mlp(self, module: str, inputs: int, widths: Sequence[int], last_activation: bool = False) -> None:
        """The keys and shapes that nn.Sequential gives them; numbers of PyTorch's size."""
        index = 0
        for k, width in enumerate(widths):
            bound = inputs**-0.5
            self._put(f"{module}.{index}", self.rng.uniform(-bound, bound, (width, inputs)), bound)
            last = k + 1 == len(widths) and not last_activation
            if self.layer_norm and not last:
                self._put(f"{module}.{index + 1}", self.rng.uniform(0.5, 1.5, width), 0.1)
            index += 3 if self.layer_norm else 2
            inputs = width

    def _put(self, module: str, weight: np.ndarray, bound: float) -> None:
        self.found[f"{module}.weight"] = weight.astype(np.float32)
        self.found[f"{module}.bias"] = self.rng.uniform(-bound, bound, len(weight)).astype(np.float32)


def embedding(layer_norm: bool = False, seed: int = 0) -> Checkpoint:
    weights = _Weights(seed, layer_norm)
    weights.mlp("network", 3, (6, 5, 4))
    settings = {"inputs": 3, "hidden": [6, 5], "outputs": 4, "activation": "tanh", "layer_norm": layer_norm}
    return Checkpoint("embedding", settings, weights.found)


def edge_filter(layer_norm: bool = True, seed: int = 0) -> Checkpoint:
    weights = _Weights(seed, layer_norm)
    weights.mlp("network", 6, (7, 5, 1))
    settings = {"inputs": 6, "hidden": [7, 5], "activation": "tanh", "layer_norm": layer_norm}
    return Checkpoint("filter", settings, weights.found)


def interaction(
    hidden: Sequence[int] = (6, 4),
    steps: int = 2,
    aggregate: str = "both",
    layer_norm: bool = True,
    concat: bool = False,
    edge_inputs: int = 0,
    seed: int = 0,
) -> Checkpoint:
    weights, state = _Weights(seed, layer_norm), hidden[-1]
    read = 2 * state if concat else state
    weights.mlp("node_encoder", 3, hidden)
    weights.mlp("edge_encoder", 2 * state + edge_inputs, hidden)
    weights.mlp("edge_network", 3 * read, hidden)
    weights.mlp("node_network", read + (2 if aggregate == "both" else 1) * state, hidden)
    weights.mlp("output_edge_classifier", 3 * state, (*hidden, 1))
    settings = {"inputs": 3, "hidden": list(hidden), "steps": steps, "activation": "relu", "layer_norm": layer_norm}
    return Checkpoint(
        "interaction", {**settings, "aggregate": aggregate, "concat": concat, "edge_inputs": edge_inputs}, weights.found
    )


def attention(hidden: int = 5, steps: int = 2, layer_norm: bool = True, seed: int = 0) -> Checkpoint:
    weights = _Weights(seed, layer_norm)
    state = hidden + 3
    weights.mlp("node_encoder", 3, (hidden,), last_activation=True)
    weights.mlp("edge_network", 2 * state, (hidden, hidden, 1))
    weights.mlp("node_network", 2 * state, (hidden, hidden))
    settings = {"inputs": 3, "hidden": hidden, "steps": steps, "activation": "relu", "layer_norm": layer_norm}
    return Checkpoint("attention", settings, weights.found)


def spvcnn(settings: Settings, seed: int = 0, gain: float = 1.0) -> Checkpoint:
    """A network of these settings with random weights and batch norms that are no identities; what flows through it
    keeps its size, or grows in each convolution by about the root of `gain`."""
    rng, found, c = np.random.default_rng(seed), {}, settings.channels

    def norm(module: str, channels: int) -> None:
        for part, low, high in (("weight", 0.5, 1.5), ("bias", -0.5, 0.5), ("running_mean", -0.2, 0.2)):
            found[f"{module}.{part}"] = rng.uniform(low, high, channels).astype(np.float32)
        found[f"{module}.running_var"] = rng.uniform(0.2, 2, channels).astype(np.float32)

    def matrix(key: str, *shape: int, fan: float) -> None:
        found[key] = (rng.normal(size=shape) * (2 / fan) ** 0.5).astype(np.float32)

    def block(module: str, inputs: int, outputs: int, taps: int) -> None:
        matrix(f"{module}.conv.weight", taps, inputs, outputs, fan=taps * inputs / gain)
        norm(f"{module}.norm", outputs)

    def linear(module: str, inputs: int, outputs: int) -> None:
        matrix(f"{module}.weight", outputs, inputs, fan=inputs)
        found[f"{module}.bias"] = rng.uniform(-0.1, 0.1, outputs).astype(np.float32)

    def stage(module: str, inputs: int, outputs: int) -> None:
        for part, width in (("first", inputs), ("second", outputs)):
            block(f"{module}.{part}.first", width, outputs, 27)
            block(f"{module}.{part}.second", outputs, outputs, 27)
            if width != outputs:
                matrix(f"{module}.{part}.shortcut.0.weight", outputs, width, fan=width)
                norm(f"{module}.{part}.shortcut.1", outputs)

    block("stem.0", settings.inputs, c[0], 27)
    block("stem.1", c[0], c[0], 27)
    for k in range(4):
        block(f"down.{k}", c[k], c[k], 8)
        stage(f"encode.{k}", c[k], c[k + 1])
        block(f"up.{k}", c[4 + k], c[5 + k], 8)
        stage(f"decode.{k}", c[5 + k] + c[3 - k], c[5 + k])
    for k, (i, j) in enumerate(((0, 4), (4, 6), (6, 8))):
        linear(f"points.{k}.0", c[i], c[j])
        norm(f"points.{k}.1", c[j])
    for module, layers, outputs in (
        ("semantic", settings.semantic_layers, settings.classes),
        ("instance", 2, 1 + settings.embedding),
    ):
        for k in range(layers):
            linear(f"{module}.{2 * k}", c[8], c[8] if k < layers - 1 else outputs)
    return Checkpoint("spvcnn", settings.mapping(), found)
