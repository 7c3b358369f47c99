"""A design while it grows, chain by chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from codesign.backends.hls.sources import DOCUMENTED_WORD
from codesign.ir.design import Design, Port, Process, Stream, StreamKind
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Apply, Kernel
from codesign.ir.layers.requantize import Shift
from codesign.ir.tensor import Tensor

T = TypeVar("T")


@dataclass
class Wire:
    """The end of a chain that grows: a stream of positions x channels elements."""

    name: str
    element: Fixed
    positions: int
    channels: int
    lanes: int

    @property
    def size(self) -> int:
        return self.positions * self.channels

    @property
    def beats(self) -> int:
        return self.size // self.lanes


@dataclass
class Builder:
    """Adds chains to a design, choosing by `rng`."""

    design: Design
    rng: np.random.Generator
    count: int = 0

    def integer(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high, endpoint=True))

    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def codes(self, fixed: Fixed, shape) -> np.ndarray:
        """Random codes of which some are the extremes."""
        found = self.rng.integers(fixed.low, fixed.high, size=shape, endpoint=True, dtype=np.int64)
        which = self.rng.random(shape)
        return np.where(which < 0.1, fixed.low, np.where(which > 0.9, fixed.high, found))

    def fixed(self, least: int = 1, most: int = 12) -> Fixed:
        return Fixed(self.integer(least, most), 0, self.choice([True, False]))

    def divisor(self, n: int) -> int:
        return self.choice([k for k in range(1, n + 1) if n % k == 0])

    def name(self, what: str) -> str:
        self.count += 1
        return f"{what}_{self.count}"

    def source(self, x: Fixed, positions: int, channels: int, lanes: int | None = None) -> Wire:
        """A new input."""
        wire = Wire(self.name("x"), x, positions, channels, lanes or self.divisor(channels))
        self.packed(self.stream(wire))
        tensor = Tensor.of_fixed((positions, channels), x)
        self.design.inputs.append(Port(wire.name, wire.name, tensor, f"/{wire.name}"))
        return wire

    def stream(self, wire: Wire) -> Wire:
        """A new stream of any kind; an array where no word holds its beats."""
        kind = self.choice([kind for kind in StreamKind if wire.lanes == 1 or kind is not StreamKind.SINGLE])
        if wire.lanes * wire.element.width > DOCUMENTED_WORD:
            kind = StreamKind.ARRAY
        self.design.add_stream(Stream(wire.name, wire.element, wire.lanes, wire.beats, kind))
        return wire

    def packed(self, wire: Wire) -> None:
        """A port carries words."""
        stream = self.design.streams[wire.name]
        if stream.kind is StreamKind.ARRAY:
            self.design.streams[wire.name] = replace(stream, kind=StreamKind.STRUCT)

    def sink(self, wire: Wire) -> None:
        """The end of a chain."""
        self.packed(wire)
        tensor = Tensor.of_fixed((wire.positions, wire.channels), wire.element)
        self.design.outputs.append(Port(f"y_{wire.name}", wire.name, tensor, f"/{wire.name}"))

    def process(self, what: str, kernel: Kernel, reads: list[Wire], writes: list[Wire]) -> None:
        name = self.name(what)
        self.design.add(Process(name, kernel, tuple(r.name for r in reads), tuple(w.name for w in writes), f"/{name}"))

    def after(
        self, wire: Wire, element: Fixed, channels: int | None = None, lanes: int | None = None,
        positions: int | None = None,
    ) -> Wire:  # fmt: skip
        channels = wire.channels if channels is None else channels
        positions = wire.positions if positions is None else positions
        return self.stream(Wire(self.name("s"), element, positions, channels, wire.lanes if lanes is None else lanes))

    def image(self, wire: Wire) -> tuple[int, int]:
        """The positions as rows and columns of some image."""
        rows = self.divisor(wire.positions)
        return rows, wire.positions // rows


def narrowed(b: Builder, x: Wire, width: int) -> Wire:
    """`x` itself if it has at most this width, else its lowest and highest codes clipped to it."""
    if x.element.width <= width:
        return x
    y = Fixed(width, 0, x.element.signed)
    return applied(b, x, Shift(0, x.element.width - width - 1, False, y.low, y.high), y)


def applied(b: Builder, x: Wire, f, y: Fixed) -> Wire:
    out = b.after(x, y)
    b.process("apply", Apply(f, x.positions, x.channels, x.lanes, x.element, y), [x], [out])
    return out
