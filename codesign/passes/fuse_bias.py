"""Additions and multiplications by constants merge, and move into the accumulator where they are integers there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from codesign.analysis.chains import chain_starting_at, is_stepper
from codesign.errors import ModelError
from codesign.ir.fixed import MAX_WIDTH, Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import (
    Add,
    Affine,
    ArgMax,
    Conv,
    Elementwise,
    MaxPool,
    Multiply,
    Pad,
    Product,
    Reshape,
    Softmax,
    SoftmaxTable,
    Transpose,
)
from codesign.ir.layers.multiply import factor
from codesign.ir.layers.window import has_zero
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, ZERO, Vector, common_step


def fuse_bias(graph: Graph) -> bool:
    """affine(affine(x)) becomes one affine; affine(dense(x)) becomes dense(x) with the bias in its accumulator,
    where the bias is a whole number of accumulator steps. Says whether anything changed.

    Where what follows works on codes (a comparison of channels, an activation without quantizer), the
    accumulator's step is made positive and fine enough for that: integer weights times integers, still exact.
    """
    merged = _merge_affines(graph)
    _expose_needs(graph)
    users = graph.users()

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Affine):
            return None
        dense = graph[node.inputs[0]]
        if not isinstance(dense.layer, Product) or dense.type.real or not _only_reader(graph, dense.name, users):
            return None
        found = _biased(graph, node, dense, dense.layer, *_needs(graph, node, users))
        if found is None:
            return None
        layer, left = found
        biased = graph.node(dense.name, layer, *dense.inputs, origin=dense.origin)
        # the bias holds every offset but `left`, also what the input's own offset adds to the products
        return [biased, replace(node, layer=Affine(ONE, Vector.of(left) - biased.type.offset))]

    return graph.rewrite(rule) or merged


def _only_reader(graph: Graph, name: str, users: dict[str, list[Node]]) -> bool:
    return len(users.get(name, [])) == 1 and not graph.is_output(name)


def _merge_affines(graph: Graph) -> bool:
    users = graph.users()

    def rule(node: Node) -> list[Node] | None:
        first = graph[node.inputs[0]] if node.inputs else node
        if not (isinstance(node.layer, Affine) and isinstance(first.layer, Affine) and first is not node):
            return None
        if not _only_reader(graph, first.name, users):
            return None
        a, b = first.layer, node.layer
        return [graph.node(node.name, Affine(a.scale * b.scale, a.offset * b.scale + b.offset), *first.inputs)]

    changed = graph.rewrite(rule)
    graph.prune()
    return changed


def _expose_needs(graph: Graph) -> None:
    """A dense layer whose codes are not as its readers need them gets an affine of its own, for the rule to act on."""
    users = graph.users()
    for node in graph:
        if not isinstance(node.layer, Product) or node.type.real or graph.is_output(node.name):
            continue
        if any(isinstance(reader.layer, Affine) for reader in users[node.name]):
            continue
        one_step, no_offset = _needs(graph, node, users)
        mixed = not (node.type.step.uniform and node.type.offset.uniform)
        shifted = node.type.offset != ZERO or min(node.type.step.values) <= 0
        if (one_step and mixed) or (no_offset and shifted):
            graph.insert_after(node.name, graph.fresh(f"{node.name}_scale"), Affine())


def _compares(node: Node) -> bool:
    """Whether the layer needs all channels on one scale."""
    if isinstance(node.layer, (Softmax, SoftmaxTable, ArgMax, Add)):
        return True
    return isinstance(node.layer, (Reshape, Transpose)) and node.type.real


def _needs_zero(reader: Node, x: Tensor) -> bool:
    """Whether the layer pads `x` with zeros and finds no code for them, compares codes that fall as values rise, or
    multiplies with offsets that differ between channels."""
    if x.real:
        return False
    if isinstance(reader.layer, MaxPool):
        return min(x.step.values) <= 0
    if isinstance(reader.layer, Multiply):
        return factor(x) is None
    pads = isinstance(reader.layer, Pad) or (isinstance(reader.layer, Conv) and any(reader.layer.padding))
    return pads and not has_zero(x)


def _needs(graph: Graph, node: Node, users: dict[str, list[Node]]) -> tuple[bool, bool]:
    """(one step and offset for all channels, no offset at all): what the readers of this node ask of its codes."""
    one_step = no_offset = False
    for reader in users[node.name]:
        if not isinstance(reader.layer, Elementwise):
            one_step |= _compares(reader)
            no_offset |= _needs_zero(reader, node.type)
            continue
        chain = chain_starting_at(graph, reader, users)
        if not any(is_stepper(n) for n in chain):
            no_offset |= any(not isinstance(n.layer, Affine) for n in chain)
            last = chain[-1]
            one_step |= any(_compares(after) for after in users[last.name])
            no_offset |= any(_needs_zero(after, last.type) for after in users[last.name])
    return one_step, no_offset


def _biased(
    graph: Graph, node: Node, dense: Node, layer: Product, one_step: bool, no_offset: bool
) -> tuple[Product, Fraction] | None:
    """`layer` with a bias, and the offset that is left to add to its codes times its step for the affine's values.

    None where codes are not needed and the bias is not whole.
    """
    channels = layer.outputs
    steps, offsets = _values(node, dense.type, channels)
    left = Fraction(0)
    whole = all(s != 0 and (o / s).denominator == 1 for s, o in zip(steps, offsets, strict=True))
    if not whole and one_step and not no_offset:  # comparing channels needs no common offset
        left = offsets[0]
        offsets = tuple(o - left for o in offsets)
        whole = all(s != 0 and (o / s).denominator == 1 for s, o in zip(steps, offsets, strict=True))
    if whole and not (one_step and len(set(steps)) > 1):
        grid = [abs(s) if no_offset else s for s in steps]
    elif one_step:
        grid = [common_step([*steps, *offsets])] * channels
    elif no_offset:
        grid = [common_step([s, o]) for s, o in zip(steps, offsets, strict=True)]
    else:
        return None
    x_step = graph[dense.inputs[0]].type.step[0]
    grid = [g or abs(x_step) for g in grid]  # a channel that is always 0 may have any step
    factors = _integers(s / g for s, g in zip(steps, grid, strict=True))
    if (factors == 1).all() and not any(offsets):
        return None
    old = np.zeros(channels, dtype=object) if layer.bias is None else layer.bias.astype(object)
    weights = layer.weights.astype(object) * factors
    bias = old * factors + _integers(o / g for o, g in zip(offsets, grid, strict=True))
    bits = Fixed.covering(int(weights.min()), int(weights.max()))
    needed = max(bits.width, Fixed.covering(int(bias.min()), int(bias.max())).width)
    if needed > MAX_WIDTH:
        raise ModelError(
            f"{graph.origin}: node {node.origin}: its constants lie on no common grid with the products of "
            f"{dense.origin} within {MAX_WIDTH} bits (they need {needed}); quantize the bias, or give "
            f"{node.name} a result precision in the configuration"
        )
    step = Vector(tuple(g / x_step for g in grid)).collapsed()
    kept = layer.bits if (factors == 1).all() else bits
    codes = bias.astype(np.int64) if bias.any() else None
    return layer.changed(weights=weights.astype(np.int64), bits=kept, step=step, bias=codes, bounds=None), left


def _values(node: Node, before: Tensor, channels: int) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """(step, offset) per channel of the affine `node` applied to codes of type `before`."""
    affine = node.layer
    assert isinstance(affine, Affine)
    step, offset = before.step * affine.scale, before.offset * affine.scale + affine.offset
    return step.expand(channels), offset.expand(channels)


def _integers(values: Iterable[Fraction]) -> np.ndarray:
    return np.array([int(v) for v in values], dtype=object)
