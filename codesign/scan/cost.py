"""What a network's arithmetic costs whatever it is built of: bit operations and bits of weights.

- **Bit operations**: the sum over the multiplications of one sample of bits of weight times bits of input, as declared.
- **EBOPs**, effective bit operations (Sun et al., arXiv:2405.00645): the same with the bits of a weight that its
  non-zero bits enclose: 0b00110100 counts 4, and 0 none. Every multiplication of a sample counts, also where a
  folded design makes several with one multiplier.

Inputs count the bits of their type after range analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from codesign.ir.graph import Graph
from codesign.ir.layers import Product
from codesign.ir.tensor import Array


@dataclass(frozen=True)
class Bits:
    """The sums over all products of a network."""

    bit_operations: int
    ebops: int
    weight_bits: int


def bits(network: Graph) -> Bits:
    """Of a network after its passes."""
    operations = effective = stored = 0
    for node in network:
        if isinstance(node.layer, Product):
            x = network[node.inputs[0]].type.type.width
            positions = node.type.size // node.layer.outputs
            operations += positions * node.layer.weights.size * node.layer.bits.width * x
            effective += positions * int(enclosed(node.layer.weights).sum()) * x
            stored += node.layer.weights.size * node.layer.bits.width
    return Bits(operations, effective, stored)


def enclosed(weights: Array) -> Array:
    """For each integer how many bits lie from the highest to the lowest that is set in its absolute value."""
    distinct, place = np.unique(np.abs(weights), return_inverse=True)
    return np.array([_enclosed(v) for v in distinct.tolist()], dtype=np.int64)[place].reshape(weights.shape)


@cache
def _enclosed(value: int) -> int:
    return value.bit_length() - (value & -value).bit_length() + 1 if value else 0
