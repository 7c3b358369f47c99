"""The torch module of a description: layer after layer, with quantizers (Brevitas) or without any.

Integers can be added or joined only if they count the same step. Whatever meets in a join therefore goes through one
and the same quantizer: it is one module, called for each. A layer whose result goes only into joins leaves it to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, cat, nn

from codesign.scan.qat import layers as kinds
from codesign.scan.qat.blocks import Blocks
from codesign.scan.qat.description import Description
from codesign.scan.qat.layers import JOINS, Layer, Product, Shape


class Network(nn.Module):
    """Tensors (n, *shape), one for each input in the order of the description, to the last layer's result.

    With `quantized` off the same network has no quantizers; its weights load into the quantized one.
    """

    def __init__(self, description: Description, quantized: bool = True) -> None:
        super().__init__()
        self.description = description
        shapes = description.shapes
        bits = description.weight_bits if quantized else None
        self.inputs = nn.ModuleList(Blocks(bits).quantizer(i.bits) for i in description.inputs)
        self.layers = nn.ModuleList(
            _module(_Own(description, layer, quantized), [shapes[s] for s in layer.sources], shapes[layer.name])
            for layer in description.layers
        )

    def forward(self, *inputs: Tensor) -> Tensor:
        given = zip(self.description.inputs, self.inputs, inputs, strict=True)
        values = {i.name: quantizer(x) for i, quantizer, x in given}
        for layer, module in zip(self.description.layers, self.layers):
            values[layer.name] = module(*[values[s] for s in layer.sources])
        found: Tensor = values[self.description.layers[-1].name]
        return found


class _Own:
    """A layer with the bits that it has, and what stands around it."""

    def __init__(self, description: Description, layer: Layer, quantized: bool) -> None:
        self.layer = layer
        readers = [other for other in description.layers if layer.name in other.sources]
        self.last = not readers
        self.left_to_joins = bool(readers) and all(isinstance(r, JOINS) for r in readers)
        self.positive = all(_positive(description, s) for s in layer.sources)
        weights = getattr(layer, "weight_bits", None) or description.weight_bits
        results = getattr(layer, "activation_bits", None) or description.activation_bits
        self.blocks = Blocks(weights, activation_bits=results, learned=True) if quantized else Blocks(None)

    def result(self, activation: str) -> list[nn.Module]:
        """What follows the arithmetic: an activation, and a quantizer unless others bring it."""
        if self.left_to_joins:
            return [nn.ReLU()] if activation == "relu" else []
        if activation == "relu":
            return [self.blocks.relu()]
        return [] if self.last else [self.blocks.quantizer()]

    def join(self) -> nn.Module:
        """The quantizer of what meets here."""
        return self.blocks.relu() if self.positive else self.blocks.quantizer()


def _positive(description: Description, name: str) -> bool:
    """Whether nothing below 0 comes from there."""
    layer = next((candidate for candidate in description.layers if candidate.name == name), None)
    if layer is None:
        return False
    activation = getattr(layer, "activation", None)
    if activation is not None:
        return bool(activation == "relu")
    return not isinstance(layer, kinds.Film) and all(_positive(description, s) for s in layer.sources)


def _module(own: _Own, given: Sequence[Shape], result: Shape) -> nn.Module:
    layer, blocks = own.layer, own.blocks
    match layer:
        case Product():
            return nn.Sequential(*_product(own, layer, given[0][0], result), *own.result(layer.activation))
        case kinds.MaxPool():
            return nn.MaxPool2d(layer.size)
        case kinds.GlobalAverage():
            return nn.Sequential(_Mean(), *own.result("relu" if own.positive else "none"))
        case kinds.Sum():
            return nn.Sequential(_Total(), *own.result("relu" if own.positive else "none"))
        case kinds.Upsample():
            return nn.Upsample(scale_factor=layer.factor, mode="nearest")
        case kinds.Flatten():
            return nn.Flatten()
        case kinds.Transpose():
            return _Swapped()
        case kinds.Concat():
            return _Joined(own.join())
        case kinds.Add():
            return _Added(own.join(), nn.Sequential(*own.result(layer.activation)))
        case kinds.Film():
            after = nn.Sequential(*own.result("none"))
            return _Modulated(blocks, given[1][0], given[0][0], after)
    raise NotImplementedError(type(layer).__name__)


def _product(own: _Own, layer: Product, inputs: int, result: Shape) -> list[nn.Module]:
    blocks, outputs = own.blocks, result[0]
    match layer:
        case kinds.Dense():
            found, norm = blocks.linear(inputs, outputs, bias=not layer.norm), nn.BatchNorm1d
        case kinds.TimeDistributed():
            found, norm = blocks.position(inputs, outputs, bias=not layer.norm), nn.BatchNorm1d
        case kinds.Conv():
            padding = tuple(k // 2 if layer.padding == "same" else 0 for k in layer.kernel)
            options = {"kernel_size": layer.kernel, "stride": layer.stride, "padding": padding}
            groups = {"groups": inputs} if layer.depthwise else {}
            if layer.norm:
                return blocks.conv(inputs, outputs, layer.kernel, **options, **groups)
            return [blocks.conv_with_bias(inputs, outputs, **options, **groups)]
        case _:
            raise NotImplementedError(type(layer).__name__)
    return [found, norm(outputs)] if layer.norm else [found]


class _Mean(nn.Module):
    """(n, c, ...) to the mean of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=tuple(range(2, x.dim())))


class _Total(nn.Module):
    """(n, c, ...) to the sum of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum(dim=tuple(range(2, x.dim())))


class _Swapped(nn.Module):
    """(n, a, b) to (n, b, a)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)


class _Joined(nn.Module):
    """Channels one after the other, all with one step."""

    def __init__(self, join: nn.Module) -> None:
        super().__init__()
        self.join = join

    def forward(self, *sources: Tensor) -> Tensor:
        return cat([self.join(x) for x in sources], dim=1)


class _Added(nn.Module):
    """The sum of sources that were brought to one step."""

    def __init__(self, join: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.join, self.after = join, after

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        total = self.join(first)
        for x in others:
            total = total + self.join(x)
        found: Tensor = self.after(total)
        return found


class _Modulated(nn.Module):
    """gamma x + beta for an image x (n, c, h, w) and what makes gamma and beta: a vector (n, m)."""

    def __init__(self, blocks: Blocks, vector: int, channels: int, after: nn.Module) -> None:
        super().__init__()
        self.channels = channels
        self.made = blocks.linear(vector, 2 * channels)
        self.factors, self.join, self.after = blocks.quantizer(), blocks.quantizer(), after
        start = {name: 0.1 * value for name, value in self.made.state_dict().items() if name in ("weight", "bias")}
        start["bias"][:channels] = 1  # gamma about 1 and beta about 0: training begins with the image alone
        self.made.load_state_dict(start, strict=False)

    def forward(self, x: Tensor, vector: Tensor) -> Tensor:
        made = self.factors(self.made(vector))
        gamma, beta = made[:, : self.channels, None, None], made[:, self.channels :, None, None]
        found: Tensor = self.after(self.join(x * gamma) + self.join(beta))
        return found
