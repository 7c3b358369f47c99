"""Sums and means over axes."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from codesign.frontends.converters.broadcasting import channel_axis, positions_apart, sum_of_channels
from codesign.frontends.converters.conversion import Conversion, Stream, shape_text
from codesign.ir.layers import Affine, Reshape, SumPool
from codesign.ir.vector import Vector


def reduce_sum(node: Conversion) -> Stream:
    """Over any axes but the batch: SumPool over positions, a product with ones over channels."""
    return _reduced(node, mean=False)


def reduce_mean(node: Conversion) -> Stream:
    """Over any axes but the batch: as ReduceSum, and Affine."""
    return _reduced(node, mean=True)


def _reduced(node: Conversion, mean: bool) -> Stream:
    x = node.stream(0)
    keep = node.op.flag("keepdims", True)
    axes = _axes(node, x)
    if not axes:
        return node.same(x)
    kept = [n for a, n in enumerate(x.shape) if a not in axes]
    if not kept and not keep:
        node.refuse("it leaves no axis but the batch; export it with keepdims=1")
    found = channel_axis(node, x)
    axis = len(x.shape) - 1 if found is None else found
    y = _summed(node, node.put_last(x, axis), [_place(a, axis, len(x.shape)) for a in axes])
    if mean:
        y = node.emit(Affine(Vector.of(Fraction(1, prod(x.shape[a] for a in axes)))), y, part="mean")
    if keep:
        return node.put_back(y, axis)
    order = [a for a in (*(a for a in range(len(x.shape)) if a != axis), axis) if a not in axes]
    if order != sorted(order):
        y = node.put_back(y, axis)
    return y if y.shape == tuple(kept) else node.emit(Reshape(tuple(kept)), y, part="shape")


def _axes(node: Conversion, x: Stream) -> list[int]:
    """The axes of the sample that it sums over, ascending; none where it is an identity."""
    stated = node.op.integers("axes")
    if stated is None:
        given = node.optional_constant(1, "axes")
        stated = tuple(given.integers()) if given is not None else ()
    nothing = node.op.flag("noop_with_empty_axes", False)  # torch writes it beside axes too
    if nothing and not stated:
        return []
    found = {node.axis(a, x.rank) for a in stated} or set(range(x.rank))
    if 0 in found:
        node.refuse(f"over axes {list(stated)} of {shape_text(x)} it would mix the samples of a batch; name other axes")
    return sorted(a - 1 for a in found)


def _place(axis: int, last: int, rank: int) -> int:
    """Where `axis` is once the axis `last` stands behind the others."""
    return rank - 1 if axis == last else axis - (axis > last)


def _summed(node: Conversion, x: Stream, axes: list[int]) -> Stream:
    """The sums over these axes of `x`, which keep their places with length 1; the last axis is the channels'."""
    channels = len(x.shape) - 1
    positions, shape = x.shape[:-1], tuple(1 if a in axes else n for a, n in enumerate(x.shape))
    if shape[:-1] != positions:
        found = positions_apart(shape[:-1], positions)
        if found is None:
            node.refuse(
                f"sums over axes {[a + 1 for a in axes]} of {shape_text(x)} are not supported; at most two groups of "
                "axes that follow each other"
            )
        (height, width), (rows, columns) = found
        image = (rows, columns, x.shape[-1])
        pixels = x if x.shape == image else node.emit(Reshape(image), x, part="image")
        x = node.emit(SumPool((rows // height, columns // width), (1, 1)), pixels)
        if x.shape[:-1] != shape[:-1]:
            x = node.emit(Reshape((*shape[:-1], x.shape[-1])), x, part="positions")
    return node.emit(sum_of_channels(x.shape[-1], 1), x, part="channels") if channels in axes else x
