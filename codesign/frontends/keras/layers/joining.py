"""Several tensors made one: sums, products, averages, and tensors side by side."""

from __future__ import annotations

from fractions import Fraction

from codesign.frontends.converters.broadcasting import combined
from codesign.frontends.converters.building import Stream, shape_text
from codesign.frontends.keras.layer import KerasLayer
from codesign.ir.layers import Add, Affine, Concat, Layer, Multiply
from codesign.ir.vector import Vector


def add(node: KerasLayer) -> Stream:
    """Of two or more tensors, broadcast along axes of length 1: Add."""
    return _chain(node, Add())


def subtract(node: KerasLayer) -> Stream:
    """The first minus the second: Add with the second negated."""
    if len(node.inputs) != 2:
        node.refuse(f"Subtract reads {len(node.inputs)} tensors, expected 2")
    return _chain(node, Add(negate=True))


def multiply(node: KerasLayer) -> Stream:
    """Of two or more tensors, broadcast along axes of length 1: Multiply."""
    return _chain(node, Multiply())


def average(node: KerasLayer) -> Stream:
    """Of two or more tensors: Add and Affine."""
    y = _chain(node, Add())
    return node.emit(Affine(Vector.of(Fraction(1, len(node.inputs)))), y, part="mean")


def _chain(node: KerasLayer, layer: Layer) -> Stream:
    """One tensor after the other."""
    if len(node.inputs) < 2:
        node.refuse(f"{node.kind} reads {len(node.inputs)} tensors, expected 2 or more")
    y = node.inputs[0]
    for x in node.inputs[1:]:
        y = combined(node, layer, y, x)
    return y


def concatenate(node: KerasLayer) -> Stream:
    """Along any axis but the batch: Concat."""
    parts = list(node.inputs)
    if len(parts) < 2 or len({x.rank for x in parts}) > 1:
        node.refuse(f"tensors of shapes {_shapes(parts)} cannot be joined; it takes two or more with as many axes")
    [stated] = node.fields.integers("axis", 1, -1)
    axis = node.axis(stated, parts[0].rank) - 1
    if axis < 0:
        node.refuse("it joins along the batch axis, which must stay whole")
    if len({tuple(n for a, n in enumerate(x.shape) if a != axis) for x in parts}) > 1:
        node.refuse(f"tensors of shapes {_shapes(parts)} cannot be joined along axis {axis + 1}; the others must agree")
    return node.put_back(node.emit(Concat(), *(node.put_last(x, axis) for x in parts)), axis)


def _shapes(parts: list[Stream]) -> str:
    return ", ".join(shape_text(x) for x in parts)
