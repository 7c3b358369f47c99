"""The layers of an MLP as tensors, with the first one split over what it is given: the two nodes of an edge, its state.

    W [x_source; x_target; e] + b  =  (W_1 x_source + b) + W_2 x_target + W_3 e

The products with x are then computed once for each node, of which there are about ten times fewer than edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from codesign.errors import ModelError

EPSILON = 1e-5
"""Of a layer norm, as in the modules."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A linear layer, its layer norm (gain and shift) where it has one, and its activation: relu, tanh or none."""

    weight: Tensor
    bias: Tensor
    norm: tuple[Tensor, Tensor] | None
    activation: str | None

    def to(self, device: torch.device, dtype: torch.dtype) -> Layer:
        """With weights of this type; what is added, and the norm, stays in float32."""
        norm = None if self.norm is None else (self.norm[0].to(device), self.norm[1].to(device))
        return Layer(self.weight.to(device, dtype), self.bias.to(device), norm, self.activation)

    def __call__(self, x: Tensor) -> Tensor:
        """The layer of rows x, of x's type."""
        return self.after(functional.linear(x, self.weight).float() + self.bias, x.dtype)

    def after(self, sums: Tensor, dtype: torch.dtype) -> Tensor:
        """Norm and activation of sums (m, width) in float32, as `dtype`."""
        if self.norm is not None:
            sums = functional.layer_norm(sums, sums.shape[1:], *self.norm, EPSILON)
        if self.activation is not None:
            sums = torch.tanh(sums) if self.activation == "tanh" else torch.relu(sums)
        return sums.to(dtype)


def layers(network: nn.Sequential, device: torch.device, dtype: torch.dtype) -> tuple[Layer, ...]:
    """The layers of an MLP of `codesign.gpu.tracking.models.mlp`."""
    found: list[Layer] = []
    for module in network:
        match module:
            case nn.Linear():
                found.append(Layer(module.weight.detach(), module.bias.detach(), None, None))
            case nn.LayerNorm():
                norm = (module.weight.detach(), module.bias.detach())
                found[-1] = Layer(found[-1].weight, found[-1].bias, norm, None)
            case nn.Tanh() | nn.ReLU():
                last, name = found[-1], "tanh" if isinstance(module, nn.Tanh) else "relu"
                found[-1] = Layer(last.weight, last.bias, last.norm, name)
            case _:
                raise ModelError(f"fast path: {type(module).__name__} is no layer of an MLP of the tracking networks")
    return tuple(layer.to(device, dtype) for layer in found)


@dataclass(frozen=True, eq=False)
class EdgeMLP:
    """An MLP on edges, its first layer split.

    nodes   (2 width, features): of the first layer, the part for the source over that for the target
    bias    (2 width,) float32: its bias, and zeros
    state   (width, features) or None: the part for the edge's own state
    first   the first layer, whose norm and activation follow the sum of the parts
    rest    the layers behind it
    """

    nodes: Tensor
    bias: Tensor
    state: Tensor | None
    first: Layer
    rest: tuple[Layer, ...]

    @classmethod
    def of(cls, network: nn.Sequential, features: int, device: torch.device, dtype: torch.dtype) -> EdgeMLP:
        """Of an MLP that takes the `features` of both nodes and then, if that is not all, the edge's state."""
        first, *rest = layers(network, device, dtype)
        parts = first.weight.split([features, features, first.weight.shape[1] - 2 * features], 1)
        bias = torch.cat([first.bias, torch.zeros_like(first.bias)])
        state = parts[2].contiguous() if parts[2].shape[1] else None
        return cls(torch.cat(parts[:2]).contiguous(), bias, state, first, tuple(rest))

    def on_nodes(self, x: Tensor) -> Tensor:
        """(n, 2 width): what each node adds to the first layer of an edge that starts, and of one that ends there."""
        return (functional.linear(x, self.nodes).float() + self.bias).to(x.dtype)

    def __call__(self, on_nodes: Tensor, edges: Tensor, state: Tensor | None = None) -> Tensor:
        """(E, outputs) by plain torch, from `on_nodes` and the edges' own state."""
        width = self.first.weight.shape[0]
        sums = on_nodes[edges[0], :width].float() + on_nodes[edges[1], width:].float()
        if state is not None and self.state is not None:
            sums = sums + functional.linear(state, self.state).float()
        x = self.first.after(sums, on_nodes.dtype)
        for layer in self.rest:
            x = layer(x)
        return x
