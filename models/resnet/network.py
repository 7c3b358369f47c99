"""A small residual network of the shape of the MLPerf Tiny benchmark's: three stacks of 16, 32 and 64 channels.

A residual join adds two streams, and integers can be added only if they count the same step. Both sides of a join
therefore go through one and the same quantizer: it is one module, called twice, so both calls have one scale, and the
sum is a plain addition of codes. The ReLU behind the sum has a scale of its own.
"""

from __future__ import annotations

from torch import Tensor, nn

from codesign.scan.qat.blocks import Blocks
from models.resnet.generate import SHAPES, SIZE

WIDTHS = (16, 32, 64)


class Residual(nn.Module):
    """Two 3x3 convolutions beside the input itself or, where the shape changes, beside a 1x1 convolution of it."""

    def __init__(self, inputs: int, outputs: int, stride: int, blocks: Blocks) -> None:
        super().__init__()
        self.through = nn.Sequential(
            *blocks.conv(inputs, outputs, 3, stride=stride), blocks.relu(), *blocks.conv(outputs, outputs, 3)
        )
        self.beside = nn.Sequential()
        if stride > 1 or inputs != outputs:
            self.beside = nn.Sequential(*blocks.conv(inputs, outputs, 1, stride=stride))
        self.join = blocks.quantizer()
        self.relu = blocks.relu()

    def forward(self, x: Tensor) -> Tensor:
        joined: Tensor = self.relu(self.join(self.through(x)) + self.join(self.beside(x)))
        return joined


def network(bits: int | None = 8, widths: tuple[int, ...] = WIDTHS, per_channel: bool = True) -> nn.Sequential:
    """(n, 3, 32, 32) to one logit per shape; without quantizers where `bits` is None."""
    blocks = Blocks(bits, per_channel)
    first, last = widths[0], widths[-1]
    layers = [blocks.quantizer(8), *blocks.conv(3, first, 3), blocks.relu()]
    for place, (inputs, outputs) in enumerate(zip((first, *widths), widths)):
        layers.append(Residual(inputs, outputs, 2 if place else 1, blocks))
    layers += [
        nn.AvgPool2d(SIZE // 2 ** (len(widths) - 1)),
        nn.Flatten(),
        blocks.quantizer(8),
        blocks.linear(last, len(SHAPES)),
    ]
    return nn.Sequential(*layers)
