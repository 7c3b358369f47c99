"""Channels that are read with different scales or zero points get one, where the layer behind them needs it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Add, Conv, Multiply, MultiplyShift, Pad, Requantize, Reshape, Transpose
from codesign.ir.layers.multiply import factor
from codesign.ir.layers.window import has_zero, zero_codes
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector, common_step


def align_channels(graph: Graph) -> None:
    """f(x) becomes f(requantize(x)) where f pads x, and its channels have different zero points, or f moves elements
    between channels that are read with different scales or offsets, or f adds channels of different scales to others or
    multiplies ones of different offsets: codes k * code + a of the common step.

    Exact, and left alone where the channels have no common step within 63 bits: f is refused later, by name.
    """

    def rule(node: Node) -> list[Node] | None:
        found: dict[str, Node] = {}
        for name in dict.fromkeys(node.inputs):
            x = graph[name].type
            if _mixes(node, x):
                layer = aligned(x)
                if layer is None:
                    return None
                same = graph.node(graph.fresh(f"{node.name}_input"), layer, name, origin=node.origin)
                graph.nodes[same.name] = found[name] = same
        if not found:
            return None
        inputs = [found[name].name if name in found else name for name in node.inputs]
        return [*found.values(), graph.node(node.name, node.layer, *inputs, origin=node.origin)]

    graph.rewrite(rule)


def aligned(x: Tensor) -> Requantize | None:
    """The codes of `x` as codes of one step and one offset; None beyond 63 bits.

    The offset is zero where that keeps all codes whole.
    """
    steps, offsets = x.step.expand(x.channels), x.offset.expand(x.channels)
    step = common_step(steps)
    if step == 0:
        return None
    origin = Fraction(0) if all((o / step).denominator == 1 for o in offsets) else offsets[0]
    step = common_step((*steps, *(o - origin for o in offsets)))
    multiplier = [int(s / step) for s in steps]
    addend = [int((o - origin) / step) for o in offsets]
    ends = [k * code + a for k, a in zip(multiplier, addend, strict=True) for code in (x.low, x.high)]
    terms = [k * code for k in multiplier for code in (x.low, x.high)]
    if max(Fixed.covering(min(v), max(v)).width for v in (ends, terms, multiplier, addend)) > MAX_WIDTH:
        return None
    low, high = min(ends), max(ends)
    function = MultiplyShift(np.array(multiplier, dtype=np.int64), np.array(addend, dtype=np.int64), 0, low, high)
    return Requantize(function, (x.low, x.high), low, high, Vector.of(step), Vector.of(origin))


def _mixes(node: Node, x: Tensor) -> bool:
    """Whether the layer needs one scale, or one zero point, and its input has several."""
    if x.real:
        return False
    match node.layer:
        case Conv(padding=padding):
            return any(padding) and has_zero(x) and len(set(zero_codes(x).tolist())) > 1
        case Pad() as pad:
            sides = (pad.top, pad.bottom, pad.left, pad.right)
            return any(sides) and has_zero(x) and len(set(zero_codes(x).tolist())) > 1
        case Add():
            return not x.step.uniform
        case Multiply():
            return factor(x) is None
        case Reshape() | Transpose():
            return node.type.real
        case _:
            return False
