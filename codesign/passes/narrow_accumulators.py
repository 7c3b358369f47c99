"""Accumulators of fewer bits than the largest sum needs: their sums wrap, which changes results, and it says where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from codesign.config import Config
from codesign.errors import ConfigError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Product
from codesign.passes.accumulator_width import accumulator_width
from codesign.passes.infer_ranges import infer_ranges
from codesign.passes.requantize import requantize
from codesign.passes.tune_precision import Approximation


def narrow_accumulators(graph: Graph, config: Config) -> list[Approximation]:
    """dense(x), conv(x) becomes the same with sums modulo 2^bits, where the configuration gives the accumulator fewer
    bits than are safe; what follows is then proved for all codes of so many bits.

    A width is safe if no input leads to a sum beyond it, in the network as it is then: narrow accumulators before a
    layer change what it sees. ConfigError for a layer named in the configuration that has no accumulator.
    """
    products = [node for node in graph if isinstance(node.layer, Product)]
    asked = {}
    for node in products:
        wanted = config.for_layer(node.name, type(node.layer).__name__, node.origin).accumulator
        if wanted is not None:
            asked[node.name] = wanted
    _check_names(config, products)
    if not asked:
        return []
    wraps: dict[str, int] = {}
    while True:  # each round settles at least one product more, in their order
        safe = safe_widths(_with(graph, wraps))
        below = {name: bits for name, bits in asked.items() if bits < safe[name]}
        if below == wraps:
            break
        wraps = below
    graph.nodes = _with(graph, wraps).nodes
    return [
        Approximation(
            name, graph[name].origin, f"sums wrap in an accumulator of {bits} bits, where {safe[name]} are safe"
        )
        for name, bits in wraps.items()
    ]


def safe_widths(graph: Graph) -> dict[str, int]:
    """The bits that the sums of each product need, whatever the input, in a network as `narrow_accumulators` takes it;
    of those that wrap the bits that they would need."""
    after = graph.copy()
    requantize(after)
    infer_ranges(after)
    accumulator_width(after)
    found = {}
    for node in after:
        if isinstance(node.layer, Product) and node.layer.bounds is not None:
            found[node.name] = Fixed.covering(*node.layer.bounds).width
    return found


def _with(graph: Graph, wraps: Mapping[str, int]) -> Graph:
    """A copy in which the sums of these products wrap."""
    changed = graph.copy()

    def rule(node: Node) -> list[Node] | None:
        if node.name not in wraps or not isinstance(node.layer, Product):
            return None
        return [replace(node, layer=node.layer.changed(wrap=wraps[node.name]))]

    changed.rewrite(rule)
    return changed


def _check_names(config: Config, products: list[Node]) -> None:
    """ConfigError for a layer that is given an accumulator by name, and has none."""
    there = {name for node in products for name in (node.name, node.origin)}
    for name, entry in config.layer_names.items():
        if entry.accumulator is not None and name not in there:
            listed = ", ".join(node.origin for node in products) or "none"
            raise ConfigError(
                f"{config.file}: LayerName.{name}.AccumulatorWidth: this layer sums no products with weights; those "
                f"that do are {listed}"
            )
