"""Tensors repeated along axes of length 1: what ONNX does to two tensors that it adds or multiplies, and Expand."""

from __future__ import annotations

from math import prod

import numpy as np

from codesign.frontends.converters.building import Building
from codesign.frontends.converters.conversion import Conversion, Stream, shape_text
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Add, Dense, Elementwise, Identity, Layer, Multiply, Reshape, Transpose, Upsample

Shape = tuple[int, ...]


def combined(node: Building, layer: Layer, x: Stream, y: Stream) -> Stream:
    """`layer`, which wants two tensors of one shape, of `x` and `y` broadcast to one."""
    if x.shape == y.shape:
        return node.emit(layer, x, y)
    fits = x.rank == y.rank and all(a == b or 1 in (a, b) for a, b in zip(x.shape, y.shape, strict=True))
    if not fits:
        node.refuse(
            f"tensors of shapes {shape_text(x)} and {shape_text(y)} cannot be combined element by element; they need "
            "as many axes, each of one length or of length 1 (put in by Unsqueeze or Reshape)"
        )
    shape = tuple(map(max, x.shape, y.shape))
    small, large = sorted((x, y), key=lambda s: s.type.size)
    axis = _last_axis(node, small, large)
    wanted = _moved(shape, axis)
    sides = [_repeated(node, node.put_last(s, axis), wanted) for s in (x, y)]
    return node.put_back(node.emit(layer, *sides), axis)


def expand(node: Conversion) -> Stream:
    """Along axes of length 1, to a constant shape: Upsample over positions, a product with ones over channels."""
    x = node.stream(0)
    given = node.constant(1, "shape").integers()
    if len(given) != x.rank or given[0] not in (1, node.batch or 1):
        node.refuse(
            f"the shape {given} does not keep the batch of a tensor of shape {shape_text(x)} first, and its axes"
        )
    shape = tuple(max(a, b) for a, b in zip(x.shape, given[1:], strict=True))
    if any(1 not in (a, b) and a != b for a, b in zip(x.shape, given[1:], strict=True)) or min(given) < 1:
        node.refuse(f"a tensor of shape {shape_text(x)} cannot be repeated to {given}; only axes of length 1 are")
    if shape == x.shape:
        return node.same(x)
    axis = _last_axis(node, x, None)
    return node.put_back(_repeated(node, node.put_last(x, axis), _moved(shape, axis)), axis)


def channel_axis(node: Building, x: Stream) -> int | None:
    """The axis of the sample that the layer which computed `x` had behind all others; None where no layer tells."""
    found = node.graph[x.name]
    while isinstance(found.layer, (Elementwise, Identity, Add, Multiply)):
        found = node.graph[found.inputs[0]]
    return found.layer.axes.index(len(x.shape) - 1) if isinstance(found.layer, Transpose) else None


def sum_of_channels(inputs: int, outputs: int) -> Dense:
    """Each of `outputs` the sum of all `inputs` channels: a product with ones."""
    return Dense(np.ones((inputs, outputs), dtype=np.int64), Fixed(1, 0, False))


def positions_apart(shape: Shape, whole: Shape) -> tuple[Shape, Shape] | None:
    """The positions `shape` and `whole` as rows and columns, each pair of one length or of 1 and any: (h, w), (H, W).

    None where it takes more than two groups of axes that follow each other.
    """
    for k in range(len(shape) + 1):
        parts = [(shape[:k], whole[:k]), (shape[k:], whole[k:])]
        if all(small == large or prod(small) == 1 for small, large in parts):
            return (prod(shape[:k]), prod(shape[k:])), (prod(whole[:k]), prod(whole[k:]))
    return None


def _last_axis(node: Building, small: Stream, large: Stream | None) -> int:
    """The axis to move behind the others, such that little has to be repeated there and nothing really moves."""
    rank = len(small.shape)
    for stream in (large, small):
        axis = None if stream is None else channel_axis(node, stream)
        if axis is not None:
            return axis
    varies = [a for a, n in enumerate(small.shape) if n > 1]
    return varies[0] if rank > 2 and len(varies) == 1 else rank - 1


def _moved(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :], shape[axis])


def _repeated(node: Building, x: Stream, shape: Shape) -> Stream:
    """`x` with its axes of length 1 repeated to the lengths of `shape`, the channels last."""
    if x.shape[-1] != shape[-1]:
        x = node.emit(sum_of_channels(1, shape[-1]), x, part="channels")
    if x.shape == shape:
        return x
    found = positions_apart(x.shape[:-1], shape[:-1])
    if found is None:
        node.refuse(
            f"a tensor whose positions are {x.shape[:-1]} cannot be repeated to {shape[:-1]}; at most two groups of "
            "axes that follow each other are supported"
        )
    (height, width), (rows, columns) = found
    pixels = (
        x
        if x.shape == (height, width, x.shape[-1])
        else node.emit(Reshape((height, width, x.shape[-1])), x, part="pixel")
    )
    y = node.emit(Upsample((rows // height, columns // width)), pixels, part="repeat")
    return y if y.shape == shape else node.emit(Reshape(shape), y, part="shape")
