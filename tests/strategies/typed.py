"""Networks as lowering takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, Affine, Conv, Dense, Input, Quantize, Requantize, SoftmaxTable, SumPool, Table
from codesign.ir.layers.multiply import factor
from codesign.ir.tensor import Array, Tensor
from codesign.ir.vector import Vector
from tests.strategies.convolutions import convolution, max_pool, sum_pool
from tests.strategies.draft import BITS, CHANNELS, SAMPLES, Draft, Step
from tests.strategies.front_end import argmax, lively
from tests.strategies.inputs import draw_shape
from tests.strategies.moves import crop, nothing, pad, pixel_shuffle, reshape, swap_channels, transpose, upsample
from tests.strategies.pixels import image
from tests.strategies.products import broadcast, product
from tests.strategies.scales import one_number, steps, weights
from tests.strategies.step_functions import STEP_FUNCTIONS


def typed_dense(d: Draft, x: str) -> str:
    """A product, often with a bias in codes."""
    t = d.type(x)
    if not t.step.uniform:
        return x
    n = d.draw(CHANNELS)
    w, bits = weights(d, t.channels, n)
    b = d.codes((n,), -200, 200) if d.draw(st.booleans()) else None
    return put_product(d, Dense(w, bits, d.vector(steps(), n) if d.choose(False, True) else Vector.of(1), b), x)


def put_product(d: Draft, layer: Dense | Conv, x: str) -> str:
    """The product of `x`, its sums now and then modulo fewer bits than they need."""
    safe = layer.result(d.type(x)).type.width
    wrap = d.draw(st.integers(2, safe - 1)) if safe > 2 and d.choose(False, False, True) else None
    return d.put(layer.changed(wrap=wrap), x)


def typed_conv(d: Draft, x: str) -> str:
    """A convolution, often with a bias in codes."""
    if not d.type(x).step.uniform or (pixels := image(d, x)) is None:
        return typed_dense(d, x)
    layer = convolution(d, pixels)
    b = d.codes((layer.outputs,), -200, 200) if d.draw(st.booleans()) else None
    return put_product(d, replace(layer, bias=b), pixels)


def requantize(d: Draft, x: str) -> str:
    """A step function of a random kind, its codes read with a positive step."""
    t, slack = d.type(x), d.choose(0, 0, 1)
    function, low, high = d.choose(*STEP_FUNCTIONS)(d, x)
    domain = (t.low, t.high) if isinstance(function, Table) else (t.low - slack, t.high + slack)
    step = Vector.of(d.draw(steps()))
    return d.put(Requantize(function, domain, low, high, step, step * d.choose(0, 0, 0, -1)), x)


def relabel(d: Draft, x: str) -> str:
    """The same codes, read anew."""
    return d.put(Affine(Vector.of(d.choose(Fraction(1, 2), Fraction(-3), Fraction(1)))), x)


def typed_residual(d: Draft, x: str) -> str:
    """x plus or minus requantize(dense(x)), or x plus itself."""
    t = d.type(x)
    if not t.step.uniform:
        return x
    if d.choose(False, False, False, True):
        return d.put(Add(d.draw(st.booleans())), x, x)
    w, bits = weights(d, t.channels, t.channels)
    y = d.put(Dense(w, bits), x)
    function, low, high = d.choose(*STEP_FUNCTIONS)(d, y)
    step = Vector.of(abs(t.step[0]) * d.choose(1, Fraction(1, 2), 3))
    y = d.put(Requantize(function, (d.type(y).low, d.type(y).high), low, high, step), y)
    return d.put(Add(d.draw(st.booleans())), *d.draw(st.permutations([x, y])))


def typed_gate(d: Draft, x: str) -> str:
    """x times requantize(dense(x)), which may have an offset, or times itself; or x times a vector, and plus one."""
    t = d.type(x)
    if t.type.width > 20 or factor(t) is None:
        return x
    if not t.step.uniform or d.choose(False, False, False, True):
        return product(d, x, x)
    y = x
    if vector := len(t.shape) in (2, 3) and d.draw(st.booleans()):
        pixels = image(d, x) or x
        y = d.put(SumPool(d.type(pixels).shape[:2], (1, 1)), pixels)
    w, bits = weights(d, t.channels, t.channels)
    y = requantize(d, d.put(Dense(w, bits), y))
    y = d.put(Affine(offset=d.type(y).step * d.choose(0, 0, 1, -2)), y)
    y = broadcast(d, y, t) if vector else y
    z = product(d, x, y)
    return d.put(Add(d.draw(st.booleans())), z, d.put(Affine(d.type(z).step / d.type(y).step), y)) if vector else z


def softmax(d: Draft, x: str) -> str:
    t = d.type(x)
    if not one_number(t) or t.step[0] <= 0:
        return x
    table_frac, frac, depth = d.draw(st.integers(4, 12)), d.draw(st.integers(2, 10)), d.draw(st.integers(1, 64))
    return d.put(SoftmaxTable.build(t.step[0], table_frac, frac, depth), x)


TYPED: tuple[Step, ...] = (
    typed_dense, typed_dense, requantize, requantize, relabel, typed_residual, reshape, transpose, typed_conv,
    typed_conv, max_pool, sum_pool, upsample, pad, swap_channels, pixel_shuffle, crop, typed_gate,
)  # fmt: skip
"""The layers that lowering knows, in any order."""
TYPED_ENDS: tuple[Step, ...] = (nothing, nothing, argmax, softmax)
"""What may follow the last of them."""


@st.composite
def typed_networks(
    draw: st.DrawFn, layers: Sequence[Step] = TYPED, ends: Sequence[Step] = TYPED_ENDS
) -> tuple[Graph, list[Array]]:
    """(graph, one int64 array of codes (samples, *shape) per input): a network as all network passes leave it."""
    d = Draft(draw, Graph("typed", "typed model.onnx"), typed=True)
    shape, step = draw_shape(d), d.draw(steps())
    bits = Fixed(draw(BITS), 0, draw(st.booleans()))
    encoder = Quantize(bits.low, bits.high, Vector.of(step))
    names = ["x", "z"] if d.choose(*[False] * 5, True) else ["x"]
    for name in names:
        t = encoder.result(Tensor(shape))
        d.put_input(name, Input(t, (encoder,)), t.decode_float(code_samples(d, t)))
    x = "x" if len(names) == 1 else d.put(Add(), *names)
    for function in draw(st.lists(st.sampled_from(layers), min_size=1, max_size=6)):
        if d.type(x).type.width > 40:  # as wide as accumulators of real networks, and room for the next
            x = requantize(d, x)
        x = lively(d, function, x)
    x = d.choose(*ends)(d, x)
    d.graph.outputs = [Output("y", x, "global_out")]
    if d.choose(False, False, False, True):
        d.graph.outputs.append(Output("tap", d.choose(*d.graph.nodes), "tap:0"))
    d.graph.prune()
    return d.graph, [np.asarray(d.found[node.name], dtype=np.int64) for node in d.graph.inputs]


def code_samples(d: Draft, t: Tensor) -> Array:
    """Codes of `t`: all lowest, all highest, and random ones."""
    x = d.codes((SAMPLES, *t.shape), t.low, t.high)
    x[0], x[1] = t.low, t.high
    return x
