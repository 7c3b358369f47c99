"""Windows without their padding, and the product that multiplies only what lies inside the image."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from codesign.errors import IRError
from codesign.ir.kernels.base import Beats
from codesign.ir.kernels.matvec import MatVec
from codesign.ir.kernels.window import Window
from codesign.ir.tensor import Array


@dataclass(frozen=True, eq=False)
class InsideWindow(Window):
    """A Window that leaves out the taps in the padding: a 3 x 3 window in a corner of the image has four beats.

    Of each window a rectangle of taps lies inside; it is never empty. All else is as for any Window.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by_channel:
            raise IRError("window: the taps inside the image come pixel by pixel")
        if any(0 in counts for counts in self.counts):
            raise IRError(f"window: one has no tap inside the image of {self.height} x {self.width}")

    @property
    def counts(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        rows, columns = (inside.sum(axis=1).tolist() for inside in self.inside())
        return tuple(rows), tuple(columns)

    @property
    def first_taps(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The first row of taps inside the image for each row of windows, and so for columns."""
        rows, columns = (inside.argmax(axis=1).tolist() for inside in self.inside())
        return tuple(rows), tuple(columns)

    @property
    def writes(self) -> tuple[Beats, ...]:
        rows, columns = self.counts
        return (Beats(self.x, self.lanes, sum(rows) * sum(columns) * self.folds),)

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        y = self.seen(x).reshape(len(x), -1, self.taps, self.channels)
        return (y[:, self.mask()].reshape(len(x), -1, self.lanes),)


@dataclass(frozen=True, eq=False)
class InsideMatVec(MatVec):
    """The product of windows of which only the taps inside the image come: what is left out is zero.

    A position costs a cycle for each of its beats and output folds, so that multiplications by padding cost nothing: of
    the 81 taps that nine 3 x 3 windows on a 3 x 3 image have, 49 are multiplied. `window` is what comes.
    """

    window: InsideWindow = field(kw_only=True)

    @classmethod
    def of(cls, product: MatVec, window: InsideWindow) -> InsideMatVec:
        """The same product for what `window` gives."""
        return cls(**{f.name: getattr(product, f.name) for f in fields(product)}, window=window)

    def __post_init__(self) -> None:
        super().__post_init__()
        window = self.window
        if window.fill != 0:
            raise IRError(f"matvec: the padding is the code {window.fill}, whose products are not zero")
        found = (window.count[0] * window.count[1], window.taps * window.channels, window.lanes)
        if found != (self.positions, self.inputs, self.simd):
            raise IRError(f"matvec: windows of {found}, but a product of {(self.positions, self.inputs, self.simd)}")

    @property
    def beats(self) -> Array:
        """(positions,): the beats of each window."""
        rows, columns = self.window.counts
        return np.outer(rows, columns).ravel() * self.window.folds

    @property
    def reads(self) -> tuple[Beats, ...]:
        return self.window.writes

    @property
    def interval(self) -> int:
        return self.window.writes[0].beats * (self.outputs // self.pe)

    @property
    def first_output(self) -> int:
        return int(self.beats[0])

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        (x,) = inputs
        window = self.window
        vectors = np.zeros((len(x), self.positions, window.taps, window.channels), dtype=np.int64)
        vectors[:, window.mask()] = x.reshape(len(x), -1, window.channels)
        return super().evaluate(vectors.reshape(len(x), -1, self.simd))
