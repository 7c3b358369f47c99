"""Which codes can occur: an interval for every channel of every tensor."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import numpy as np

from codesign.errors import IRError
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import (
    Add,
    Concat,
    Conv,
    Crop,
    Dense,
    Elementwise,
    Identity,
    MaxPool,
    Multiply,
    Pad,
    Product,
    Requantize,
    Reshape,
    Slice,
    SumPool,
    Transpose,
    Upsample,
)
from codesign.ir.layers.multiply import factors
from codesign.ir.layers.requantize import Table
from codesign.ir.layers.window import zero_codes
from codesign.ir.tensor import Array, Tensor

Interval = tuple[Array, Array]
"""(low, high) of every element, int64; axes other than the last have length 1 where all positions agree."""


def ranges(graph: Graph) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(low, high) of every node with codes: object arrays with one integer for each channel (the last axis).

    Every code that any input can cause lies in them: through constant weights, step functions and sums the intervals
    are exact for each layer by itself (a sum does not know that its two sides depend on each other). IRError if
    a code can leave the type of its node.
    """
    found: dict[str, Interval] = {}
    for node in graph:
        if not node.type.real:
            found[node.name] = _checked(node, _interval(graph, node, found))
    return {
        name: (_positions(low).min(axis=0).astype(object), _positions(high).max(axis=0).astype(object))
        for name, (low, high) in found.items()
    }


def _interval(graph: Graph, node: Node, found: dict[str, Interval]) -> Interval:
    types = [graph[i].type for i in node.inputs]
    if not node.inputs or any(t.real for t in types):
        return _whole(node.type)
    low, high = found[node.inputs[0]]
    match node.layer:
        case Dense() as dense:
            return _wrapped(dense, node.type, _dense(dense, low, high))
        case Requantize(function=Table() as table):
            return _table(table, low, high)
        case Requantize(function=function):  # all other kinds are monotone
            return _ends(function(low[None])[0], function(high[None])[0])
        case Conv() as conv:
            return _wrapped(conv, node.type, _conv(conv, types[0], low, high))
        case (
            Reshape() | Transpose() | MaxPool() | SumPool() | Upsample() | Pad() | Concat() | Slice() | Crop() as layer
        ):
            # None of them falls where an input rises.
            ends = [
                np.stack([np.broadcast_to(end, t.shape) for end in found[i]])
                for i, t in zip(node.inputs, types, strict=True)
            ]
            moved = np.asarray(layer.run(types, node.type, ends), dtype=np.int64)
            return _narrow(moved[0]), _narrow(moved[1])
        case Identity():
            return low, high
        case Add() as add:
            _, a, b = add.multipliers(*types)
            if node.inputs[0] == node.inputs[1]:
                return _ends((a + b) * low, (a + b) * high)
            x, y = _ends(a * low, a * high), _ends(*(b * end for end in found[node.inputs[1]]))
            return x[0] + y[0], x[1] + y[1]
        case Multiply():
            (q, p), (s, r) = factors(*types)
            left = q * low + p, q * high + p
            if node.inputs[0] == node.inputs[1]:
                return _squares(*left)
            right = [s * end + r for end in found[node.inputs[1]]]
            products = [a * b for a in left for b in right]
            return reduce(np.minimum, products), reduce(np.maximum, products)
        case Elementwise() as layer if layer.monotone:
            first, last = (np.asarray(layer.run(types, node.type, [end[None]])[0]) for end in (low, high))
            return _ends(first, last)
        case _:
            return _whole(node.type)


def _whole(t: Tensor) -> Interval:
    """Every code of the type, for every channel."""
    shape = (*(1 for _ in t.shape[:-1]), *t.shape[-1:])
    return np.full(shape, t.low, dtype=np.int64), np.full(shape, t.high, dtype=np.int64)


