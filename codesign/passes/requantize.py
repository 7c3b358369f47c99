"""Everything between two layers that mix elements becomes one integer step function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from codesign.analysis.chains import chain_ending_in, chain_starting_at, is_stepper
from codesign.analysis.realise import LARGEST_TABLE, realise
from codesign.analysis.thresholds import clipped_line, exact_steps
from codesign.errors import ModelError
from codesign.ir.fixed import MAX_WIDTH, Rounding
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import (
    Add,
    Affine,
    Conv,
    Elementwise,
    Multiply,
    Pad,
    Quantize,
    Relu,
    Requantize,
    Shift,
    Sigmoid,
    StepFunction,
    Table,
    Tanh,
)
from codesign.ir.layers.window import has_zero
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, ZERO

MOST_LEVELS = 1 << 20
"""Thresholds (codes times channels) that are enumerated; wider quantizers need a power-of-two scale."""


def requantize(graph: Graph) -> None:
    """quantize(f(g(codes))) becomes requantize(codes): thresholds by exact rational arithmetic, realised as the
    cheapest of shift, multiply-shift, comparisons and table that is proved to hit every one of them.

    A relu of codes becomes the same kind of node. Affines that nothing quantizes stay: they only tell how codes are
    read. ModelError for a real tensor that no quantizer follows.
    """
    users = graph.users()

    def rule(node: Node) -> list[Node] | None:
        if isinstance(node.layer, Relu) and not node.type.real:
            if any(is_stepper(n) for n in chain_starting_at(graph, node, users)):
                return None
            return [replace(node, layer=_relu(graph[node.inputs[0]].type))]
        if not is_stepper(node):
            return None
        chain = chain_ending_in(graph, node, users)
        source = graph[chain[0].inputs[0]]
        if source.type.real:
            raise _unlike(graph, source) or _untyped(graph, chain[0])
        functions = [n.layer for n in chain if isinstance(n.layer, Elementwise)]
        return [replace(node, layer=_requantizer(graph, node, functions, source.type), inputs=(source.name,))]

    graph.rewrite(rule)
    graph.prune()
    for node in graph:
        if node.type.real:
            _check_padding(graph, node)
            raise _unlike(graph, node) or _untyped(graph, node)


def _check_padding(graph: Graph, node: Node) -> None:
    """ModelError where a layer gives no codes because it pads with zeros, and zero has no code."""
    x = graph[node.inputs[0]].type if node.inputs else node.type
    pads = isinstance(node.layer, Pad) or (isinstance(node.layer, Conv) and any(node.layer.padding))
    if pads and not x.real and not has_zero(x):
        raise ModelError(
            f"{graph.origin}: node {node.origin}: padding is by zeros, and 0 is not a code of {x}; "
            "give the quantizer before it a zero point inside its range"
        )


def _relu(x: Tensor) -> Requantize:
    high = max(x.high, 0)
    return Requantize(Shift(0, 0, False, 0, high), (x.low, x.high), 0, high, x.step, ZERO)


def _requantizer(graph: Graph, node: Node, chain: Sequence[Elementwise], x: Tensor) -> Requantize:
    y = node.type
    function: StepFunction
    size, smooth = x.high - x.low + 1, any(isinstance(f, (Sigmoid, Tanh)) for f in chain)
    if not all(f.monotone for f in chain) or (smooth and size <= min(LARGEST_TABLE, y.high - y.low)):
        function = _tabulated(graph, node, chain, x)
    elif (shifted := _shift_by_algebra(chain, x)) is not None:
        function = shifted
    else:
        rows = x.channels if any(f.per_channel for f in chain) or not (x.step.uniform and x.offset.uniform) else 1
        if (y.high - y.low) * rows > MOST_LEVELS:
            raise ModelError(
                f"{graph.origin}: node {node.origin}: {y.type.width} bits with scales that are no powers of two give "
                f"{(y.high - y.low) * rows} thresholds, at most {MOST_LEVELS} are derived; use fewer bits"
            )
        function = realise(exact_steps(chain, x, y))
    return Requantize(function, (x.low, x.high), y.low, y.high, y.step, y.offset)


def _shift_by_algebra(chain: Sequence[Elementwise], x: Tensor) -> Shift | None:
    """quantize(clip(a * code + b)) with a / step = 2^-k and b a whole number of codes is a shift, for any range.

    round(clip(z)) = clip(round(z)) with rounded bounds, since rounding is monotone; nothing is enumerated.
    """
    quantizer = chain[-1]
    if not isinstance(quantizer, Quantize) or not (x.step.uniform and x.offset.uniform):
        return None
    if any(f.per_channel for f in chain):
        return None
    line = clipped_line([Affine(x.step, x.offset), *chain[:-1], Affine(ONE / quantizer.step, ZERO)], 0)
    if line is None:
        return None
    a, b, low, high = line
    shift = _exponent(a)
    zero = quantizer.offset[0] / quantizer.step[0]
    b, low, high = b - zero, None if low is None else low - zero, None if high is None else high - zero
    if shift is None or (b / a).denominator != 1:
        return None
    even = quantizer.rounding is Rounding.ROUND
    if shift > 0 and not even and quantizer.rounding is not Rounding.FLOOR:
        return None
    bounds = [quantizer.low, quantizer.high]
    if low is not None:
        bounds = [min(max(v, quantizer.rounding.apply(low)), quantizer.high) for v in bounds]
    if high is not None:
        bounds = [max(min(v, quantizer.rounding.apply(high)), quantizer.low) for v in bounds]
    function = Shift(int(b / a), shift, even and shift > 0, bounds[0], bounds[1])
    return function if _fits(function, x) else None


def _fits(function: Shift, x: Tensor) -> bool:
    """Whether the sum and the shifted value stay within 63 bits."""
    largest = max(abs(x.low + function.bias), abs(x.high + function.bias))
    return (largest << max(0, -function.shift)).bit_length() < 63


def _exponent(a: Fraction) -> int | None:
    """k with a = 2^-k."""
    if a <= 0 or a.numerator.bit_count() != 1 or a.denominator.bit_count() != 1:
        return None
    return a.denominator.bit_length() - a.numerator.bit_length()


def _tabulated(graph: Graph, node: Node, chain: Sequence[Elementwise], x: Tensor) -> Table:
    """Every code's exact answer, for functions that turn around."""
    size = x.high - x.low + 1
    if size > LARGEST_TABLE:
        raise ModelError(
            f"{graph.origin}: node {node.origin}: a function that is not monotone needs a table of {size} entries, at "
            f"most {LARGEST_TABLE} are supported; quantize its input to fewer bits"
        )
    codes = np.arange(x.low, x.high + 1, dtype=np.int64)[:, None]
    channels = x.channels if any(f.per_channel for f in chain) or len(x.step) * len(x.offset) > 1 else 1
    values = x.with_shape((channels,)).decode(np.repeat(codes, channels, axis=1))
    for function in chain:
        values = function.real(values)
    return Table(x.low, np.ascontiguousarray(node.type.with_shape((channels,)).encode(values).T))


def _unlike(graph: Graph, node: Node) -> ModelError | None:
    """Why a sum or a product of codes is none of integers; None for other nodes."""
    if not isinstance(node.layer, (Add, Multiply)) or any(graph[i].type.real for i in node.inputs):
        return None
    differing, result = ("scales", "sum") if isinstance(node.layer, Add) else ("offsets", "product")
    x, y = (graph[i].type for i in node.inputs)
    return ModelError(
        f"{graph.origin}: node {node.origin}: its inputs are {x} and {y}, and codes with {differing} that differ "
        f"between channels have no {result} in integers of {MAX_WIDTH} bits; give the quantizers before it one scale "
        "and one zero point for all channels"
    )


def _untyped(graph: Graph, node: Node) -> ModelError:
    return ModelError(
        f"{graph.origin}: node {node.origin} ({type(node.layer).__name__}) gives real numbers that no quantizer turns "
        f"into codes; give it a type, e.g. --precision 'fixed<16,6>' or in the configuration "
        f"LayerName: {{{node.name}: {{Precision: 'fixed<16,6>'}}}}"
    )
