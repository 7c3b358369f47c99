"""What quantized networks are made of: layers with quantizers (Brevitas) or, without bits, plain ones.

Weights are signed, of a narrow range (-127..127 with 8 bits), with one float scale per output channel. Results of a
ReLU are unsigned, those of a quantizer alone signed, with one float scale for the whole tensor. Weights of the plain
network load into the quantized one (`load_state_dict(..., strict=False)`: it has scales besides).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import brevitas.nn as qnn
from brevitas.inject.enum import ScalingImplType
from brevitas.quant import (
    Int8ActPerTensorFloat,
    Int8WeightPerChannelFloat,
    Int8WeightPerTensorFloat,
    Uint8ActPerTensorFloat,
)
from torch import nn

CALIBRATION = {"collect_stats_steps": 60, "scaling_stats_op": "max"}
"""The scale of an activation starts as the mean, over so many steps, of the largest value; then it is learned."""


@dataclass(frozen=True)
class Blocks:
    """Layers with this many bits, for weights and for what flows between layers; None: no quantizers at all.

    `activation_bits` are those of what flows between layers where they differ from `bits`, those of the weights.
    """

    bits: int | None
    per_channel: bool = True
    activation_bits: int | None = None
    learned: bool = False
    """Whether scales of weights are learned, as those of activations are, instead of following the largest weight."""

    @property
    def weights(self) -> dict[str, Any]:
        quant = Int8WeightPerChannelFloat if self.per_channel else Int8WeightPerTensorFloat
        scales = {"weight_scaling_impl_type": ScalingImplType.PARAMETER_FROM_STATS} if self.learned else {}
        return {"weight_quant": quant, "weight_bit_width": self.bits, **scales}

    def conv(self, inputs: int, outputs: int, size: int | tuple[int, int], **options: Any) -> list[nn.Module]:
        """A convolution without bias, and its batch norm; the image keeps its size unless `options` say otherwise."""
        same = size // 2 if isinstance(size, int) else tuple(s // 2 for s in size)
        options = {"kernel_size": size, "padding": same, "bias": False} | options
        return [self._conv(inputs, outputs, options), nn.BatchNorm2d(outputs)]

    def conv_with_bias(self, inputs: int, outputs: int, **options: Any) -> nn.Module:
        """A convolution alone; its bias stays a float and moves behind the integers."""
        return self._conv(inputs, outputs, {"bias": True} | options)

    def _conv(self, inputs: int, outputs: int, options: dict[str, Any]) -> nn.Module:
        if self.bits is None:
            return nn.Conv2d(inputs, outputs, **options)
        layer: nn.Module = qnn.QuantConv2d(inputs, outputs, **options, **self.weights)
        return layer

    def conv1d(self, inputs: int, outputs: int) -> list[nn.Module]:
        """A dense layer for each position of (n, inputs, positions), without bias, and its batch norm."""
        return [self.position(inputs, outputs, bias=False), nn.BatchNorm1d(outputs)]

    def position(self, inputs: int, outputs: int, bias: bool = True) -> nn.Module:
        """A dense layer for each position alone."""
        if self.bits is None:
            return nn.Conv1d(inputs, outputs, 1, bias=bias)
        layer: nn.Module = qnn.QuantConv1d(inputs, outputs, 1, bias=bias, **self.weights)
        return layer

    def linear(self, inputs: int, outputs: int, bias: bool = True) -> nn.Module:
        """A dense layer alone; its bias stays a float and moves behind the integers."""
        if self.bits is None:
            return nn.Linear(inputs, outputs, bias=bias)
        layer: nn.Module = qnn.QuantLinear(inputs, outputs, bias=bias, **self.weights)
        return layer

    def dense(self, inputs: int, outputs: int) -> list[nn.Module]:
        """A dense layer without bias, its batch norm and its ReLU."""
        return [self.linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), self.relu()]

    def relu(self) -> nn.Module:
        if self.bits is None:
            return nn.ReLU()
        bits = self.activation_bits or self.bits
        layer: nn.Module = qnn.QuantReLU(act_quant=Uint8ActPerTensorFloat, bit_width=bits, **CALIBRATION)
        return layer

    def quantizer(self, bits: int | None = None) -> nn.Module:
        """A signed quantizer, of an input or of what meets another tensor in a sum or a product."""
        if self.bits is None:
            return nn.Identity()
        bits = bits or self.activation_bits or self.bits
        layer: nn.Module = qnn.QuantIdentity(act_quant=Int8ActPerTensorFloat, bit_width=bits, **CALIBRATION)
        return layer
