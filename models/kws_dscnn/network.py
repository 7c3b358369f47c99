"""A keyword-spotting network of depthwise-separable convolutions, of the shape of the MLPerf Tiny benchmark's DS-CNN.

A depthwise 3x3 convolution filters each channel by itself, a pointwise 1x1 convolution mixes the channels: together
they need an eighth of the products of a 3x3 convolution of 64 channels. All have batch norm and ReLU.
"""

from __future__ import annotations

from torch import nn

from codesign.scan.qat.blocks import Blocks
from models.kws_dscnn.generate import CLASSES

CHANNELS, DEPTH = 64, 4


def network(
    bits: int | None = 4, channels: int = CHANNELS, depth: int = DEPTH, per_channel: bool = True
) -> nn.Sequential:
    """(n, 1, 49, 10) to one logit per class; without quantizers where `bits` is None. The input has 8 bits."""
    blocks = Blocks(bits, per_channel)
    layers = [blocks.quantizer(8), *blocks.conv(1, channels, (10, 4), stride=2, padding=(5, 1)), blocks.relu()]
    for _ in range(depth):
        layers += [*blocks.conv(channels, channels, 3, groups=channels), blocks.relu()]
        layers += [*blocks.conv(channels, channels, 1), blocks.relu()]
    layers += [nn.AvgPool2d((25, 5)), nn.Flatten(), blocks.quantizer(8), blocks.linear(channels, len(CLASSES))]
    return nn.Sequential(*layers)
