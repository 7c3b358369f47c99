"""The MLP that every tracking network is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import nn

ACTIVATION: Mapping[str, Callable[[], nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}


def mlp(
    inputs: int, widths: Sequence[int], *, activation: str, layer_norm: bool, last_activation: bool = False
) -> nn.Sequential:
    """Linear, [LayerNorm], activation for each width; the last is a bare Linear unless `last_activation`.

    The modules are numbered in this order, which is what the keys of a state_dict say.
    """
    layers: list[nn.Module] = []
    for k, width in enumerate(widths):
        layers.append(nn.Linear(inputs, width))
        if k + 1 < len(widths) or last_activation:
            if layer_norm:
                layers.append(nn.LayerNorm(width))
            layers.append(ACTIVATION[activation]())
        inputs = width
    return nn.Sequential(*layers)