def _dense(dense: Dense, low: Array, high: Array) -> Interval:
    w = dense.weights
    reach = max(abs(int(low.min())), abs(int(high.max()))) * float(np.abs(w).sum(axis=0, dtype=np.float64).max())
    kind: type = np.int64 if reach < 1 << 61 else object  # Python's integers where int64 could wrap
    low, high, w = low.astype(kind), high.astype(kind), w.astype(kind)
    positive = np.maximum(w, 0)
    negative = w - positive
    bias: np.ndarray = np.zeros(w.shape[1], dtype=kind) if dense.bias is None else dense.bias.astype(kind)
    return low @ positive + high @ negative + bias, high @ positive + low @ negative + bias


def _conv(conv: Conv, x: Tensor, low: Array, high: Array) -> Interval:
    """The interval of each channel: over all positions, since those at the border see the padding."""
    if any(conv.padding) or low.size + high.size > 2 * x.channels:
        low, high = np.broadcast_to(low, x.shape), np.broadcast_to(high, x.shape)
    else:  # every window sees the same
        tall, wide = (d * (k - 1) + 1 for d, k in zip(conv.dilation, conv.size, strict=True))
        low, high = (np.broadcast_to(end, (tall, wide, x.channels)) for end in (low, high))
    zero = zero_codes(x) if any(conv.padding) else 0
    positive, negative = np.maximum(conv.weights, 0), np.minimum(conv.weights, 0)
    rising, falling = (replace(conv, weights=w, bias=None, wrap=None) for w in (positive, negative))
    bias: np.ndarray = np.zeros(conv.outputs, dtype=np.int64) if conv.bias is None else conv.bias
    least = (rising.convolve(low[None], zero) + falling.convolve(high[None], zero)).min(axis=(0, 1, 2)) + bias
    most = (rising.convolve(high[None], zero) + falling.convolve(low[None], zero)).max(axis=(0, 1, 2)) + bias
    return least[None, None], most[None, None]


def _wrapped(product: Product, t: Tensor, interval: Interval) -> Interval:
    """The interval of sums in the accumulator's bits: every code of a channel whose sums leave them."""
    if product.wrap is None:
        return interval
    low, high = interval
    leaves = (low < t.low) | (high > t.high)
    return np.where(leaves, t.low, low), np.where(leaves, t.high, high)


def _table(table: Table, low: Array, high: Array) -> Interval:
    """The least and the largest entry between low and high, both included."""
    low, high = np.broadcast_arrays(low, high)  # one end may be the same at all positions, the other not
    least, most = np.empty_like(low), np.empty_like(high)
    for index in np.ndindex(low.shape):
        row = table.entries[index[-1] if index and len(table.entries) > 1 else 0]
        part = row[int(low[index]) - table.first : int(high[index]) - table.first + 1]
        least[index], most[index] = part.min(), part.max()
    return least, most


def _ends(first: Array, last: Array) -> Interval:
    """The interval between the values of a monotone function at the ends of another."""
    return np.minimum(first, last), np.maximum(first, last)


def _squares(low: Array, high: Array) -> Interval:
    """Those of the integers from low to high."""
    least = np.where((low <= 0) & (high >= 0), 0, np.minimum(low * low, high * high))
    return least, np.maximum(low * low, high * high)


def _narrow(x: Array) -> Array:
    """The same numbers, with length 1 along every axis but the last where all are equal."""
    for axis in range(x.ndim - 1):
        first = x.take([0], axis=axis)
        if (x == first).all():
            x = first
    return x


def _checked(node: Node, interval: Interval) -> Interval:
    low, high = interval
    if low.min() < node.type.low or high.max() > node.type.high:
        raise IRError(f"ranges: node {node.name} has codes in {low.min()}..{high.max()}, its type is {node.type}")
    return low.astype(np.int64), high.astype(np.int64)


def _positions(x: Array) -> np.ndarray:
    """One row for every position."""
    return x.reshape(-1, x.shape[-1] if x.ndim else 1)
