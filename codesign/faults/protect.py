"""Which bits to store three times, and what that costs.

An upset flips one of all bits, each as likely as any other, and a bit that is stored three times and voted on costs
nothing when one of its copies is flipped. So the expected loss is the sum of the losses of the bits that are not
protected, over the number of all bits.

Of two granularities: single bits, or bit planes (bit b of all weights of a layer). A read of a memory word gives each
(lane, bit) of it once, so wherever some bit of such a column is protected, the column needs two more copies, each as
deep as the memory, and a voter: the majority of three is one LUT.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from codesign.analysis.cost.memories import memory_cost
from codesign.faults.weights import Weights
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Memory
from codesign.targets import Resources


class Criterion(Enum):
    """What of a single upset must stay within the limit."""

    WORST = "worst"
    """The loss of every unprotected bit."""
    MEAN = "mean"
    """The expected loss."""


@dataclass(frozen=True)
class Upset:
    """A bit, and what its flip did."""

    layer: int
    row: int
    output: int
    bit: int
    rank: int
    """Its place in the order of protection among all bits, from 0."""
    loss: float | None
    """Of the metric; negative where the flip made it better, None where the hardware's result is not defined."""
    error: float
    """The mean squared error of the outputs, in their units."""
    weight: float
    """For how many bits it stands: 1 where every bit was flipped."""

    @property
    def harm(self) -> float:
        """The loss, infinite where it is not known."""
        return float("inf") if self.loss is None else self.loss


@dataclass(frozen=True)
class Price:
    """Of storing columns three times."""

    extra_bits: int
    """Of memory."""
    voters: int
    resources: Resources
    """Of the copies and the voters."""


@dataclass(frozen=True)
class Protection:
    """What is protected so that the limit holds for the bits that were flipped, and its price."""

    criterion: Criterion
    planes: bool
    """Whether whole bit planes are protected, else single bits in their order."""
    bits: int
    chosen: tuple[tuple[int, int], ...]
    """(layer, bit) of the planes; of single bits those in which some are protected."""
    worst: float
    mean: float
    """What is left, of the losses that are known."""
    price: Price


def remaining(upsets: Iterable[Upset], total: int) -> tuple[float, float]:
    """(worst, mean over `total` bits) of the losses of unprotected bits; (0, 0) where there are none.

    Infinite where the hardware's result is not defined for one of them.
    """
    harms = [(u.harm, u.weight) for u in upsets]
    return max((h for h, _ in harms), default=0.0), sum(h * w for h, w in harms) / total


def least_bits(upsets: Sequence[Upset], total: int, limit: float, criterion: Criterion) -> int:
    """How many bits, in the order of protection, must be protected for the others to meet the limit."""
    ordered = sorted(upsets, key=lambda u: u.rank)
    if criterion is Criterion.WORST:
        return max((u.rank + 1 for u in ordered if u.harm > limit), default=0)
    left, needed = 0.0, 0
    for u in reversed(ordered):  # the least critical first
        left += u.harm * u.weight
        if left > limit * total:
            needed = u.rank + 1
            break
    return needed


def least_planes(upsets: Sequence[Upset], total: int, limit: float, criterion: Criterion) -> set[tuple[int, int]]:
    """The fewest bit planes of which the same is true."""
    planes: dict[tuple[int, int], list[Upset]] = {}
    for u in upsets:
        planes.setdefault((u.layer, u.bit), []).append(u)
    if criterion is Criterion.WORST:
        return {plane for plane, found in planes.items() if remaining(found, total)[0] > limit}
    shares = {plane: remaining(found, total)[1] for plane, found in planes.items()}
    chosen: set[tuple[int, int]] = set()
    for plane in sorted(shares, key=lambda p: (-shares[p], p)):
        if sum(s for p, s in shares.items() if p not in chosen) <= limit:
            break
        chosen.add(plane)
    return chosen


def triplicated(layers: Sequence[Weights], columns: Sequence[set[tuple[int, int]]]) -> Price:
    """What it costs to store these columns (lane, bit) of each layer's memory three times."""
    bits, voters, total = 0, 0, Resources()
    for weights, found in zip(layers, columns, strict=True):
        if found:
            memory = weights.memory
            words = np.zeros((memory.depth, 2 * len(found)), dtype=np.int64)
            copies = Memory("copies", words, Fixed(1, 0, False), memory.style)
            bits += copies.depth * copies.width
            voters += len(found)
            total = total + memory_cost(copies) + Resources(lut=len(found))
    return Price(bits, voters, total)


def columns_of(weights: Weights, sites: Iterable[tuple[int, int, int]]) -> set[tuple[int, int]]:
    """The columns (lane, bit) in which these bits (row, output, bit) lie."""
    lanes = weights.memory.words.shape[1]
    return {(int(weights.places[row, output]) % lanes, bit) for row, output, bit in sites}


def whole_planes(weights: Weights, bits: set[int]) -> set[tuple[int, int]]:
    """The columns of these bit planes."""
    return {(lane, bit) for lane in range(weights.memory.words.shape[1]) for bit in bits}
