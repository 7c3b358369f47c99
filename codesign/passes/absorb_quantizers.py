"""Quantizers of constants and inputs become part of them."""

from __future__ import annotations

from dataclasses import replace

from codesign.analysis.chains import chain_starting_at, is_stepper
from codesign.errors import ModelError
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Elementwise, Input


def absorb_quantizers(graph: Graph) -> None:
    """quantize(f(input)) becomes an input that receives the quantizer's codes: the host applies f and the quantizer,
    exactly, and the hardware starts with integers.

    An input with a type of its own stays as it is. ModelError for a real input that no quantizer follows.
    """
    for node in graph.inputs:
        if node.type.real:
            _absorb(graph, node)


def _absorb(graph: Graph, node: Node) -> None:
    users = graph.users()
    readers = users[node.name]
    if len(readers) != 1 or graph.is_output(node.name):
        raise _untyped(graph, node, "several layers read it")
    if not isinstance(readers[0].layer, Elementwise):
        raise _untyped(graph, node, f"{readers[0].origin} reads it before any quantizer")
    chain = chain_starting_at(graph, readers[0], users)
    steppers = [k for k, n in enumerate(chain) if is_stepper(n)]
    if not steppers:
        raise _untyped(graph, node, f"no quantizer follows {chain[-1].origin}")
    chain = chain[: steppers[0] + 1]
    last = chain[-1]
    encoder = tuple(n.layer for n in chain if isinstance(n.layer, Elementwise))
    assert isinstance(node.layer, Input)
    layer = replace(node.layer, tensor=last.type, encoder=encoder)
    graph.nodes[node.name] = replace(node, layer=layer, type=last.type)
    graph.replace_uses(last.name, node.name)
    graph.prune()


def _untyped(graph: Graph, node: Node, why: str) -> ModelError:
    return ModelError(
        f"{graph.origin}: input {node.origin} has no type ({why}); give one, e.g. --input-type 'fixed<16,6>' "
        f"or --input-type '{node.name}=fixed<16,6>'"
    )
