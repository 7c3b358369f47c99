"""The needs of a design, by process and stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codesign.analysis.cost.kernel import kernel_cost
from codesign.analysis.cost.memories import stream_cost
from codesign.ir.design import Design
from codesign.targets import Resources

CONTROL = Resources(lut=40, ff=60)
"""The counters and handshakes of one process."""


@dataclass(frozen=True)
class DesignCost:
    """What each process and each stream's FIFO needs, and all of them together."""

    processes: Mapping[str, Resources]
    streams: Mapping[str, Resources]

    @property
    def total(self) -> Resources:
        """The sum of all."""
        return sum((*self.processes.values(), *self.streams.values()), Resources())


def design_cost(design: Design) -> DesignCost:
    """The needs of a design, by process and stream."""
    streams = {name: stream_cost(stream) for name, stream in design.streams.items()}
    return DesignCost({p.name: CONTROL + kernel_cost(p.kernel) for p in design}, streams)
