"""Channels that nobody reads are not computed, gathered or summed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Add, Concat, Elementwise, Layer, Multiply, Slice
from codesign.ir.layers.rows import Devoxelize, Gather, KernelMapConv, Linear, SegmentSum, Weigh
from codesign.ir.vector import Vector

Mask = NDArray[np.bool_]
PASSES_ON = (Gather, SegmentSum, Devoxelize, Weigh)
"""Layers whose channel c is made of channel c of their first input."""


def keep_live_channels(graph: Graph) -> None:
    """linear2(f(linear1(x))) becomes linear2'(f(linear1'(x))) without the columns of linear1 whose channels meet only
    zeros in linear2; f is anything that works channel by channel: activations, gathers, sums of rows, sums, joins.

    The same function: a zero times a number is left out. Inputs, outputs and what is normalised over its channels keep
    all of them.
    """
    kept = _live(graph)
    _made_equal(graph, kept)
    if all(mask.all() for mask in kept.values()):
        return
    narrowed: dict[tuple[int, bytes, bytes], np.ndarray] = {}
    graph.rebuild([replace(n, layer=_narrow(graph, n, kept, narrowed)) for n in graph])


def _live(graph: Graph) -> dict[str, Mask]:
    """Of each node the channels that its readers use; at least one."""
    live = {n.name: np.zeros(n.type.channels, dtype=bool) for n in graph}
    for output in graph.outputs:
        live[output.source][:] = True
    for node in reversed(list(graph)):
        mask = live[node.name]
        if not mask.any() or not _narrows(node):
            mask[0 if _narrows(node) else slice(None)] = True
        for k, name in enumerate(node.inputs):
            live[name] |= _read(graph, node, k, mask)
    return live


def _narrows(node: Node) -> bool:
    """Whether the layer can give some of its channels alone."""
    known = (Linear, KernelMapConv, Elementwise, Add, Multiply, Concat, Slice, *PASSES_ON)
    return isinstance(node.layer, known) and len(node.type.shape) == 1


def _read(graph: Graph, node: Node, k: int, mask: Mask) -> Mask:
    """The channels of input `k` that the channels `mask` of a node are made of."""
    channels = graph[node.inputs[k]].type.channels
    match node.layer:
        case Linear() | KernelMapConv() if k == 0 and _narrows(node):
            used: Mask = (node.layer.weights[..., mask] != 0).reshape(-1, channels, mask.sum()).any(axis=(0, 2))
            return used
        case SegmentSum() if k == 2:
            return np.zeros(channels, dtype=bool)  # only its number of rows
        case _:
            found = np.zeros(channels, dtype=bool)
            for where, inside in _same(graph, node, k):
                found[inside] = mask[where]
                return found
            return np.ones(channels, dtype=bool)


def _same(graph: Graph, node: Node, k: int) -> Iterator[tuple[slice, slice]]:
    """(channels of the node, channels of its input `k`) that are kept or left out together; none if they are not."""
    everything = slice(None)
    if not _narrows(node) or len(graph[node.inputs[k]].type.shape) != 1:
        return
    match node.layer:
        case Elementwise() | Add() | Multiply():
            yield everything, everything
        case Concat():
            start = sum(graph[i].type.channels for i in node.inputs[:k])
            yield slice(start, start + graph[node.inputs[k]].type.channels), everything
        case Slice():
            yield everything, slice(node.layer.start, node.layer.stop)
        case layer if isinstance(layer, PASSES_ON) and k == 0:
            yield everything, everything


def _made_equal(graph: Graph, kept: dict[str, Mask]) -> None:
    """Adds to each mask what those that go with it keep, until nothing changes."""
    links = []
    for node in graph:
        for k, name in enumerate(node.inputs):
            links += [(kept[node.name][where], kept[name][inside]) for where, inside in _same(graph, node, k)]
    changed = True
    while changed:
        changed = False
        for one, other in links:  # views: what is written here changes the masks
            both = one | other
            changed |= bool((both != one).any() or (both != other).any())
            one[:] = both
            other[:] = both


def _narrow(
    graph: Graph, node: Node, kept: dict[str, Mask], narrowed: dict[tuple[int, bytes, bytes], np.ndarray]
) -> Layer:
    mask, layer = kept[node.name], node.layer
    if not _narrows(node):
        return layer
    first = kept[node.inputs[0]]
    if isinstance(layer, Linear | KernelMapConv):
        key = (id(layer.weights), first.tobytes(), mask.tobytes())
        if key not in narrowed:
            smaller = layer.weights[..., first, :][..., mask]
            narrowed[key] = layer.weights if first.all() and mask.all() else np.ascontiguousarray(smaller)
        return replace(layer, weights=narrowed[key], bias=_of_bias(layer.bias, mask, narrowed))
    if isinstance(layer, Slice):
        start = int(first[: layer.start].sum())
        return Slice(start, start + int(mask.sum()))
    if isinstance(layer, Elementwise):
        vectors = {f.name: getattr(layer, f.name) for f in fields(layer)}
        return replace(layer, **{k: _of_vector(v, mask) for k, v in vectors.items() if isinstance(v, Vector)})
    return layer


def _of_bias(
    bias: np.ndarray | None, mask: Mask, narrowed: dict[tuple[int, bytes, bytes], np.ndarray]
) -> np.ndarray | None:
    if bias is None or mask.all():
        return bias
    return narrowed.setdefault((id(bias), b"", mask.tobytes()), np.ascontiguousarray(bias[mask]))


def _of_vector(v: Vector, mask: Mask) -> Vector:
    return v if len(v) == 1 else Vector(tuple(x for x, keep in zip(v.values, mask, strict=True) if keep))
