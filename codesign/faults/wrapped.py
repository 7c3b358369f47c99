"""What the hardware gives for codes outside the ranges that were proved, as they are there after an upset.

Nothing in the printed hardware traps: sums are taken modulo 2^W, W being the width of the stream that they go to, and
what lies in the type of a stream, though not in the range that was proved, is treated as its kernel treats any code:

- A shift, a multiplication and thresholds are printed for every code of their input's type, and so are sums, products,
  pools and softmax; their result wraps to the width of its stream, as ap_int does.
- A table is printed for the codes that can occur. Its address is x - first modulo 2^A, A being the bits that the last
  entry needs. Where that is an entry of the channel it is read; what a read beyond them gives is not defined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import MultiplyShift, Requantize, Shift, Table
from codesign.ir.tensor import Array, Tensor, as_codes
from codesign.ir.wrap import wrapped

Undefined = NDArray[np.bool_]
"""(n,): the samples for which the hardware's result is not defined."""

_FIT = 1 << 62


def evaluate(graph: Graph, node: Node, inputs: list[Array]) -> tuple[Array, Undefined | None]:
    """What the node's hardware gives for any codes of its inputs' types; None where all of it is defined."""
    types = [graph[i].type for i in node.inputs]
    layer = node.layer
    if isinstance(layer, Requantize):
        return _stepped(node, layer, types[0], inputs[0])
    try:
        found = as_codes(layer.run(types, node.type, inputs))
    except OverflowError as error:
        raise ModelError(
            f"{graph.origin}: node {node.origin}: with an upset before it a sum needs more than 63 bits, which is not "
            "modelled; use fewer bits in weights or activations"
        ) from error
    return wrapped(found, node.type.type), None


def _stepped(node: Node, layer: Requantize, x: Tensor, codes: Array) -> tuple[Array, Undefined | None]:
    function = layer.function
    if isinstance(function, Table):
        entries = function.entries.shape[1]
        address = wrapped(codes - function.first, Fixed(Fixed.covering(0, entries - 1).width, 0, False))
        beyond = address >= entries
        found = function(np.where(beyond, 0, address) + function.first)
        undefined = beyond.reshape(len(codes), -1).any(axis=1)
        return wrapped(found, node.type.type), undefined if undefined.any() else None
    largest = max(-x.type.low, x.type.high)
    if isinstance(function, Shift):
        largest = (largest + abs(function.bias)) << max(-function.shift, 0)
    elif isinstance(function, MultiplyShift):
        largest = largest * int(np.abs(function.multiplier).max()) + int(np.abs(function.addend).max())
    if largest >= _FIT:
        raise ModelError(
            f"node {node.origin}: with an upset before it its step function needs more than 62 bits, which is not "
            "modelled; use fewer bits in weights or activations"
        )
    return wrapped(function(codes), node.type.type), None
