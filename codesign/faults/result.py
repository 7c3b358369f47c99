"""What was found of the bits of a project's weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codesign.faults.protect import Protection, Upset
from codesign.faults.weights import Weights
from codesign.scan.metrics import Metric


@dataclass(frozen=True)
class Point:
    """Of the curve: what one upset of any bit costs where the first `protected` bits are stored three times."""

    protected: int
    worst: float
    mean: float


@dataclass(frozen=True)
class Plane:
    """Bit `bit` of all weights of a layer: how many were flipped, of how many no result is defined, and the losses."""

    layer: int
    bit: int
    flipped: int
    undefined: int
    worst: float | None
    mean: float | None
    """Of those that are defined; None where there are none."""


@dataclass(frozen=True)
class FaultResult:
    """The upsets of one project folder."""

    folder: Path
    metric: Metric
    reference: float
    """The metric without an upset."""
    samples: int
    seed: int
    layers: tuple[Weights, ...]
    without: tuple[str, ...]
    """The layers that keep no weights: adder graphs."""
    upsets: tuple[Upset, ...]
    """The bits that were flipped, in the order of protection."""
    total: int
    """All bits of all weights."""
    rho_error: float | None
    rho_loss: float | None
    """Spearman's rho of the ranking against the output error and the loss of the flips; None where all are the same."""
    curve: tuple[Point, ...]
    limit: float | None
    protections: tuple[Protection, ...]

    @property
    def exhaustive(self) -> bool:
        """Whether every bit was flipped."""
        return len(self.upsets) == self.total

    @property
    def undefined(self) -> int:
        """How many flips have a result that the hardware does not define."""
        return sum(u.loss is None for u in self.upsets)

    @property
    def planes(self) -> Iterator[Plane]:
        """Layer by layer, the highest bit first."""
        for k, weights in enumerate(self.layers):
            for bit in reversed(range(weights.element.width)):
                found = [u for u in self.upsets if (u.layer, u.bit) == (k, bit)]
                known = [u.loss for u in found if u.loss is not None]
                worst, mean = (max(known), sum(known) / len(known)) if known else (None, None)
                yield Plane(k, bit, len(found), len(found) - len(known), worst, mean)
