"""FINN's MultiThreshold."""

from __future__ import annotations

import re

import numpy as np

from codesign.frontends.converters.conversion import Conversion, Stream
from codesign.frontends.names import spelled
from codesign.ir.layers import MultiThreshold
from codesign.ir.vector import Vector

LAYOUTS = {2: "NC", 3: "NWC", 4: "NCHW"}
"""What a tensor of this rank is taken for without an annotation (qonnx does the same)."""


def multi_threshold(node: Conversion) -> Stream:
    """One row of thresholds for all or for each channel, in any order, with out_scale and out_bias: MultiThreshold."""
    x = node.stream(0)
    table = node.constant(1, "thresholds")
    if len(table.shape) != 2 or 0 in table.shape:
        node.refuse(
            f"its thresholds {spelled(table.name)} have the shape {table.shape}; they must be (channels or 1, levels)"
        )
    # How often x reaches a threshold does not depend on their order.
    levels = np.sort(table.floats(), axis=1)
    scale, bias = node.op.real("out_scale", 1.0), node.op.real("out_bias", 0.0)
    assert scale is not None and bias is not None
    if scale == 0:
        node.refuse("its out_scale is 0; a scale must not vanish: train or export it again")
    ends = sorted((bias, bias + levels.shape[1] * scale))
    allowed = _range(node.op.text("out_dtype", ""))
    # qonnx reads a fractional scale or bias as a float result, whatever out_dtype says.
    if allowed and scale.denominator == bias.denominator == 1 and not allowed[0] <= ends[0] <= ends[1] <= allowed[1]:
        node.refuse(
            f"its results {ends[0]} to {ends[1]} lie outside its out_dtype {spelled(node.op.text('out_dtype', ''))} "
            f"({allowed[0]} to {allowed[1]}); correct thresholds, out_scale, out_bias or out_dtype"
        )
    layer = MultiThreshold(levels, Vector.of(scale), Vector.of(bias))
    axis = _channel_axis(node, x)
    return node.along(x, layer, len(x.shape) - 1 if len(levels) == 1 else axis - 1)


def _channel_axis(node: Conversion, x: Stream) -> int:
    layout = node.op.text("data_layout", "") or LAYOUTS.get(x.rank, "NC")
    if len(layout) != x.rank and node.op.text("data_layout", ""):
        node.refuse(f"its data_layout {spelled(layout)} does not fit a tensor of {x.rank} axes")
    return layout.index("C") if "C" in layout else 1


def _range(name: str) -> tuple[int, int] | None:
    """The integers of a qonnx data type; None for floats and types without a range."""
    fixed = {"BIPOLAR": (-1, 1), "BINARY": (0, 1), "TERNARY": (-1, 1)}
    if name in fixed:
        return fixed[name]
    match = re.fullmatch(r"(U?)INT([1-9]\d?)", name)
    if match is None:
        return None
    bits = int(match[2])
    return (0, (1 << bits) - 1) if match[1] else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
