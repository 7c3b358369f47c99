"""Random networks over images, by hand: convolutions, pools, larger images, joins and parts, with small integers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import (
    Add,
    Affine,
    Concat,
    Conv,
    Crop,
    Input,
    MaxPool,
    Multiply,
    Pad,
    Requantize,
    Reshape,
    Shift,
    Slice,
    SumPool,
    Transpose,
    Upsample,
)
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import Vector
from codesign.passes.builder import Fold, is_product
from codesign.passes.products import foldings
from tests.perceptrons import dense, random_codes


class Growing:
    """A network that grows at its end, by random choice."""

    def __init__(self, seed: int, largest: int = 7) -> None:
        self.rng = np.random.default_rng(seed)
        self.graph = Graph("net", "net.onnx")
        self.largest = largest
        height, width = self.integer(1, largest), self.integer(1, largest)
        channels = self.choice([1, 2, 3, 4, 6])
        x = Tensor.of_fixed((height, width, channels), Fixed(self.integer(1, 5), 0, self.choice([True, False])))
        self.last = self.graph.add("x", Input(x), origin="global_in").name

    def integer(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high, endpoint=True))

    def choice(self, options: list):
        return options[self.integer(0, len(options) - 1)]

    @property
    def type(self) -> Tensor:
        return self.graph[self.last].type

    def add(self, layer, *before: str) -> str:
        self.last = self.graph.add(f"n{len(self.graph)}", layer, *(before or (self.last,))).name
        return self.last

    def narrow(self) -> None:
        """Some rounding, so that numbers stay small."""
        x = self.type
        shift = Shift(self.integer(-3, 3), max(0, x.type.width - 3), self.choice([True, False]), -4, 5)
        self.add(Requantize(shift, (x.low, x.high), -4, 5))

    def axis(self, length: int, padded: bool = True) -> tuple[int, int, int, int, int]:
        """(size, stride, dilation, before, after) of a window that fits an axis."""
        size, dilation = self.integer(1, 3), self.integer(1, 2)
        before, after = (self.integer(0, 3) if padded and self.choice([True, False]) else 0 for _ in range(2))
        if (size - 1) * dilation + 1 > before + length + after:
            size, dilation = 1, 1
        return size, self.integer(1, 3), dilation, before, after


def conv(g: Growing) -> None:
    height, width, channels = g.type.shape
    (kh, sh, dh, top, bottom), (kw, sw, dw, left, right) = g.axis(height), g.axis(width)
    groups = g.choice([1, 1, channels, *(n for n in (2, 3) if channels % n == 0)])
    outputs = groups * g.integer(1, 3) if groups > 1 else g.choice([1, 2, 3, 4, 6])
    w = Fixed(g.integer(2, 4))
    weights = g.rng.integers(w.low, w.high + 1, (kh, kw, channels // groups, outputs))
    bias = g.rng.integers(-20, 21, outputs) if g.choice([True, False]) else None
    g.add(Conv(weights, w, (sh, sw), (dh, dw), (top, bottom, left, right), groups, bias=bias))
    g.narrow()


def max_pool(g: Growing) -> None:
    height, width, _ = g.type.shape
    kh, kw = g.integer(1, min(3, height)), g.integer(1, min(3, width))
    padding = (g.integer(0, kh - 1), 0, 0, g.integer(0, kw - 1))
    g.add(MaxPool((kh, kw), (g.integer(1, kh), g.integer(1, kw)), padding))


def sum_pool(g: Growing) -> None:
    height, width, _ = g.type.shape
    kh, kw = g.integer(1, min(3, height)), g.integer(1, min(3, width))
    g.add(SumPool((kh, kw), (g.integer(1, 3), g.integer(1, 3))))
    g.narrow()


def whole_pool(g: Growing) -> None:
    height, width, _ = g.type.shape
    if g.choice([True, False]):
        g.add(MaxPool((height, width), (1, 1)))
    else:
        g.add(SumPool((height, width), (1, 1)))
        g.narrow()


def upsample(g: Growing) -> None:
    height, width, _ = g.type.shape
    g.add(Upsample((g.integer(1, max(1, g.largest // height)), g.integer(1, max(1, g.largest // width)))))


def pad(g: Growing) -> None:
    g.add(Pad(g.integer(0, 2), g.integer(0, 1), g.integer(0, 1), g.integer(0, 2)))


def part(g: Growing) -> None:
    channels = g.type.channels
    start = g.integer(0, channels - 1)
    g.add(Slice(start, g.integer(start + 1, channels)))


def crop(g: Growing) -> None:
    start = [g.integer(0, (n - 1) // 2) for n in g.type.shape]
    stop = [g.integer(n // 2 + 1, n) for n in g.type.shape]
    g.add(Crop(tuple(start), tuple(stop)))


def pixel_shuffle(g: Growing) -> None:
    """The channels as blocks of pixels, in either order, or blocks of pixels as channels."""
    height, width, channels = g.type.shape
    down = g.choice([k for k in (1, 2, 3) if channels % k == 0])
    across = g.choice([k for k in (1, 2, 3) if channels // down % k == 0])
    left = channels // down // across
    match g.choice(["blocks first", "channels first", "back"]):
        case "blocks first":
            g.add(Reshape((height, width, down, across, left)))
            g.add(Transpose((0, 2, 1, 3, 4)))
            g.add(Reshape((height * down, width * across, left)))
        case "channels first":
            g.add(Reshape((height, width, left, down, across)))
            g.add(Transpose((0, 3, 1, 4, 2)))
            g.add(Reshape((height * down, width * across, left)))
        case _:
            down, across = (g.choice([k for k in (1, 2, 3) if n % k == 0]) for n in (height, width))
            g.add(Reshape((height // down, down, width // across, across, channels)))
            g.add(Transpose((0, 2, 1, 3, 4)))
            g.add(Reshape((height // down, width // across, down * across * channels)))


def join(g: Growing) -> None:
    """Two or three of: what there is, a convolution of it, a part of it."""
    start, made = g.last, []
    for _ in range(g.integer(2, 3)):
        g.last = start
        if g.choice([True, False]):
            pointwise(g)
        made.append(g.last)
    g.add(Concat(), *made)


def residual(g: Growing) -> None:
    """x + q(conv(q(conv(x)))), as residual networks have it."""
    start, channels = g.last, g.type.channels
    for _ in range(2):
        w = g.rng.integers(-4, 4, (3, 3, channels, channels))
        g.add(Conv(w, Fixed(3), padding=(1, 1, 1, 1)))
        g.narrow()
    g.add(Add(), start, g.last)
    g.narrow()


def film(g: Growing) -> None:
    """(1 + gamma) * x + beta, both from the sums over all pixels, and x * x beside it."""
    x, (height, width, channels) = g.last, g.type.shape
    if g.choice([True, False]):
        g.add(Multiply(), x, x)
        g.narrow()
        x = g.last
    g.add(SumPool((height, width), (1, 1)))
    pooled, sides = g.add(Reshape((channels,))), []
    for offset in (1, 0):
        g.last = pooled
        g.add(dense(g.rng, channels, channels))
        g.narrow()
        g.add(Affine(offset=Vector.of(offset)))
        g.add(Reshape((1, 1, channels)))
        sides.append(g.add(Upsample((height, width))))
    g.add(Add(), g.add(Multiply(), x, sides[0]), sides[1])
    g.narrow()


def pointwise(g: Growing) -> None:
    w = g.rng.integers(-4, 4, (1, 1, g.type.channels, g.choice([1, 2, 4])))
    g.add(Conv(w, Fixed(3)))
    g.narrow()


STEPS: tuple[Callable[[Growing], None], ...] = (
    conv, conv, conv, max_pool, sum_pool, whole_pool, upsample, pad, part, crop,
    pixel_shuffle, join, residual, film, pointwise
)  # fmt: skip


@st.composite
def image_networks(draw: st.DrawFn, longest: int = 5, largest: int = 7) -> tuple[Graph, dict[str, Fold], list[Array]]:
    """(network, foldings, codes of its inputs); half of them end in a matrix product of the whole image."""
    g = Growing(draw(st.integers(0, 2**32 - 1)), largest)
    for _ in range(draw(st.integers(1, longest))):
        draw(st.sampled_from(STEPS))(g)
    if draw(st.booleans()):
        g.add(Reshape((g.type.size,)))
        g.add(dense(g.rng, g.type.size, 3))
    g.graph.outputs = [Output("y", g.last, "global_out")]
    folding = {n.name: draw(st.sampled_from(foldings(n))) for n in g.graph if is_product(n.layer)}
    return g.graph, folding, random_codes(g.rng, g.graph, 6)
