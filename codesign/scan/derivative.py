"""A float network in torch, so that its outputs can be differentiated by its weights and by what is rounded in it.

It computes what the network after `tune_precision` says, without its rounding: quantizers of sites are left out, which
is what the derivative of rounding is taken for. Tensors are float64, samples first, channels last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError, ToolError
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import (
    Add,
    Affine,
    BatchNorm,
    Clip,
    Concat,
    Conv,
    Crop,
    Dense,
    Identity,
    Input,
    LeakyRelu,
    MaxPool,
    Multiply,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Sigmoid,
    Slice,
    Softmax,
    SumPool,
    Tanh,
    Transpose,
    Upsample,
)
from codesign.ir.tensor import as_codes
from codesign.ir.vector import Vector
from codesign.passes.tune_precision import Part
from codesign.scan.calibrate import read_by
from codesign.scan.space import Site

try:
    import torch
    from torch.nn import functional
except ImportError as missing:
    raise ToolError("--search hessian needs torch, which is missing: pip install 'codesign[train]'") from missing

if TYPE_CHECKING:
    from torch import Tensor


class Derivative:
    """The outputs of `graph` as a function of its weights and of the numbers at the sites of results.

    ModelError, with the node's name, for a layer without a derivative here.
    """

    def __init__(self, graph: Graph, sites: Sequence[Site]) -> None:
        self.graph = graph
        self.weights = {
            site.key: _weights(graph[site.node].layer).requires_grad_() for site in sites if site.part is Part.WEIGHT
        }
        self._of_node = {site.node: self.weights[site.key] for site in sites if site.part is Part.WEIGHT}
        self._rounds: dict[str, tuple[str, str]] = {}
        """For each quantizer of a site (the site's key, the node whose numbers it rounds)."""
        for site in sites:
            if site.part is Part.RESULT:
                for quantizer in read_by(graph, site):
                    self._rounds[quantizer] = site.key, graph[quantizer].inputs[0]

    def __call__(self, inputs: Sequence[np.ndarray]) -> tuple[Tensor, dict[str, list[Tensor]]]:
        """(n, k): all outputs of the samples, one after the other; and for each site of a result the tensors that it
        rounds, which the outputs depend on."""
        values: dict[str, Tensor] = {}
        rounded: dict[tuple[str, str], Tensor] = {}
        for node, x in zip(self.graph.inputs, inputs, strict=True):
            assert isinstance(node.layer, Input)
            tensor = node.layer.tensor
            given = node.layer.numbers(x) if tensor.real else tensor.decode_float(as_codes(node.layer.encode(x)))
            values[node.name] = torch.from_numpy(np.ascontiguousarray(given, dtype=np.float64))
        for node in self.graph:
            if node.name in values:
                continue
            if node.name in self._rounds:
                place = self._rounds[node.name]
                if place not in rounded:
                    # One variable for all readers: they round the same numbers to the same codes.
                    source = values[place[1]]
                    rounded[place] = source if source.requires_grad else source.detach().requires_grad_()
                values[node.name] = rounded[place]
            else:
                values[node.name] = self._result(node, [values[i] for i in node.inputs])
        results: dict[str, list[Tensor]] = {}
        for (key, _), tensor in rounded.items():
            results.setdefault(key, []).append(tensor)
        outputs = [values[o.source].reshape(len(inputs[0]), -1) for o in self.graph.outputs]
        return torch.cat(outputs, dim=1), results

    def _result(self, node: Node, inputs: list[Tensor]) -> Tensor:
        x = inputs[0]
        match node.layer:
            case Dense(bias=None):
                return x @ self._weights_of(node)
            case Conv(stride=stride, dilation=dilation, padding=(top, bottom, left, right), groups=groups, bias=None):
                image = functional.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom))
                kernel = self._weights_of(node).permute(3, 2, 0, 1)
                return functional.conv2d(image, kernel, None, stride, 0, dilation, groups).permute(0, 2, 3, 1)
            case BatchNorm():
                return _affine(x, node.layer.affine())
            case Affine():
                return _affine(x, node.layer)
            case Relu():
                return x.relu()
            case Clip(low=low, high=high):
                return x.clamp(None if low is None else float(low), None if high is None else float(high))
            case LeakyRelu(alpha=alpha):
                return functional.leaky_relu(x, float(alpha))
            case Sigmoid():
                return x.sigmoid()
            case Tanh():
                return x.tanh()
            case Softmax():
                return x.softmax(dim=-1)
            case Identity() | Quantize():
                return x
            case MaxPool(size=size, stride=stride, padding=(top, bottom, left, right)):
                image = functional.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom), value=float("-inf"))
                return functional.max_pool2d(image, size, stride).permute(0, 2, 3, 1)
            case SumPool(size=size, stride=stride):
                image = functional.avg_pool2d(x.permute(0, 3, 1, 2), size, stride, divisor_override=1)
                return image.permute(0, 2, 3, 1)
            case Reshape(shape=shape):
                return x.reshape(len(x), *shape)
            case Transpose(axes=axes):
                return x.permute(0, *(a + 1 for a in axes))
            case Add(negate=negate):
                return x - inputs[1] if negate else x + inputs[1]
            case Multiply():
                return x * inputs[1]
            case Concat():
                return torch.cat(inputs, dim=-1)
            case Slice(start=start, stop=stop):
                return x[..., start:stop]
            case Crop(start=starts, stop=stops):
                return x[(slice(None), *(slice(a, b) for a, b in zip(starts, stops)))]
            case Upsample(factors=(down, across)):
                return x.repeat_interleave(down, dim=1).repeat_interleave(across, dim=2)
            case Pad(top=top, bottom=bottom, left=left, right=right):
                return functional.pad(x, (0, 0, left, right, top, bottom))
        raise ModelError(
            f"{self.graph.origin}: node {node.origin}: {type(node.layer).__name__} has no derivative; take --search "
            "allocate, which measures what each layer loses"
        )

    def _weights_of(self, node: Node) -> Tensor:
        found = self._of_node.get(node.name)
        return _weights(node.layer) if found is None else found


def squared_slopes(
    outputs: Tensor, signs: np.ndarray, of: Mapping[str, Sequence[Tensor]]
) -> dict[str, list[NDArray[np.float64]]]:
    """(J^T u)^2 for the vector u of signs (n, k), number by number of the tensors of each key."""
    flat = [t for tensors in of.values() for t in tensors]
    total = (outputs * torch.from_numpy(signs)).sum()
    found = iter(torch.autograd.grad(total, flat, retain_graph=True, allow_unused=True))
    return {key: [_squared(next(found), t) for t in tensors] for key, tensors in of.items()}


def _squared(gradient: Any, like: Tensor) -> NDArray[np.float64]:
    """Zeros where nothing depends on the tensor."""
    found: NDArray[np.float64] = np.zeros(like.shape) if gradient is None else gradient.numpy() ** 2
    return found


def _weights(layer: Any) -> Tensor:
    """The real numbers of a product's weights."""
    step = np.array([float(v) for v in layer.step.values])
    return torch.from_numpy(layer.weights * step)


def _affine(x: Tensor, layer: Affine) -> Tensor:
    return x * _vector(layer.scale) + _vector(layer.offset)


def _vector(v: Vector) -> Tensor:
    return torch.tensor([float(value) for value in v.values], dtype=torch.float64)
