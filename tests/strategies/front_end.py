"""Networks as a front end leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Add, ArgMax
from tests.strategies.convolutions import conv, conv_first, max_pool, sum_pool
from tests.strategies.draft import Draft, Step
from tests.strategies.elementwise import batchnorm, bias, clip, identity, leaky_relu, relu, scale, sigmoid, sign, tanh
from tests.strategies.inputs import draw_shape, source
from tests.strategies.moves import crop, nothing, pad, pixel_shuffle, reshape, swap_channels, transpose, upsample
from tests.strategies.products import branch_join, dense, dense_relu_dense, film, gate, mixed_channels, residual
from tests.strategies.quantizers import bipolar, multithreshold, quantize, quantize_channels, truncate
from tests.strategies.scales import one_number, one_step


def argmax(d: Draft, x: str) -> str:
    t = d.type(x)
    return d.put(ArgMax(d.draw(st.booleans())), x) if one_number(t) and t.step[0] > 0 else x


LINEAR: tuple[Step, ...] = (
    dense, dense, dense_relu_dense, residual, conv, conv, conv_first, branch_join, mixed_channels, gate, film,
)  # fmt: skip
"""What reads codes."""
BETWEEN: tuple[Step, ...] = (
    bias, scale, batchnorm, relu, leaky_relu, clip, sign, sigmoid, tanh, identity, reshape, transpose, quantize,
    quantize_channels, max_pool, sum_pool, upsample, pixel_shuffle, crop,
)  # fmt: skip
"""What stands between a product and its quantizer, any of them in any order."""
QUANTIZERS: tuple[Step, ...] = (quantize, quantize, quantize_channels, bipolar, truncate, multithreshold, sign)
"""What gives codes to the next product."""
AFTER: tuple[Step, ...] = (
    nothing, nothing, identity, reshape, transpose, max_pool, upsample, pad, swap_channels,
    pixel_shuffle, crop,
)  # fmt: skip
"""What may move codes before the next product."""
ENDS: tuple[Step, ...] = (nothing, bias, scale, argmax)
"""What may follow the last layer."""


@st.composite
def networks(
    draw: st.DrawFn,
    linear: Sequence[Step] = LINEAR,
    between: Sequence[Step] = BETWEEN,
    quantizers: Sequence[Step] = QUANTIZERS,
    ends: Sequence[Step] = ENDS,
) -> tuple[Graph, list[np.ndarray]]:
    """(graph, one float64 array (samples, *shape) per input): a network as a front end leaves it.

    Inputs are real with their quantizer as a layer, or typed with an encoder; every output has codes. The
    samples reach far below and above every quantizer, and lie on thresholds and one ulp beside them.
    """
    d = Draft(draw, Graph("drawn", "drawn model.onnx"))
    x = source(d, draw_shape(d))
    if one_step(d.type(x)) and d.choose(*[False] * 7, True):
        step = abs(d.type(x).step[0]) * d.choose(Fraction(1, 2), 1, 3)
        x = d.put(Add(), x, source(d, d.type(x).shape, step))
    taps = []
    layers = draw(st.integers(1, 3))
    for k in range(layers):
        x = d.choose(*linear)(d, x)
        if k == layers - 1 and not d.type(x).real and draw(st.booleans()):
            break
        for function in draw(st.lists(st.sampled_from(between), max_size=3)):
            x = lively(d, function, x)
        y = lively(d, d.choose(*quantizers), x)
        x = y if y != x else lively(d, quantize, x, spare=True)
        x = d.choose(*AFTER)(d, x)
        taps.append(x)
    x = d.choose(*ends)(d, x)
    d.graph.outputs = [Output("y", x, "global_out")]
    if taps and d.choose(False, False, False, True):
        d.graph.outputs.append(Output("tap", d.choose(*taps), "tap:0"))
    return d.graph, d.inputs


def lively(d: Draft, function: Step, x: str, spare: bool = False) -> str:
    """`function(x)`, or mostly x itself where that would be the same for all samples; `spare` is the last to try."""
    before = list(d.graph.nodes)
    y = function(d, x)
    found = d.found[y]
    if spare or not (found == found[:1]).all() or d.choose(False, False, False, True):
        return y
    d.graph.nodes = {name: d.graph[name] for name in before}
    return x
