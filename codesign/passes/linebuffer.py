"""What gives a layer the windows of an image that it looks at: a line buffer as wide as its pace asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from math import gcd, prod

from codesign.ir.kernels import Border, InsideWindow, Repack, WideWindow, Window
from codesign.ir.kernels.base import Kernel
from codesign.ir.layers import Conv
from codesign.ir.layers.window import Padding, Pair, image, positions, zero_codes
from codesign.ir.tensor import Tensor
from codesign.passes.beats import most_lanes

WindowKernel = Border | InsideWindow | Window | WideWindow | Repack


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

    def forms(self, simd: int) -> Iterator[tuple[WindowKernel, ...]]:
        """What may give the windows `simd` elements at a time, the one that needs least first.

        A part of one pixel per beat; the same without the taps in the padding; `simd` elements per beat, if those are
        several pixels; whole windows, or the widest parts that a beat holds. No kernel where windows are pixels.
        """
        yield self._repacked(self.serial(gcd(simd, self.x.channels)), simd)
        inside = self.inside(simd)
        if inside:
            yield inside
        for lanes in self._wide_lanes(simd):
            yield self._repacked(self.wide(lanes), simd)

    def _wide_lanes(self, simd: int) -> list[int]:
        """The lanes with which wide windows may be worth their registers, the fewest first."""
        most, channels = most_lanes(self.x.type.width), self.x.channels
        window = prod(self.size) * channels
        if self.pointwise or self.by_channel or channels > most or simd > most:
            return []
        if simd <= channels:
            return [window] if window <= most else []
        widest = next(n for n in range(min(window, most // simd * simd), 0, -simd) if window % n == 0)
        return sorted({simd, widest})

    def inside(self, simd: int) -> tuple[WindowKernel, ...]:
        """What gives of each window only the taps inside the image, `simd` channels at a time; none where that cannot
        be, or saves nothing: it takes padding of the code 0 and parts of pixels."""
        if self.x.channels % simd or self.by_channel or self.fill != 0:
            return ()
        kernels = self.serial(simd)
        window = kernels[-1] if kernels else None
        if not isinstance(window, Window) or not any(window.padding):
            return ()
        if not all(inside.any(axis=1).all() for inside in window.inside()):
            return ()  # one of dilated taps sees nothing
        return (*kernels[:-1], InsideWindow(**{f.name: getattr(window, f.name) for f in fields(window)}))

    def _repacked(self, kernels: tuple[WindowKernel, ...], simd: int) -> tuple[WindowKernel, ...]:
        """The same and a converter, if they do not give `simd` elements at a time."""
        if not kernels or (now := kernels[-1].writes[0]).lanes == simd:
            return kernels
        return (*kernels, Repack(now.lanes * now.beats, now.lanes, simd, self.x.type))

    def wide(self, lanes: int) -> tuple[WindowKernel, ...]:
        """What gives the windows, `lanes` of all elements of one per beat, and reads whole pixels; as (row, column,
        channel), which is also by channel where a beat holds all channels."""
        before, shape, padding = self._border(self.x.channels)
        if self.no_window:
            return before
        window = WideWindow(
            *shape, self.x.channels, lanes, self.size, self.x.type, self.stride, self.dilation, padding, self.fill
        )
        return (*before, window)

    def serial(self, lanes: int) -> tuple[WindowKernel, ...]:
        """What gives the windows, `lanes` channels per beat."""
        if self.pointwise:
            return ()
        before, shape, padding = self._border(lanes)
        if self.no_window:
            return before
        window = Window(
            *shape, self.x.channels, lanes, self.size, self.x.type, self.stride, self.dilation, padding, self.fill,
            self.by_channel,
        )  # fmt: skip
        return (*before, window)

    @property
    def no_window(self) -> bool:
        """Whether every pixel, and every one of the border, is a window."""
        return (self.size, self.stride) == ((1, 1), (1, 1))

    def _border(self, lanes: int) -> tuple[tuple[Border, ...], Pair, Padding]:
        """(the border of the image if it needs one, its size with the border, what is left of the padding).

        Padding that a window can lie in wholly is a border of the image, any other is the window's own business.
        Rows and columns below and right of the last windows are none.
        """
        height, width, channels = image(self.x)
        (top, _, left, _), count = self.padding, self.count
        extent = [(n - 1) * d + 1 for n, d in zip(self.size, self.dilation)]
        below = (count[0] - 1) * self.stride[0] + extent[0] - top - height
        beside = (count[1] - 1) * self.stride[1] + extent[1] - left - width
        padding = (top, max(0, below), left, max(0, beside))
        if max(padding[:2]) < extent[0] and max(padding[2:]) < extent[1]:
            return (), (height, width), padding
        border = Border(height, width, channels, lanes, padding, self.fill, self.x.type)
        return (border,), (height + sum(padding[:2]), width + sum(padding[2:])), (0, 0, 0, 0)


def slowest(kernels: Sequence[Kernel]) -> int:
    """Cycles per sample of the slowest of these; 1 where there is none."""
    return max((kernel.interval for kernel in kernels), default=1)


def windows_of(layer: Conv, x: Tensor) -> Windows:
    """What a convolution sees: by channel where groups have weights of their own, padded with the code of zero."""
    fill = int(zero_codes(x)[0]) if any(layer.padding) else 0
    return Windows(x, layer.size, layer.stride, layer.padding, layer.dilation, fill, layer.groups > 1)


def depthwise(layer: Conv) -> bool:
    """Whether each channel has weights of its own."""
    return layer.groups > 1 and layer.weights.shape[2] == 1
