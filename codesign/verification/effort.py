"""How many samples each comparison is given: all where they cost little, some where one takes seconds."""

from __future__ import annotations

from codesign.ir.design import Design
from codesign.ir.graph import Graph
from codesign.ir.layers import Product

MOST_INPUTS = 16
"""Random inputs that `compile` climbs the ladder with."""
LEAST_INPUTS = 2
"""All lowest and all highest are always among them."""
_FIRST = 1 << 28
"""Operations that the first inputs may take together: seconds, in numpy and in native integers."""
_BATCH = 1 << 23
"""Numbers that are kept at once, some 50 bytes each."""
_MOST_TOGETHER = 200
_WRITTEN = 1 << 19
"""Numbers of the test vectors."""
_SIMULATED = {False: 1 << 27, True: 1 << 31}
"""Products that a simulation in ap_int may compute: at some 40 million per second seconds, or a minute where asked."""
_CYCLES = 1 << 18
"""Cycles of one simulation of the SystemVerilog: seconds, at 50,000 or more per second."""
_STEADY = 4
"""Samples that are looked at in a steady state."""
_PER_ELEMENT = 32
"""An element that is rounded and compared takes as long as so many products."""


def products(network: Graph) -> int:
    """Multiplications by weights for one sample."""
    return sum(n.type.size // n.layer.outputs * n.layer.weights.size for n in network if isinstance(n.layer, Product))


def elements(network: Graph) -> int:
    """Numbers that one sample has at all nodes."""
    return sum(n.type.size for n in network)


def first_inputs(network: Graph) -> int:
    """How many random inputs `compile` tries: fewer for large images, never fewer than the two extreme ones."""
    one = products(network) + _PER_ELEMENT * elements(network)
    return max(LEAST_INPUTS, min(MOST_INPUTS, _FIRST // max(one, 1)))


def carried(design: Design) -> int:
    """Numbers that the streams carry for one sample: of a window every one that it sees."""
    return sum(s.beats * s.lanes for s in design.streams.values())


def together(numbers: int) -> int:
    """How many samples of so many numbers each are evaluated at once, so that their memory stays bounded."""
    return max(1, min(_MOST_TOGETHER, _BATCH // max(numbers, 1)))


def written(design: Design, count: int) -> int:
    """How many of `count` samples become test vectors of the project, as text of some megabytes at most."""
    numbers = sum(p.tensor.size for p in (*design.inputs, *design.outputs))
    return min(count, max(LEAST_INPUTS, _WRITTEN // max(numbers, 1)))


def authoritative(network: Graph, count: int, thorough: bool) -> int:
    """How many of `count` samples are simulated in ap_int, which is a hundred times slower than native integers."""
    return min(count, max(LEAST_INPUTS, _SIMULATED[thorough] // max(products(network), 1)))


def simulated(design: Design, count: int) -> int:
    """How many of `count` samples are simulated cycle by cycle: as many as seconds allow, and enough to see a steady
    state, with every process at work on a sample of its own."""
    under_way = sum(p.kernel.interval + p.pipeline for p in design) // design.interval()
    return min(count, max(_STEADY + under_way, _CYCLES // design.interval()))
