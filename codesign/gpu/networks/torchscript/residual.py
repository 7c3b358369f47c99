"""The scripted ResAGNN of exatrkx/exatrxk-cpp-ctd2022: its weights and its number of steps, as a checkpoint."""

from __future__ import annotations

from typing import Any

import numpy as np

from codesign.errors import ModelError
from codesign.gpu.checkpoint import Checkpoint, Setting
from codesign.ir.layers.rows.layer_norm import EPSILON

MODULES = {"node_encoder", "edge_network", "node_network"}
ACTIVATIONS = {"ReLU": "relu", "Tanh": "tanh"}


def is_residual(module: Any) -> bool:
    """Whether the script has the three MLPs and the number of steps of a ResAGNN."""
    return {name for name, _ in module.named_children()} == MODULES and isinstance(
        getattr(module, "n_graph_iters", None), int
    )


def residual_checkpoint(module: Any) -> Checkpoint:
    """The network as a checkpoint of kind attention; ModelError names a module that its MLPs do not have."""
    norms, activations = 0, set()
    for name, part in module.named_modules():
        match part.original_name:
            case "LayerNorm":
                norms += 1
                if part.eps != float(EPSILON):
                    raise ModelError(f"{name}: a LayerNorm with eps {part.eps:g}, expected {float(EPSILON):g}")
            case "ReLU" | "Tanh" as kind:
                activations.add(ACTIVATIONS[kind])
            case "Linear" | "Sequential":
                pass
            case kind if name:
                raise ModelError(f"{name}: a module {kind}, expected Linear, LayerNorm, ReLU or Tanh")
    if len(activations) != 1:
        raise ModelError(f"its activations are {', '.join(sorted(activations)) or 'none'}, expected one kind")
    weights = {}
    for key, value in module.state_dict().items():
        single = value.detach().float()
        if not bool((single.to(value.dtype) == value).all()):
            kind = str(value.dtype).removeprefix("torch.")
            raise ModelError(f"{key}: weights in {kind} that float32 does not hold; save the module with .float()")
        weights[key] = single.numpy()
    first = weights.get("node_encoder.0.weight", np.zeros((0, 0), np.float32))
    settings: dict[str, Setting] = {
        "inputs": int(first.shape[-1]),
        "hidden": len(first),
        "steps": int(module.n_graph_iters),
        "activation": activations.pop(),
        "layer_norm": norms > 0,
    }
    return Checkpoint("attention", settings, weights)
