"""The line buffer in front of a layer that looks at windows of an image, and the lanes that it is read with."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.ir.kernels import Border, Window
from codesign.ir.layers import Conv
from codesign.ir.layers.window import Padding, Pair, image, positions
from codesign.ir.tensor import Tensor


@dataclass(frozen=True)
class Windows:
    """What a layer sees of an image (H, W, C): windows in some order, and the code that stands for the padding."""

    x: Tensor
    size: Pair
    stride: Pair
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    fill: int = 0
    by_channel: bool = False

    @property
    def count(self) -> Pair:
        """Rows and columns of the result."""
        return positions(self.x, self.size, self.stride, self.padding, self.dilation)

    @property
    def pointwise(self) -> bool:
        """Whether every window is one pixel, and every pixel a window: then there is nothing to buffer."""
        return self.size == (1, 1) and self.stride == (1, 1) and not any(self.padding)

    @property
    def whole(self) -> bool:
        """Whether the only window is the image."""
        return self.size == self.x.shape[:2] and not any(self.padding) and self.dilation == (1, 1)

    def kernels(self, lanes: int) -> tuple[Border | Window, ...]:
        """What gives the windows, `lanes` channels per beat.

        Padding that a window can lie in wholly is a border of the image, any other is the window's own business.
        Rows and columns below and right of the last windows are none.
        """
        if self.pointwise:
            return ()
        height, width, channels = image(self.x)
        (top, _, left, _), count = self.padding, self.count
        extent = [(n - 1) * d + 1 for n, d in zip(self.size, self.dilation)]
        below = (count[0] - 1) * self.stride[0] + extent[0] - top - height
        beside = (count[1] - 1) * self.stride[1] + extent[1] - left - width
        padding = (top, max(0, below), left, max(0, beside))
        before: tuple[Border, ...] = ()
        if max(padding[:2]) >= extent[0] or max(padding[2:]) >= extent[1]:
            before = (Border(height, width, channels, lanes, padding, self.fill, self.x.type),)
            height, width, padding = height + sum(padding[:2]), width + sum(padding[2:]), (0, 0, 0, 0)
        if (self.size, self.stride) == ((1, 1), (1, 1)):
            return before
        window = Window(
            height, width, channels, lanes, self.size, self.x.type, self.stride, self.dilation, padding, self.fill,
            self.by_channel,
        )  # fmt: skip
        return (*before, window)

    def cycles(self, lanes: int) -> int:
        """Cycles per sample of the slowest of these."""
        return max((kernel.interval for kernel in self.kernels(lanes)), default=1)


def windows_of(layer: Conv, x: Tensor, fill: int = 0) -> Windows:
    """What a convolution sees: by channel where each channel has weights of its own."""
    return Windows(x, layer.size, layer.stride, layer.padding, layer.dilation, fill, depthwise(layer))


def depthwise(layer: Conv) -> bool:
    """Whether each channel has weights of its own."""
    return layer.groups > 1 and layer.weights.shape[2] == 1


def window_lanes(channels: int, simd: int) -> int:
    """The lanes of a window that is multiplied `simd` elements at a time: one of the two divides the other."""
    return simd if channels % simd == 0 else channels
