"""Operators that move or relabel elements. The batch axis stays first; what would mix it with data is refused."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from codesign.frontends.constants import Constant
from codesign.frontends.converters.conversion import Conversion, Stream, shape_text
from codesign.ir.layers import Transpose


def reshape(node: Conversion) -> Stream:
    """To a constant or computed shape, 0 and -1 included, the batch first: Reshape."""
    x = node.stream(0)
    stated = node.op.integers("shape")
    if stated is not None:  # until opset 4
        return node.reshaped(x, _sample_shape(node, x, list(stated), [False] * len(stated)))
    target = node.constant(1, "shape")
    if not target.integral or len(target.shape) != 1:
        node.refuse("its shape must be a list of integers")
    entries = [int(v) for v in target.base.tolist()]
    return node.reshaped(x, _sample_shape(node, x, entries, _from_batch(node, target)))


def _from_batch(node: Conversion, target: Constant) -> list[bool]:
    """Which entries of a computed shape are the batch size; what is only made from it (its double) is refused."""
    if target.twin is None:
        return [False] * target.base.size
    if target.twin.shape != target.shape:
        node.refuse("how many axes its shape has depends on the batch size")
    pairs = list(zip(target.base.tolist(), target.twin.tolist(), strict=True))
    for now, other in pairs:
        if now != other and (now, other) != (node.batch or 1, OTHER_BATCH):
            node.refuse(f"the shape {target.base.tolist()}, computed from the batch, mixes the batch with the data")
    return [now != other for now, other in pairs]


def _sample_shape(node: Conversion, x: Stream, entries: list[int], of_batch: Sequence[bool]) -> tuple[int, ...]:
    """The shape of one sample for the target `entries`, of which those marked were computed from the batch."""
    keep_zeros = not node.op.flag("allowzero", False)
    shown = [("batch" if b else e) for e, b in zip(entries, of_batch, strict=True)]
    mixed = f"the shape {shown} mixes the batch with the data of {shape_text(x)}; keep the batch axis first"
    if not entries or any(of_batch[1:]) or entries.count(-1) > 1 or any(e < -1 for e in entries):
        node.refuse(mixed)
    full = (0, *x.shape)
    rest = [full[k] if e == 0 and keep_zeros and k < len(full) else e for k, e in enumerate(entries)][1:]
    first = entries[0]
    is_batch = of_batch[0] or (first == 0 and keep_zeros) or first == (node.batch or 1) or first == -1
    if not is_batch:
        node.refuse(mixed)
    if -1 in rest:
        known = prod(e for e in rest if e != -1)
        if known < 1 or x.type.size % known:
            node.refuse(mixed)
        rest[rest.index(-1)] = x.type.size // known
    if prod(rest) != x.type.size or not rest:
        node.refuse(mixed)
    return tuple(rest)


def flatten(node: Conversion) -> Stream:
    """All axes but the batch into one: Reshape."""
    x = node.stream(0)
    axis = node.op.integer("axis", 1)
    axis = axis + x.rank if axis < 0 else axis
    if not 0 <= axis <= x.rank:
        node.refuse(f"axis {axis} does not exist in a tensor of {x.rank} axes")
    if axis == 0 or prod(x.shape[: axis - 1]) != 1:
        node.refuse(f"flattening at axis {axis} mixes the batch with the data; flatten at axis 1")
    return node.reshaped(x, (prod(x.shape[axis - 1 :]),))


def transpose(node: Conversion) -> Stream:
    """Any order of the axes that keeps the batch first: Transpose."""
    x = node.stream(0)
    order = node.op.integers("perm") or tuple(reversed(range(x.rank)))
    if sorted(order) != list(range(x.rank)):
        node.refuse(f"perm {list(order)} does not permute the {x.rank} axes of its input")
    if order[0] != 0:
        node.refuse(f"perm {list(order)} moves the batch axis; it must stay first")
    if order == tuple(range(x.rank)):
        return node.same(x)
    return node.emit(Transpose(tuple(a - 1 for a in order[1:])), x)


def squeeze(node: Conversion) -> Stream:
    """Named axes of length 1, as an attribute or an input: Reshape."""
    x = node.stream(0)
    axes = _axes(node)
    if axes is None:
        node.refuse("squeeze without axes would drop the batch axis at batch 1; name the axes")
    found = {node.axis(a, x.rank) for a in axes}
    if 0 in found:
        node.refuse("squeeze of axis 0 would drop the batch axis; keep it")
    for a in sorted(found):
        if x.shape[a - 1] != 1:
            node.refuse(f"axis {a} has length {x.shape[a - 1]}; only axes of length 1 can be squeezed")
    shape = tuple(n for a, n in enumerate(x.shape, start=1) if a not in found)
    if not shape:
        node.refuse("squeeze leaves no axis but the batch; keep one")
    return node.reshaped(x, shape)


def unsqueeze(node: Conversion) -> Stream:
    """New axes of length 1, as an attribute or an input: Reshape."""
    x = node.stream(0)
    axes = _axes(node)
    if axes is None:
        node.refuse("unsqueeze needs axes; export the network again")
    rank = x.rank + len(axes)
    found = {node.axis(a, rank) for a in axes}
    if len(found) != len(axes):
        node.refuse(f"axes {list(axes)} name one twice")
    if 0 in found:
        node.refuse("unsqueeze of axis 0 would put an axis before the batch; keep the batch first")
    left = iter(x.shape)
    return node.reshaped(x, tuple(1 if a in found else next(left) for a in range(1, rank)))


def _axes(node: Conversion) -> tuple[int, ...] | None:
    stated = node.op.integers("axes")
    if stated is not None:
        return stated
    given = node.optional_constant(1, "axes")
    return None if given is None else tuple(given.integers())


def shape_of(node: Conversion) -> Constant:
    """Of a stream: a constant, in which the batch stays open."""
    x = node.stream(0)
    start, end = node.op.integer("start", 0), node.op.integer("end", x.rank)
    full = np.array([node.batch or 1, *x.shape], dtype=np.int64)
    twin = full.copy()
    twin[0] = OTHER_BATCH
    return Constant(node.op.outputs[0], full[start:end], twin=twin[start:end])


OTHER_BATCH = 7919
"""Stands for another batch size, so that what depends on it shows; a prime that no sane shape contains."""
