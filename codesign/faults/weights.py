"""The weights of a design as it stores them, bit by bit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from codesign.errors import IRError
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph
from codesign.ir.kernels import Depthwise, Grouped, MatVec, Memory, MemoryStyle, Multiplier
from codesign.ir.layers import Conv, Dense
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class Weights:
    """The weight memory of one layer. Weight (r, j) multiplies what row r of the layer's window sees, for output j.

    Bit b of a weight is the one of value 2^b in the two's complement of `element`.
    """

    node: str
    origin: str
    kernel: MatVec | Depthwise | Grouped
    taps: int = 1
    """Places of a window."""

    @property
    def memory(self) -> Memory:
        """As it is printed."""
        return self.kernel.weights

    @property
    def element(self) -> Fixed:
        """The type of a weight."""
        return self.memory.element

    @cached_property
    def codes(self) -> Array:
        """(rows, outputs)."""
        return self._matrix(self.kernel)

    @cached_property
    def places(self) -> Array:
        """(rows, outputs): where each weight lies, as word * lanes + lane."""
        memory = self.memory
        numbers = np.arange(memory.words.size).reshape(memory.words.shape)
        return self._matrix(replace(self.kernel, weights=replace(memory, words=numbers)))

    def _matrix(self, kernel: MatVec | Depthwise | Grouped) -> Array:
        """The kernel's weights in the order of the layer's window: one place after the other. Those of grouped
        convolutions come `simd` channels at a time, in each part all places (`passes.grouped.by_group`)."""
        found = kernel.matrix()
        if not isinstance(kernel, Grouped):
            return found
        parts = found.reshape(-1, self.taps, kernel.simd, found.shape[1])
        return parts.swapaxes(0, 1).reshape(found.shape)

    @property
    def bits(self) -> int:
        """How many bits there are."""
        return int(self.codes.size) * self.element.width

    @property
    def constants(self) -> bool:
        """Whether each weight is a constant of the logic: no multiplier takes turns, and no memory is read."""
        return self.memory.style is MemoryStyle.REGISTERS and self.memory.depth == 1

    @property
    def kept_in(self) -> str:
        """What the weights are made of."""
        return "logic" if self.constants else self.memory.style.value

    @cached_property
    def changes(self) -> Array:
        """(rows, outputs, bits): what a flip of each bit adds to the weight's code."""
        width = self.element.width
        values = np.array([1 << b for b in range(width)], dtype=np.int64)
        if self.element.signed:
            values[-1] = -values[-1]
        is_set = (self.codes[..., None] >> np.arange(width)) & 1
        found: Array = np.where(is_set == 1, -values, values)
        return found


def weights_of(network: Graph, design: Design) -> tuple[list[Weights], list[str]]:
    """(the weight memories, the names in the user's file of the layers that have none) of a design.

    The products of an adder graph are wired as additions: there are no weights that could change.
    """
    found, without = [], []
    for node in network:
        if not isinstance(node.layer, (Dense, Conv)) or node.name not in design.processes:
            continue
        kernel = design.processes[node.name].kernel
        if not isinstance(kernel, (MatVec, Depthwise, Grouped)):
            raise IRError(f"faults: {node.name} is a {type(kernel).__name__}, whose weights are not known")
        if isinstance(kernel, MatVec) and kernel.multiplier is Multiplier.ADDERS:
            without.append(node.origin)
            continue
        taps = prod(node.layer.weights.shape[:-2])
        weights = Weights(node.name, node.origin, kernel, taps)
        if not np.array_equal(weights.codes, node.layer.weights.reshape(weights.codes.shape)):
            raise IRError(f"faults: the memory of {node.name} holds other weights than the network")
        found.append(weights)
    return found, without
