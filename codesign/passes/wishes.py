"""What a user asks the products of a layer to be made of: the folds that keep to it, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence

from codesign.errors import ConfigError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.kernels import Multiplier
from codesign.ir.kernels.multiplier import DSP_B
from codesign.ir.layers import Product
from codesign.passes.adder_graph import MOST_DIGITS, digits, has_adder_graph
from codesign.passes.builder import Fold, matrix_shape
from codesign.passes.strategy import default_multiplier


def on_multipliers(
    graph: Graph, name: str, x: Fixed, folds: Sequence[Fold], wanted: Multiplier, reuse: int | None, port: int
) -> list[Fold]:
    """Those of the folds of a product of codes of type `x` that are made of what is `wanted`, where a reuse factor of
    `reuse` is asked for as well and DSP slices take operands of `port` bits.

    ConfigError with the layer, the reason, and what else would do.
    """
    node = graph[name]
    found = [fold for fold in folds if fold.multiplier is wanted]
    layer = node.layer
    assert isinstance(layer, Product)
    shape = matrix_shape(layer)
    if wanted is Multiplier.ADDERS and reuse is not None and reuse != 1:
        reason = f"a reuse factor of {reuse} is asked for, and an adder graph has one of 1; drop one of the two"
        raise _refusal(graph, node, wanted, reason)
    if found:
        return found
    others = ", ".join(m.value for m in Multiplier if any(fold.multiplier is m for fold in folds))
    if wanted is Multiplier.ADDERS:
        if all(fold.reuse(*shape) > 1 for fold in folds):
            why = f"its {shape[0]} x {shape[1]} weights are more than a design can have as constants at once"
        elif not has_adder_graph(layer.weights, MOST_DIGITS):
            why = f"its weights have {digits(layer.weights):,} signed digits, and the search takes {MOST_DIGITS:,}"
        else:
            return [Fold(shape[1], shape[0], multiplier=wanted)]
    else:
        why = (
            f"a DSP slice takes {port} x {DSP_B} bits, too few for two products of {x} inputs and {layer.bits} weights"
        )
    raise _refusal(graph, node, wanted, f"{why}; use one of {others}, or auto")


def check_groups(graph: Graph, name: str, wanted: Multiplier) -> None:
    """ConfigError where the products of a convolution of several groups, which has no folding to choose, are made of
    something else than `wanted`."""
    node = graph[name]
    assert isinstance(node.layer, Product)
    made = default_multiplier(graph[node.inputs[0]].type.type, node.layer.bits)
    if made is not wanted:
        reason = f"the products of several groups are made of {made.value} for these types; use that, or auto"
        raise _refusal(graph, node, wanted, reason)


def _refusal(graph: Graph, node: Node, wanted: Multiplier, reason: str) -> ConfigError:
    return ConfigError(f"{graph.origin}: node {node.origin}: Multiplier {wanted.value}: {reason}")
