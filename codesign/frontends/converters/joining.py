"""Streams joined along an axis, and parts of one."""

from __future__ import annotations

from codesign.frontends.converters.conversion import Conversion, Stream, shape_text
from codesign.ir.layers import Concat, Crop, Slice


def concat(node: Conversion) -> Stream:
    """Of streams, along any axis but the batch: Concat."""
    parts = [node.stream(k) for k in range(len(node.args))]
    if not parts:
        node.refuse("it joins nothing; export the network again")
    if len({x.rank for x in parts}) > 1:
        shown = ", ".join(shape_text(x) for x in parts)
        node.refuse(f"tensors of shapes {shown} cannot be joined; they must have as many axes")
    axis = _axis(node, parts[0], 1)
    shapes = {tuple(n for a, n in enumerate(x.shape) if a != axis) for x in parts}
    if len(shapes) > 1:
        shown = ", ".join(shape_text(x) for x in parts)
        node.refuse(f"tensors of shapes {shown} cannot be joined along axis {axis + 1}; the others must agree")
    return node.put_back(node.emit(Concat(), *(node.put_last(x, axis) for x in parts)), axis)


def split(node: Conversion) -> tuple[Stream, ...]:
    """Into stated or equal parts, along any axis but the batch: Slice for each."""
    x = node.stream(0)
    axis = _axis(node, x, 0)
    count = node.op.integer("num_outputs", len(node.op.outputs))
    stated = node.op.integers("split")
    given = node.optional_constant(1, "split")
    length = x.shape[axis]
    if stated is None and given is None:
        each = -(-length // max(count, 1))
        sizes = [min(each, length - k * each) for k in range(count)]
    else:
        sizes = list(stated) if stated is not None else given.integers() if given is not None else []
    if len(sizes) != len(node.op.outputs) or sum(sizes) != length or min(sizes) < 1:
        node.refuse(f"parts of {sizes} do not make up axis {axis + 1} of a tensor of shape {shape_text(x)}")
    last = node.put_last(x, axis)
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    return tuple(
        node.put_back(node.emit(Slice(start, start + size), last, part=f"{k}" if k else ""), axis)
        for k, (start, size) in enumerate(zip(starts, sizes, strict=True))
    )


def slice_(node: Conversion) -> Stream:
    """From start to end in steps of 1, along any axes but the batch: Crop."""
    x = node.stream(0)
    starts, ends = _numbers(node, "starts", 1), _numbers(node, "ends", 2)
    if starts is None or ends is None:
        node.refuse("it has no starts or no ends; export the network again")
    axes = _numbers(node, "axes", 3) or list(range(len(starts)))
    steps = _numbers(node, "steps", 4) or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        node.refuse(f"starts {starts}, ends {ends}, axes {axes} and steps {steps} must be of one length")
    named = [node.axis(a, x.rank) for a in axes]
    if len(set(named)) < len(named):
        node.refuse(f"its axes {axes} name one twice")
    if any(s != 1 for s in steps):
        node.refuse(f"steps {steps} are not supported; only steps of 1")
    first, last = [0] * len(x.shape), list(x.shape)
    for axis, start, end in zip(named, starts, ends, strict=True):
        if axis == 0:
            if start != 0 or end < LARGE:
                node.refuse("a slice of the batch is not supported; keep the batch whole")
            continue
        length = x.shape[axis - 1]
        ends_at = [min(max(v + length if v < 0 else v, 0), length) for v in (start, end)]
        if ends_at[0] >= ends_at[1]:
            node.refuse(f"elements {start} to before {end} of axis {axis} of shape {shape_text(x)} are none")
        first[axis - 1], last[axis - 1] = ends_at
    whole = not any(first) and tuple(last) == x.shape
    return node.same(x) if whole else node.emit(Crop(tuple(first), tuple(last)), x)


def _numbers(node: Conversion, key: str, index: int) -> list[int] | None:
    """A list that is an attribute until opset 9, then an input."""
    stated = node.op.integers(key)
    if stated is not None:
        return list(stated)
    given = node.optional_constant(index, key)
    return None if given is None else given.integers()


def _axis(node: Conversion, x: Stream, default: int) -> int:
    """The axis of the sample that the operator names."""
    axis = node.axis(node.op.integer("axis", default), x.rank)
    if axis == 0:
        node.refuse(f"{node.op.kind} along the batch axis is not supported; it must stay whole")
    return axis - 1


LARGE = (1 << 31) - 1
"""Ends of at least this mean: to the end."""
