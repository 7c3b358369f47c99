"""FINN's MultiThreshold: the number of thresholds that a value has reached."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.errors import LayerError
from codesign.ir.halfline import HalfLine, Region
from codesign.ir.layers.base import Elementwise
from codesign.ir.tensor import Tensor, Values
from codesign.ir.vector import ONE, ZERO, Vector


@dataclass(frozen=True, eq=False)
class MultiThreshold(Elementwise):
    """count(x >= thresholds[channel]) * step + offset; `thresholds` is (channels or 1, levels), ascending."""

    thresholds: NDArray[np.float64]
    step: Vector = ONE
    offset: Vector = ZERO

    def result(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        if len(self.thresholds) not in (1, x.channels):
            raise LayerError(f"thresholds for {len(self.thresholds)} channels, the input has {x.channels}")
        if 0 in self.step.values:
            raise LayerError("an output scale of 0 makes every count the same")
        return Tensor.of_codes(x.shape, 0, self.thresholds.shape[1], self.step, self.offset)

    def real(self, *inputs: Values) -> Values:
        (x,) = inputs
        rows = [[Fraction(t) for t in row] for row in self.thresholds.tolist()]
        out = np.empty(x.shape, dtype=object)
        flat, channels = out.reshape(-1, x.shape[-1]), x.reshape(-1, x.shape[-1])
        for c in range(x.shape[-1]):
            row = rows[c if len(rows) > 1 else 0]
            for i, v in enumerate(channels[:, c]):
                flat[i, c] = Fraction(sum(v >= t for t in row)) * self.step[c] + self.offset[c]
        return out

    def preimage(self, region: Region, channel: int) -> Region:
        if isinstance(region, bool):
            return region
        count = region.affine(self.step[channel], self.offset[channel])
        assert isinstance(count, HalfLine)
        first, levels = count.first_integer(), self.thresholds.shape[1]
        if not 0 < first <= levels:
            return (first <= 0) == count.up
        row = self.thresholds[channel if len(self.thresholds) > 1 else 0]
        return HalfLine(Fraction(float(row[first - 1])), count.up, count.up)

    def channel(self, c: int) -> MultiThreshold:
        row = c if len(self.thresholds) > 1 else 0
        return replace(super().channel(c), thresholds=self.thresholds[row : row + 1])

    @property
    def per_channel(self) -> bool:
        return len(self.thresholds) > 1 or not (self.step.uniform and self.offset.uniform)
