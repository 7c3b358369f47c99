"""Convolutions and pools."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from codesign.ir.layers import Affine, Conv, MaxPool, SumPool, Transpose
from codesign.ir.vector import Vector
from tests.strategies.draft import CHANNELS, Draft
from tests.strategies.elementwise import leaky_relu, relu
from tests.strategies.pixels import image, paddable, window
from tests.strategies.products import dense
from tests.strategies.quantizers import quantize
from tests.strategies.scales import one_number, steps, weights


def convolution(d: Draft, x: str) -> Conv:
    """Any window that fits, with all channels together, in groups, or each by itself."""
    height, width, channels = d.type(x).shape
    padding = tuple(d.draw(st.integers(0, 1)) for _ in range(4)) if paddable(d, x) else (0, 0, 0, 0)
    rows, columns = height + padding[0] + padding[1], width + padding[2] + padding[3]
    size = window(d, rows), window(d, columns)
    dilation = tuple(
        d.draw(st.integers(1, max(1, min(2, (n - 1) // max(1, k - 1))))) for n, k in zip((rows, columns), size)
    )
    groups = d.choose(1, 1, channels, *(n for n in range(2, channels) if channels % n == 0))
    outputs = groups * d.draw(st.integers(1, 2)) if groups > 1 else d.draw(CHANNELS)
    inputs = channels // groups
    w, bits = weights(d, size[0] * size[1] * inputs, outputs)
    stride = d.draw(st.integers(1, 2)), d.draw(st.integers(1, 3))
    return Conv(w.reshape(*size, inputs, outputs), bits, stride, dilation, padding, groups)


def conv(d: Draft, x: str) -> str:
    """A convolution, a step for each output or one; a product where there is no image."""
    pixels = image(d, x)
    if pixels is None:
        return dense(d, x)
    layer = convolution(d, pixels)
    return d.put(replace(layer, step=d.vector(steps(), layer.outputs)), pixels)


def conv_first(d: Draft, x: str) -> str:
    """A convolution as a channels-first file has it, with functions of elements between the transposes."""
    if len(d.type(x).shape) != 3 or not one_number(d.type(x)):
        return conv(d, x)
    x = d.put(Transpose((1, 2, 0)), d.put(Transpose((2, 0, 1)), x))
    x = d.put(Transpose((2, 0, 1)), conv(d, x))
    for function in d.draw(st.lists(st.sampled_from([relu, leaky_relu, quantize]), max_size=2)):
        x = function(d, x)
    return d.put(Transpose((1, 2, 0)), x)


def max_pool(d: Draft, x: str) -> str:
    """Of codes that rise with their values, with padding that no window lies in."""
    t = d.type(x)
    if t.real or min(t.step.values) <= 0 or (pixels := image(d, x)) is None:
        return x
    height, width, _ = d.type(pixels).shape
    size = window(d, height), window(d, width)
    padding = tuple(d.draw(st.integers(0, min(1, size[k // 2] - 1))) for k in range(4))
    stride = d.draw(st.integers(1, size[0])), d.draw(st.integers(1, size[1]))
    return d.put(MaxPool(size, stride, padding), pixels)


def sum_pool(d: Draft, x: str) -> str:
    """The sum of codes, or their average."""
    if d.type(x).real or (pixels := image(d, x)) is None:
        return x
    height, width, _ = d.type(pixels).shape
    size = d.choose((height, width), (window(d, height), window(d, width)))
    y = d.put(SumPool(size, (d.draw(st.integers(1, 3)), d.draw(st.integers(1, 2)))), pixels)
    return d.put(Affine(Vector.of(Fraction(1, size[0] * size[1]))), y) if d.draw(st.booleans()) else y
