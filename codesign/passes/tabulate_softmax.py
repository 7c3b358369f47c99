"""Softmax becomes tables and a division."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import log

from codesign.config import Config
from codesign.errors import ModelError
from codesign.ir.fixed import Fixed, power_of_two
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Quantize, Softmax, SoftmaxTable
from codesign.ir.vector import Vector
from codesign.passes.tune_precision import Approximation

RESULT = Fixed(16, 16, False)
"""The result type where the configuration says nothing: 16 bits behind the point, 1 saturates."""
GUARD_BITS = 2
"""Bits by which the table is finer than the result."""
LONGEST_TABLE = 4096
"""Entries of the exponential's table; an input of finer step is rounded until the table is short enough."""


def tabulate_softmax(graph: Graph, config: Config) -> list[Approximation]:
    """softmax(x) becomes softmax_table(x), or softmax_table(quantize(x)) where x is finer than a table allows.

    Returns what was approximated. ModelError if the channels of x have different scales.
    """
    found: list[Approximation] = []

    def rule(node: Node) -> list[Node] | None:
        if not isinstance(node.layer, Softmax):
            return None
        x = graph[node.inputs[0]].type
        if x.real or not (x.step.uniform and x.offset.uniform):
            raise ModelError(
                f"{graph.origin}: node {node.origin}: softmax compares channels of different scales; quantize its "
                f"input to one scale"
            )
        result = config.for_layer(node.name, "Softmax", node.origin)
        named = replace(config, model=replace(config.model, result=None)).for_layer(node.name, "Softmax", node.origin)
        fixed = named.result or RESULT
        if fixed.signed or fixed.frac != fixed.width:
            raise ModelError(
                f"{graph.origin}: node {node.origin}: a softmax lies between 0 and 1, so its result type is "
                f"ufixed<n,0>; {fixed} was asked"
            )
        table_frac = result.table.frac if result.table is not None else fixed.frac + GUARD_BITS
        step, before = x.step[0], list[Node]()
        if _length(step, table_frac) > LONGEST_TABLE:
            step = _coarse_step(table_frac)
            before = [_rounded(graph, node, step)]
            found.append(Approximation(node.name, node.origin, f"its input is rounded to steps of {step}"))
        whole = SoftmaxTable.build(step, table_frac, fixed.frac, LONGEST_TABLE)
        found.append(
            Approximation(
                node.name,
                node.origin,
                f"softmax by a table of {len(whole.table)} exponentials with {table_frac} fractional bits, "
                f"result rounded to {fixed}",
            )
        )
        inputs = (before[-1].name,) if before else node.inputs
        return [*before, replace(node, layer=whole, inputs=inputs)]

    graph.rewrite(rule)
    return found


def _length(step: Fraction, table_frac: int) -> float:
    """Entries until round(2^table_frac * exp(-d * step)) is 0: d * step > (table_frac + 1) ln 2."""
    return (table_frac + 1) * log(2) / float(step) + 1


def _coarse_step(table_frac: int) -> Fraction:
    """The finest power-of-two step whose table is short enough."""
    exponent = -64
    while _length(power_of_two(exponent), table_frac) > LONGEST_TABLE:
        exponent += 1
    return power_of_two(exponent)


def _rounded(graph: Graph, node: Node, step: Fraction) -> Node:
    """A quantizer of that step over the whole range of the softmax's input."""
    x = graph[node.inputs[0]].type
    ends = sorted((code * x.step[0] + x.offset[0]) // step for code in (x.low, x.high))
    quantizer = Quantize(ends[0], ends[1] + 1, Vector.of(step))
    added = graph.node(graph.fresh(f"{node.name}_input"), quantizer, *node.inputs, origin=node.origin)
    graph.nodes[added.name] = added
    return added
