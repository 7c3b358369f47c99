"""Networks and designs with one bit of a weight flipped, made by other code than measures upsets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from codesign.faults.weights import Weights
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph


def twos_complement(code: int, bit: int, element: Fixed) -> int:
    """The code with this bit flipped, by its digits."""
    digits = format(code % (1 << element.width), f"0{element.width}b")
    place = element.width - 1 - bit
    turned = digits[:place] + ("1" if digits[place] == "0" else "0") + digits[place + 1 :]
    value = int(turned, 2)
    return value - (1 << element.width) if element.signed and turned[0] == "1" else value


def flipped_network(network: Graph, weights: Weights, row: int, output: int, bit: int) -> Graph:
    """The network with the other weight, all types as they were."""
    node = network[weights.node]
    layer: Any = node.layer
    codes = layer.weights.reshape(-1, layer.weights.shape[-1]).copy()
    codes[row, output] = twos_complement(int(codes[row, output]), bit, layer.bits)
    other = network.copy()
    other.nodes[node.name] = replace(node, layer=replace(layer, weights=codes.reshape(layer.weights.shape)))
    return other


def flipped_design(design: Design, weights: Weights, row: int, output: int, bit: int) -> Design:
    """The design whose memory holds the other weight, and nothing else is changed."""
    process = design.processes[weights.node]
    kernel: Any = process.kernel
    words = kernel.weights.words.copy()
    place = int(weights.places[row, output])
    words.flat[place] = twos_complement(int(words.flat[place]), bit, kernel.weights.element)
    assert (words != kernel.weights.words).sum() == 1
    other = design.copy()
    other.processes[process.name] = replace(
        process, kernel=replace(kernel, weights=replace(kernel.weights, words=words))
    )
    return other
